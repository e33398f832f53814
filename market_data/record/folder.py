"""A folder as a destination: JSON lines at once, Parquet by the day when a segment is full."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from market_data.errors import RecordingError
from market_data.feeds.recording.layout import (
    SegmentFile,
    converting_file,
    day_of,
    parts,
    segment_file,
    segments,
)
from market_data.feeds.recording.reading import latest
from market_data.feeds.recording.row import Row, encode
from market_data.mqtt.subscriber import Received
from market_data.record.conversion import convert
from market_data.record.destination import NotKeptError
from market_data.record.repeats import MAX_REMEMBERED, Repeats
from market_data.record.segment import Segment, whole_lines

MAX_SEGMENT_BYTES = 64 * 1024 * 1024
"""A segment of so many bytes is full."""

MAX_SEGMENT_SECONDS = 900.0
"""So is one that was begun so long ago, when the next message comes or the recorder is idle."""

_DAY = 24 * 3600 * 1_000_000_000
"""Nanoseconds."""

_PAUSE = 60.0
"""Seconds between two attempts to convert a segment, where the first has failed."""


class Folder:
    """Keeps messages in a folder, of which this process holds the lock.

    Messages are numbered in the order of their arrival, from 1, over all starts.

    :param notify: called with a sentence when a segment cannot be converted.
    :param segment_bytes: the size at which a segment is full.
    :raises RecordingError: if the folder is damaged, or cannot be written.
    :raises UnusableFileError: if a file of it cannot be read.
    """

    def __init__(
        self,
        folder: Path,
        notify: Callable[[str], None],
        segment_bytes: int = MAX_SEGMENT_BYTES,
    ):
        self._folder = folder
        self._notify = notify
        self._segment_bytes = segment_bytes
        self._repeats = Repeats()
        self._segment: Segment | None = None
        self._full: list[SegmentFile] = []
        self._conversion: Iterator[None] | None = None
        self._retry_at = 0.0
        self._fault = ""
        self._number = 0  # of the last message that was kept, as the subscriber counts
        try:
            self._seq = self._take_up()
        except OSError as error:
            reason = error.strerror or str(error)
            raise RecordingError(str(folder), reason, "a folder that can be written") from error
        for row in latest(folder, MAX_REMEMBERED):
            self._repeats.is_new(row.topic, row.payload)

    def __str__(self) -> str:
        return str(self._folder)

    @property
    def shown(self) -> str:
        """The file that is appended to, below the folder."""
        return "" if self._segment is None else self._segment.path.name

    def keep(self, messages: Sequence[Received]) -> int:
        """Append messages to the segment of their day, as `Destination` describes."""
        kept = 0
        # those of an attempt before that failed at a later day
        waiting = (message for message in messages if message.number > self._number)
        for day, some in itertools.groupby(waiting, lambda message: message.arrived // _DAY):
            kept += self._keep(day_of(day * _DAY // 1000), list(some))
        return kept

    def _keep(self, day: str, messages: list[Received]) -> int:
        new = [each for each in messages if self._repeats.is_new(each.topic, each.payload)]
        if new:
            lines = [
                encode(Row(seq, each.arrived // 1000, each.topic, each.payload))
                for seq, each in enumerate(new, self._seq + 1)
            ]
            try:
                self._segment_of(day).append(b"".join(lines))
            except OSError as error:
                for each in new:
                    self._repeats.forget(each.topic, each.payload)
                raise NotKeptError(error.strerror or str(error)) from error
        self._seq += len(new)
        self._number = messages[-1].number
        return len(new)

    def work(self) -> bool:
        """Convert a part of a segment that is full."""
        if self._segment is not None and self._is_old(self._segment):
            self._rotate()
        if not self._full or time.monotonic() < self._retry_at:
            return False
        try:
            self._convert_a_part()
        except OSError as error:
            self._conversion = None
            self._retry_at = time.monotonic() + _PAUSE
            reason = error.strerror or str(error)
            self._fault = f"{self._full[0].path} cannot be converted to Parquet: {reason}"
            again = f"it stays as it is, and is tried again in {_PAUSE:.0f} seconds"
            self._notify(f"{self._fault}; {again}")
            return False
        return bool(self._full)

    def missing(self) -> list[str]:
        """Return a sentence if a segment could not be converted."""
        return [self._fault] if self._fault else []

    def close(self) -> None:
        """Convert all that is there."""
        if self._segment is not None:
            self._rotate()
        while self.work():
            pass

    def _convert_a_part(self) -> None:
        if self._conversion is None:
            self._conversion = convert(self._full[0], self._folder)
        try:
            next(self._conversion)
        except StopIteration:
            self._conversion = None
            self._fault = ""
            del self._full[0]

    def _take_up(self) -> int:
        """Go on where the process before has ended; return the number of the last message."""
        made = {part.first: part for part in parts(self._folder)}
        last_seq = max((part.last for part in made.values()), default=0)
        for segment in segments(self._folder):
            if self._segment is not None:
                self._rotate()
            if segment.first in made:
                segment.path.unlink()
                continue
            first, last, size = whole_lines(segment.path)
            if first is None or last is None:
                segment.path.unlink()
                continue
            if first.seq <= last_seq:
                found = (
                    f"it begins with message {first.seq}, and the file before ends with {last_seq}"
                )
                expected = "each message in one file: move one of the two away"
                raise RecordingError(str(segment.path), found, expected)
            last_seq = last.seq
            day = day_of(first.arrived)
            self._segment = Segment(segment.path, segment.first, day, size)
        converting_file(self._folder).unlink(missing_ok=True)
        return last_seq

    def _segment_of(self, day: str) -> Segment:
        segment = self._segment
        if segment is not None and (segment.day != day or self._is_full(segment)):
            self._rotate()
        if self._segment is None:
            first = self._seq + 1
            self._segment = Segment(segment_file(self._folder, first), first, day)
        return self._segment

    def _is_full(self, segment: Segment) -> bool:
        return segment.size >= self._segment_bytes or self._is_old(segment)

    def _is_old(self, segment: Segment) -> bool:
        return time.monotonic() >= segment.opened_at + MAX_SEGMENT_SECONDS

    def _rotate(self) -> None:
        segment = self._segment
        assert segment is not None
        segment.close()
        self._segment = None
        # one without a message was opened on a full disk
        if segment.size:
            self._full.append(SegmentFile(segment.first, segment.path))
        else:
            segment.path.unlink(missing_ok=True)
