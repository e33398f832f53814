"""The calls of a service: how many failed, which is under way, and what is wrong with them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from algo_service.errors import HandedOverError, JournalError, StandbyError

MAX_CALL = 30.0
"""Seconds after which a call under way is a reason not to be ready: the algorithm may hang."""

MAX_FAILED = 3
"""Calls in a row that may fail, unless it is the journal that makes them fail."""

_MAX_REASON = 300


class _UnderWay(NamedTuple):
    inputs: int
    since: float


class Calls:
    """What came of the calls of `initialize` and `events`.

    The service's worker calls `begin`, and then `succeed` or `fail`, for each call of `events`;
    `initialized` or `fail_to_initialize` for each of `initialize`. Any thread reads the rest.

    :param monotonic: seconds of a clock that nobody sets.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic):
        self._monotonic = monotonic
        self.observe: Callable[[float], None] = lambda _seconds: None
        """Called by the worker with the seconds that a call has taken."""
        self.failed = 0
        """Calls that led to no decision at all."""
        self.last_decision = 0.0
        """Of the wall clock, in seconds since 1970; 0.0 before the first one."""
        self._under_way: _UnderWay | None = None
        self._in_a_row = 0
        self._failure: BaseException | None = None
        self._not_initialized: Exception | None = None

    def begin(self, inputs: int) -> None:
        """Note that a call has begun."""
        self._under_way = _UnderWay(inputs, self._monotonic())

    def succeed(self, now: float) -> None:
        """Note that it has ended, with decisions.

        :param now: of the wall clock.
        """
        self._end()
        self.last_decision = now
        self._in_a_row = 0
        self._failure = None

    def fail(self, error: BaseException) -> None:
        """Note that it has ended without decisions."""
        self._end()
        self.failed += 1
        if not isinstance(error, StandbyError | HandedOverError):
            self._in_a_row += 1
            self._failure = error

    def initialized(self) -> None:
        """Note that the algorithm is prepared."""
        self._not_initialized = None

    def fail_to_initialize(self, error: Exception) -> None:
        """Note that it could not be."""
        if not isinstance(error, StandbyError | HandedOverError):
            self._not_initialized = error

    def reasons(self) -> list[str]:
        """Return why quotes are not decided."""
        found = []
        if (error := self._not_initialized) is not None:
            found.append(f"the algorithm is not initialized: {_short(error)}")
        row, failure = self._in_a_row, self._failure
        if failure is not None and (isinstance(failure, JournalError) or row >= MAX_FAILED):
            calls = "the last call has" if row == 1 else f"the last {row:,} calls have"
            found.append(f"{calls} failed, and the quotes wait: {_short(failure)}")
        call = self._under_way
        if call is not None and (seconds := self._monotonic() - call.since) > MAX_CALL:
            what = "an input" if call.inputs == 1 else f"{call.inputs:,} inputs"
            found.append(
                f"a call with {what} has been under way for {seconds:.0f} s: the algorithm may hang"
            )
        return found

    def _end(self) -> None:
        if (call := self._under_way) is not None:
            self._under_way = None
            self.observe(self._monotonic() - call.since)


def _short(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= _MAX_REASON else f"{text[: _MAX_REASON - 1]}…"
