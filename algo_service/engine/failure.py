"""What an algorithm raised, as text that any reader of the contract can take."""

from __future__ import annotations

import os
import sysconfig
import traceback
from pathlib import Path

LONGEST_SENTENCE = 1000
LONGEST_TRACEBACK = 65536
"""Characters: an error has to fit in a message."""

_HERE = Path(__file__).parent
# The built-in algorithms are read as an author's own.
_OURS = tuple(f"{path}{os.sep}" for path in (_HERE, _HERE.with_name("portfolio")))
_LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")})
_ALGORITHMS = f"{_HERE / 'algorithms'}{os.sep}"


def sentence(error: BaseException) -> str:
    """Return `Name: message` of an exception, whatever its message is."""
    name = type(error).__name__
    try:
        return _utf8(f"{name}: {error}")[:LONGEST_SENTENCE]
    except Exception:  # an exception whose __str__ raises is still one bad quote only
        return name


def own_traceback(error: BaseException) -> str:
    """Return an algorithm's traceback without our lines, which its author does not know."""
    told = traceback.TracebackException.from_exception(error)
    _trim(told)
    return _utf8("".join(told.format()))[-LONGEST_TRACEBACK:]  # its end tells most


def own_place(error: BaseException) -> str:
    """Return ` (my_algo.py, line 7)`: the last of the author's lines; empty if there is none."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_ours(frame)]
    # where the author's line calls a library, the line that called it tells more
    named = [frame for frame in own if not _is_library(frame)] or own
    return f" ({Path(named[-1].filename).name}, line {named[-1].lineno})" if named else ""


def _trim(told: traceback.TracebackException) -> None:
    told.stack = traceback.StackSummary.from_list([f for f in told.stack if not _is_ours(f)])
    for other in (told.__cause__, told.__context__, *(told.exceptions or ())):
        if other is not None:
            _trim(other)


def _is_ours(frame: traceback.FrameSummary) -> bool:
    return frame.filename.startswith(_OURS) and not frame.filename.startswith(_ALGORITHMS)


def _is_library(frame: traceback.FrameSummary) -> bool:
    return frame.filename.startswith((*_LIBRARIES, "<"))


def _utf8(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
