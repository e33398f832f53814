"""The parts of a run, as commands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

DATA = "goog"
"""The sample that is replayed by default, again and again."""


class Part(NamedTuple):
    """A command with its name in the output.

    `stage` says when it ends among the others: a part that needs another one ends before it. The
    end of a part that `may_end` with status 0 is not that of the run. A part with `after` starts
    once the part of that name has printed a line with that text.
    """

    name: str
    command: list[str]
    environment: Mapping[str, str]
    stage: int
    may_end: bool = False
    after: tuple[str, str] | None = None


def parts(environment: Mapping[str, str], ports: Mapping[str, int], run: str) -> list[Part]:
    """Return the parts in the order of their start.

    :param environment: may have DATA, RATE, ALGO, LOG_LEVEL and LOG_FORMAT.
    :param run: by which the parts of this run know each other.
    """
    mqtt = f"mqtt://127.0.0.1:{ports['MQTT_PORT']}"
    rpc = f"tcp://127.0.0.1:{ports['RPC_PORT']}"
    http = str(ports["HTTP_PORT"])
    # it is a person who reads
    environment = {**environment, "LOG_FORMAT": environment.get("LOG_FORMAT") or "text"}
    quiet = {**environment, "LOG_LEVEL": environment.get("LOG_LEVEL") or "warn"}
    algo = _words(environment.get("ALGO") or "random --param exit=0.25")
    serve = ["algo-service", "serve"]
    found = [
        Part("broker", ["bridge-node", "broker", "--port", str(ports["MQTT_PORT"])], quiet, 3),
        Part(
            "algo",
            [*serve, "--addr", rpc, "--announce", mqtt, "--data-folder", ".", "--algo", *algo],
            environment,
            2,
        ),
        Part(
            "bridge",
            ["bridge-node", "--mqtt", mqtt, "--discover", "--http", http, "--run", run],
            quiet,
            1,
        ),
        Part("watch", ["algo-service", "watch", "--mqtt", mqtt], environment, 2),
    ]
    data = _words(environment.get("DATA") or DATA)
    if data != ["none"]:
        replay = ["market-data", "replay", *data, "--mqtt", mqtt, "--run", run]
        replay += ["--rate", environment.get("RATE") or "2"]
        replay += ["--when-ready", f"http://127.0.0.1:{http}/readyz?run={run}"]
        if data == [DATA]:
            found.append(Part("replay", [*replay, "--loop"], environment, 0))
        else:
            # played once: its first orders may be all, and who watches has to be there by then
            seen = ("watch", " equity ")
            found.append(Part("replay", replay, environment, 0, may_end=True, after=seen))
    return found


def _words(text: str) -> list[str]:
    """Split as a shell does; what is before the options may be one path with spaces."""
    names, *options = re.split(r"\s+(?=--)", text.strip(), maxsplit=1)
    path = names.rpartition(":")[0] or names  # of file.py:Class
    first = [names] if Path(path).exists() or Path(names).exists() else shlex.split(names)
    return first + [word for each in options for word in shlex.split(each)]
