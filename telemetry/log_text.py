"""A log line as text for a person, and characters that no line may hold."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

# Control characters, ends of lines and paragraphs, marks of direction, halves of pairs: what could
# begin another line, move the cursor, or show a line otherwise than it was written.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

_DIM, _END = "\033[2m", "\033[0m"
_COLOURS = {"debug": "\033[34m", "warning": "\033[33m", "error": "\033[31m"}

_ELSEWHERE = ("time", "level", "event", "traceback")


def escaped(text: str) -> str:
    """Return a text with each character that could forge a line written as JSON writes it."""
    return _UNPRINTABLE.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    return _SHORT.get(character) or f"\\u{ord(character):04x}"


def text_of(fields: Mapping[str, Any], own: Sequence[str], *, is_coloured: bool) -> str:
    """Return a line: level, sentence, fields; the lines of a traceback follow it, indented.

    :param fields: of the line, as JSON would have them.
    :param own: names of those that all lines of this process have, and that are left out.
    :param is_coloured: for a terminal: with colours, and the time before it.
    """
    level, event = fields["level"], escaped(fields["event"])
    traceback = str(fields.get("traceback") or "").rstrip()
    told = {*_ELSEWHERE, *own, "error"} if traceback else {*_ELSEWHERE, *own}
    rest = " ".join(
        f"{escaped(name)}={_shown(value)}" for name, value in fields.items() if name not in told
    )
    below = "".join(f"\n    {escaped(line)}" for line in traceback.split("\n") if traceback)
    if not is_coloured:
        head = "" if level == "info" else f"{level}: "
        return f"{head}{event}{rest and '  '}{rest}{below}"
    colour = _COLOURS.get(level, "")
    sentence = event if level == "info" else f"{colour}{level}: {event}{_END}"
    at = f"{_DIM}{fields['time'].astimezone():%H:%M:%S}{_END}"
    return f"{at} {sentence}{rest and f'  {_DIM}{rest}{_END}'}{below and f'{_DIM}{below}{_END}'}"


def _shown(value: Any) -> str:
    """Return a value: bare if it is one word, otherwise as JSON."""
    if isinstance(value, str) and value and not re.search(r'[\s"={}\[\]]', value):
        return escaped(value)
    return escaped(json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str))
