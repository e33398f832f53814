"""How far behind its source what is published is."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from market_data.feeds.quote import Quote
from portfolio.errors import InvalidTimeError
from portfolio.times import instant, names_day


class Lag:
    """Remembers the last quote, and reports once that quotes come late, and once that they do not.

    One thread publishes, and any other may ask.

    :param limit: in seconds, from a quote's time to its publishing; None to report nothing.
    :param name: of the source.
    :param clock: in seconds since 1970.
    """

    def __init__(
        self,
        limit: float | None,
        name: str,
        notify: Callable[[str], None],
        clock: Callable[[], float] = time.time,
    ):
        self._limit = limit
        self._name = name
        self._notify = notify
        self._clock = clock
        self._last: tuple[Quote, float] | None = None
        self._is_reported = False

    def published(self, quotes: Sequence[Quote]) -> None:
        """Take note that quotes, one at least, were published just now."""
        self._last = quotes[-1], self._clock()
        if self._limit is None:
            return
        seconds = self.seconds
        if seconds is not None and (seconds >= self._limit) != self._is_reported:
            self._is_reported = not self._is_reported
            if self._is_reported:
                self._notify(f"quotes of {self._name} come {seconds:.0f} s after their time")
            else:
                self._notify(f"quotes of {self._name} come in time again")

    @property
    def last_at(self) -> float:
        """When the last quote was published, in seconds since 1970; 0 before the first."""
        return self._last[1] if self._last else 0.0

    @property
    def seconds(self) -> float | None:
        """How old the last quote was when it was published; None if it says no time of day."""
        if (last := self._last) is None:
            return None
        quote, at = last
        try:
            return None if names_day(quote.ts) else at - instant(quote.ts) / 1e9
        except InvalidTimeError:
            return None

    def missing(self) -> list[str]:
        """Return a sentence if quotes come late."""
        seconds = self.seconds
        if not self._is_reported or seconds is None:
            return []
        return [f"{self._name} lags: its last quote came {seconds:.0f} s after its time"]
