"""`algo-service` whose initialize, and what a swap calls, can be held up.

`python held_service.py FOLDER serve …` is `algo-service serve …`. While there is a file
FOLDER/<method>-<before|after>, the method waits there, and has printed so.
"""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import Any

import gevent

from algo_service.commands.main import main
from algo_service.rpc.methods import ServiceMethods


def hold(folder: Path, name: str) -> None:
    method = getattr(ServiceMethods, name)

    @functools.wraps(method)  # it keeps what describes the method to a caller
    def held(*args: Any) -> Any:
        wait(folder / f"{name}-before")
        result = method(*args)
        wait(folder / f"{name}-after")
        return result

    setattr(ServiceMethods, name, held)


def wait(file: Path) -> None:
    if file.exists():
        sys.stdout.write(f"held at {file.name}\n")
        sys.stdout.flush()
    while file.exists():
        gevent.sleep(0.01)


if __name__ == "__main__":
    for name in ("initialize", "release", "acquire", "hand_over", "take_over"):
        hold(Path(sys.argv[1]), name)
    del sys.argv[1]
    main()
