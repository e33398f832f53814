"""The cursor of a replay: a file with the row from which to continue after a crash."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from market_data.state_file import check_state_file, read_state_file, write_state_file

_VERSION = 1
# At least this many seconds lie between two writes of the file while quotes are published.
_INTERVAL = 1.0


class Mark(NamedTuple):
    """A row in a pass over the source; both count from 1."""

    pass_number: int
    row: int


class State(NamedTuple):
    """How far a run has come.

    `again_from` is the first row that the broker may not have or may lose; `confirmed` is the
    last one that it confirmed.
    """

    source: str
    topic: str
    run: str
    again_from: Mark = Mark(1, 1)
    confirmed: Mark | None = None
    complete: bool = False


class _Progress(Protocol):
    """The part of a Publisher that a cursor reads."""

    @property
    def oldest(self) -> Mark | None: ...
    @property
    def latest(self) -> Mark | None: ...


class Cursor:
    """Keeps a state file up to date with a publisher."""

    def __init__(
        self, path: Path, state: State, publisher: _Progress, clock: Callable[[], float]
    ) -> None:
        self._path = path
        self._state = state
        self._publisher = publisher
        self._clock = clock
        self._saved_at = clock()
        # before the first quote: a run that is continued needs its name
        write_state(path, state)

    def advance(self) -> None:
        """Save, unless the last save was less than a second ago."""
        if self._clock() - self._saved_at >= _INTERVAL:
            self.save()

    def save(self, *, complete: bool = False) -> None:
        """Write the file; StateFileError if that fails."""
        before = self._state
        # the rows that the process before has confirmed come again first: that is no step back
        confirmed = max(filter(None, [before.confirmed, self._publisher.latest]), default=None)
        again_from = self._publisher.oldest or before.again_from
        self._state = before._replace(again_from=again_from, confirmed=confirmed, complete=complete)
        write_state(self._path, self._state)
        self._saved_at = self._clock()


def read_state(path: Path, source: str, topic: str, run: str | None) -> State | None:
    """Return the state of this source's run on this topic; None if there is no file.

    StateFileError if it cannot be read, or belongs to another source, topic or run.
    """
    state = read_state_file(path, _parse, "a replay")
    if state is not None:
        check_state_file(
            path,
            [
                ("source", state.source, source),
                ("topic", state.topic, topic),
                ("run", state.run, run or state.run),
            ],
        )
    return state


def write_state(path: Path, state: State) -> None:
    """Replace the file at once; StateFileError if that fails."""
    write_state_file(path, {"version": _VERSION, **state._asdict()})


def _parse(fields: Any) -> State:
    if fields.pop("version") != _VERSION or fields.keys() != set(State._fields):
        raise ValueError
    state = State(**fields)
    texts = (state.source, state.topic, state.run)
    if not all(isinstance(text, str) for text in texts) or not isinstance(state.complete, bool):
        raise TypeError
    confirmed = None if state.confirmed is None else _mark(state.confirmed)
    return state._replace(again_from=_mark(state.again_from), confirmed=confirmed)


def _mark(value: Any) -> Mark:
    mark = Mark(*value)
    # True is an int, too
    if any(type(number) is not int or number < 1 for number in mark):
        raise ValueError
    return mark
