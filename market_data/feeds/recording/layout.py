"""The files of a recording: which there are, what they are called, and what they hold.

    DIR/day=2024-01-02/000000000001-000000050000.parquet    messages by the day of their arrival
    DIR/_recording/000000050001.jsonl                       the latest, not yet in a Parquet file
    DIR/_recording/recording.json                           that it is one, and its session
    DIR/_recording/lock                                     held by the recorder

Readers of Parquet skip a folder whose name begins with `_`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

VERSION = 1
"""Of the layout; in recording.json."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PART = re.compile(r"(\d{12,})-(\d{12,})\.parquet")
_SEGMENT = re.compile(r"(\d{12,})\.jsonl")


class Part(NamedTuple):
    """A Parquet file, with the numbers of its first and last message."""

    first: int
    last: int
    path: Path


class SegmentFile(NamedTuple):
    """A file of JSON lines, with the number of its first message."""

    first: int
    path: Path


def state_folder(folder: Path) -> Path:
    """Return the folder of what belongs to the recorder."""
    return folder / "_recording"


def description_file(folder: Path) -> Path:
    """Return the file that makes a folder a recording."""
    return state_folder(folder) / "recording.json"


def is_recording(folder: Path) -> bool:
    """Tell whether a recorder writes, or has written, this folder."""
    return description_file(folder).is_file()


def part_file(folder: Path, day: str, first: int, last: int) -> Path:
    """Return the Parquet file of these messages."""
    return folder / f"day={day}" / f"{first:012d}-{last:012d}.parquet"


def segment_file(folder: Path, first: int) -> Path:
    """Return the file of JSON lines that begins with this message."""
    return state_folder(folder) / f"{first:012d}.jsonl"


def converting_file(folder: Path) -> Path:
    """Return the Parquet file that is being written, which is not read."""
    return state_folder(folder) / "converting"


def parts(folder: Path) -> list[Part]:
    """Return the Parquet files in the order of their messages."""
    found = []
    for path in folder.glob("day=*/*.parquet"):
        if name := _PART.fullmatch(path.name):
            found.append(Part(int(name[1]), int(name[2]), path))
    return sorted(found)


def segments(folder: Path) -> list[SegmentFile]:
    """Return the files of JSON lines in the order of their messages."""
    found = []
    for path in state_folder(folder).glob("*.jsonl"):
        if name := _SEGMENT.fullmatch(path.name):
            found.append(SegmentFile(int(name[1]), path))
    return sorted(found)


def day_of(arrived: int) -> str:
    """Return the day in UTC of an arrival in microseconds since 1970, such as 2024-01-02."""
    return f"{_EPOCH + timedelta(microseconds=arrived):%Y-%m-%d}"
