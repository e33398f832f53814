"""What an algorithm raised, as text that any reader of the contract can take."""

from __future__ import annotations

import traceback
from pathlib import Path

LONGEST_SENTENCE = 1000
LONGEST_TRACEBACK = 65536
"""Characters: an error has to fit in a message."""

_DRIVER = str(Path(__file__).with_name("driver.py"))


def sentence(error: BaseException) -> str:
    """Return `Name: message` of an exception, whatever its message is."""
    name = type(error).__name__
    try:
        return _utf8(f"{name}: {error}")[:LONGEST_SENTENCE]
    except Exception:  # an exception whose __str__ raises is still one bad quote only
        return name


def own_traceback(error: BaseException) -> str:
    """Return the traceback without the frames of the driver, which its author does not know."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == _DRIVER:
        frames = frames.tb_next
    text = _utf8("".join(traceback.format_exception(type(error), error, frames)))
    return text[-LONGEST_TRACEBACK:]  # its end tells most


def _utf8(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
