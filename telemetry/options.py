"""The option `--http [HOST:]PORT`, of every command that runs for long."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_HOST = "127.0.0.1"
_MAX_PORT = 65_535


class HttpAddress(NamedTuple):
    """Where to listen: a host without brackets, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class _Address(click.ParamType[HttpAddress]):
    name = "[host:]port"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> HttpAddress:
        if isinstance(value, HttpAddress):
            return value
        found = re.fullmatch(r"(?:([^\s:/\[\]]+|\[[0-9A-Fa-f:.]+\]):)?([^\s:/]*)", value)
        if found is None:
            self.fail(
                f'"{value}" is not [HOST:]PORT: write 9100, 0.0.0.0:9100 or [::1]:9100', param, ctx
            )
        host, port = found[1], found[2]
        if not (re.fullmatch(r"[0-9]{1,5}", port) and 1 <= int(port) <= _MAX_PORT):
            self.fail(
                f'"{value}": a port is a whole number from 1 to {_MAX_PORT}, as in 9100', param, ctx
            )
        return HttpAddress(host.strip("[]") if host else DEFAULT_HOST, int(port))


def http_option(environment: str) -> Callable[[Command], Command]:
    """Add `--http`; the command receives `http`, an `HttpAddress` or None.

    :param environment: the beginning of the name of its environment variable.
    """
    return click.option(
        "--http",
        type=_Address(),
        metavar="[HOST:]PORT",
        envvar=f"{environment}_HTTP",
        show_envvar=True,
        help="Answer HTTP here: /metrics for Prometheus, /healthz and /readyz. Without a host, to"
        " this computer alone.",
    )
