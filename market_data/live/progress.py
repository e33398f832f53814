"""How far a live source is published, in a file that survives a crash."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from market_data.live.source import Position
from market_data.state_file import check_state_file, read_state_file, write_state_file

_VERSION = 1
# Seconds between two looks at what the broker has confirmed, and two writes of the file.
_INTERVAL = 1.0


class LiveState(NamedTuple):
    """Where a source goes on after a restart; None before its first quotes are published."""

    source: str
    topic: str
    position: Position | None = None


class _Publisher(Protocol):
    """The part of a Publisher that the progress reads."""

    @property
    def oldest(self) -> int | None: ...


class Progress:
    """Follows the positions of batches until the broker can no longer lose their quotes.

    The caller marks the quotes of a batch with what `begin` returns, and calls `end` behind them.

    :param path: of the state file; None where none is kept.
    :param acknowledge: called with each position that is reached, after the file was written.
    """

    def __init__(
        self,
        path: Path | None,
        state: LiveState,
        publisher: _Publisher,
        acknowledge: Callable[[Position], None],
        clock: Callable[[], float],
    ):
        self._path = path
        self._state = state
        self._publisher = publisher
        self._acknowledge = acknowledge
        self._clock = clock
        self._looked_at = clock()
        self._begun = 0
        self._ended: deque[tuple[int, Position]] = deque()
        if path:
            write_live_state(path, state)

    def begin(self) -> int:
        """Return the mark of the next batch's quotes."""
        self._begun += 1
        return self._begun

    def end(self, position: Position) -> None:
        """Record that all quotes of the batch are handed to the publisher."""
        self._ended.append((self._begun, position))

    def advance(self) -> None:
        """Save, unless the last look was less than a second ago; where a source begins, at once.

        A source that is killed in its first second would else begin anew, behind what it missed.
        """
        if self._state.position is None or self._clock() - self._looked_at >= _INTERVAL:
            self.save()

    def save(self) -> None:
        """Find out what is confirmed, and write the file if that is more; or StateFileError."""
        self._looked_at = self._clock()
        oldest = self._publisher.oldest
        position = None
        while self._ended and (oldest is None or self._ended[0][0] < oldest):
            position = self._ended.popleft()[1]
        if position is None:
            return
        self._state = self._state._replace(position=position)
        if self._path:
            write_live_state(self._path, self._state)
        self._acknowledge(position)


def read_live_state(path: Path, source: str, topic: str) -> LiveState | None:
    """Return the state of this source on this topic; None if there is no file.

    :raises StateFileError: if it cannot be read, or belongs to another source or topic.
    """
    state = read_state_file(path, _parse, "a live source")
    if state is not None:
        check_state_file(path, [("source", state.source, source), ("topic", state.topic, topic)])
    return state


def write_live_state(path: Path, state: LiveState) -> None:
    """Replace the file at once; StateFileError if that fails."""
    write_state_file(path, {"version": _VERSION, **state._asdict()})


def _parse(fields: Any) -> LiveState:
    if fields.pop("version") != _VERSION or fields.keys() != set(LiveState._fields):
        raise ValueError
    state = LiveState(**fields)
    if not isinstance(state.source, str) or not isinstance(state.topic, str):
        raise TypeError
    return state
