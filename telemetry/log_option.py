"""The option of commands that log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def log_option(component: str) -> Callable[[F], F]:
    """Return a decorator that gives a command `--log-level`, and has it log as `component`."""

    def begin(_ctx: click.Context, _param: click.Parameter, level: str) -> None:
        from telemetry import logs  # structlog takes a tenth of a second, also of --help

        try:
            logs.configure(component, level)
        except logs.LogFormatError as error:
            raise click.UsageError(str(error)) from None

    return click.option(
        "--log-level",
        type=click.Choice(["debug", "info", "warn", "warning", "error"]),
        default="info",
        show_default=True,
        envvar="LOG_LEVEL",
        show_envvar=True,
        callback=begin,
        expose_value=False,
        help="The least severe log lines that are written; at debug each quote is one.",
    )
