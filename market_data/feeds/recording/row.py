"""A recorded message, and the line that stands for it in a segment."""

from __future__ import annotations

import base64
import binascii
import json
from typing import NamedTuple

from portfolio.times import MAX_SAFE

# the year 2201, in µs since 1970
_BEYOND = 7_289_654_400_000_000

# json.dumps would make one for each line
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Row(NamedTuple):
    """A message: its number in the recording, from 1, and when it arrived, in µs since 1970."""

    seq: int
    arrived: int
    topic: str
    payload: bytes


def encode(row: Row) -> bytes:
    """Return the line, with its end; what is no UTF-8 is in base64."""
    fields: dict[str, object] = {"seq": row.seq, "arrived": row.arrived, "topic": row.topic}
    try:
        fields["payload"] = row.payload.decode()
    except UnicodeDecodeError:
        fields["base64"] = base64.b64encode(row.payload).decode()
    return _encode(fields).encode() + b"\n"


def decode(line: bytes) -> Row:
    """Return what a line stands for; ValueError if it is not a whole one."""
    if not line.endswith(b"\n"):
        raise ValueError("the line has no end")
    try:
        fields = json.loads(line)
        if "payload" in fields:
            payload = fields["payload"].encode()
        else:
            payload = base64.b64decode(fields["base64"], validate=True)
        row = Row(fields["seq"], fields["arrived"], fields["topic"], payload)
        row.topic.encode()
    except (KeyError, TypeError, AttributeError, RecursionError, binascii.Error) as error:
        raise ValueError(f"no recorded message: {error}") from error
    are_numbers = type(row.seq) is type(row.arrived) is int
    if not (are_numbers and 0 < row.seq <= MAX_SAFE and 0 <= row.arrived < _BEYOND):
        raise ValueError(f"no recorded message: the numbers {row.seq!r:.40}, {row.arrived!r:.40}")
    return row
