"""What an algorithm raised, as text that fits the contract."""

from __future__ import annotations

import os
import sys
import sysconfig
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from algo_service.decisions import Failure

MAX_SENTENCE_LENGTH = 1000
MAX_TRACEBACK_LENGTH = 65536
"""Characters: an error has to fit in a message."""

MARKER = "__tickwire_internal__"
"""The attribute that marks the code of a package, and of the packages in it, as ours.

True in the `__init__` of our packages. False in that of `algo_service.algorithms`: the built-in
algorithms are read as an author's own.
"""

_LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")})


def failure_of(error: BaseException) -> Failure:
    """Return a failure that is not the algorithm's: no line of its code raised it."""
    return {"error": sentence(error), "traceback": "", "type": type(error).__name__, "place": ""}


def own_failure(error: BaseException) -> Failure:
    """Return the failure of an algorithm's own lines."""
    return {
        "error": sentence(error),
        "traceback": own_traceback(error),
        "type": type(error).__name__,
        "place": place(error),
    }


def sentence(error: BaseException) -> str:
    """Return `Name: message` of an exception with any message."""
    name = type(error).__name__
    try:
        return _utf8(f"{name}: {error}")[:MAX_SENTENCE_LENGTH]
    except Exception:  # an exception whose __str__ raises is still one bad quote only
        return name


def own_traceback(error: BaseException) -> str:
    """Return an algorithm's traceback without our lines, which its author does not know."""
    trace = traceback.TracebackException.from_exception(error)
    _trim(trace, error)
    return _utf8("".join(trace.format()))[-MAX_TRACEBACK_LENGTH:]  # its end is most useful


def own_place(error: BaseException) -> str:
    """Return ` (my_algo.py, line 7)`: the last of the author's lines; empty if there is none."""
    last = _last_own(error)
    return f" ({Path(last[0]).name}, line {last[1]})" if last else ""


def place(error: BaseException) -> str:
    """Return `my_algo.py, line 7, in event`, with the file's path from the present folder."""
    last = _last_own(error)
    if last is None:
        return ""
    file, line, function = last
    return f"{file.removeprefix(f'{Path.cwd()}{os.sep}')}, line {line}, in {function}"


def _last_own(error: BaseException) -> tuple[str, int, str] | None:
    own = [
        (frame.f_code.co_filename, line, frame.f_code.co_name)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if not is_internal(frame)
    ]
    # where the author's line calls a library, the line that called it is more useful
    named = [place for place in own if not place[0].startswith((*_LIBRARIES, "<"))] or own
    return named[-1] if named else None


def is_internal(frame: FrameType) -> bool:
    """Whether a frame runs our code: the nearest package around its module with the marker decides.

    The module is known by its globals, not by its file: an author's file may have any name.
    """
    name = frame.f_globals.get("__name__")
    module = sys.modules.get(name) if isinstance(name, str) else None
    if module is None or vars(module) is not frame.f_globals:
        return False
    return next((mark for mark in _marks(str(name))), False)


def _marks(name: str) -> Iterator[bool]:
    """Yield the markers of a module and of the packages around it, from the inside out."""
    while name:
        package = sys.modules.get(name)
        if package is not None and MARKER in vars(package):
            yield bool(vars(package)[MARKER])
        name = name.rpartition(".")[0]


def _trim(trace: traceback.TracebackException, error: BaseException) -> None:
    """Remove our frames from an exception and from those that it was raised for."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    # shorter than the frames if sys.tracebacklimit is set
    trace.stack = traceback.StackSummary.from_list(
        [line for line, frame in zip(trace.stack, frames, strict=False) if not is_internal(frame)]
    )
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    for other, cause in (
        (trace.__cause__, error.__cause__),
        (trace.__context__, error.__context__),
        *zip(trace.exceptions or (), inner, strict=False),
    ):
        if other is not None and cause is not None:
            _trim(other, cause)


def _utf8(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
