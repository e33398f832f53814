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
from algo_service.rpc.hand_over import HandOverMethods
from algo_service.rpc.methods import ServiceMethods


def hold(folder: Path, methods: type, name: str) -> None:
    method = getattr(methods, name)

    @functools.wraps(method)  # it keeps what describes the method to a caller
    def held(*args: Any) -> Any:
        wait(folder / f"{name}-before")
        result = method(*args)
        wait(folder / f"{name}-after")
        return result

    setattr(methods, name, held)


def wait(file: Path) -> None:
    if file.exists():
        sys.stdout.write(f"held at {file.name}\n")
        sys.stdout.flush()
    while file.exists():
        gevent.sleep(0.01)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    hold(folder, ServiceMethods, "initialize")
    for name in ("release", "acquire", "hand_over", "take_over"):
        hold(folder, HandOverMethods, name)
    del sys.argv[1]
    main()
