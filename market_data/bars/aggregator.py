"""Quotes of any instruments become bars of one interval, each when it is complete."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from market_data.bars.bar import LAST, Bar
from market_data.bars.interval import Interval
from market_data.bars.open_bar import MAX_VOLUME, OpenBar, Prices, prices_of
from market_data.errors import UnusableQuoteError
from portfolio.errors import InvalidTimeError
from portfolio.times import DAY, SECOND, instant, iso_8601_full, names_day

MAX_FILLED = 10_000
"""Empty intervals that are filled in one gap, a week of minutes."""

# JSON's grammar of numbers, and leading zeros, as of prices
_NUMBER = re.compile(r"\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)

_LATE = "late, left out: their bar was complete"
_NO_BAR = "with an open, high and low that do not hold their price, of which the price alone counts"
_NO_VOLUME = "with a volume that is not a number of 0 or above, left out of the sum"
_NOT_FILLED = f"after a gap of more than {MAX_FILLED:,} bars, which is not filled"


class Aggregator:
    """Makes bars of quotes that come in any order of instruments.

    A quote belongs to the interval that holds its `ts`; a `ts` at which an interval ends belongs to
    the next one. A bar among the quotes (with `open`, `high` and `low`) ends at its `ts`, and
    belongs to the interval in which it ends; a date names its day. Times are UTC.

    Each instrument has a clock of its own, its quotes' times: its bar is complete at its first
    quote of a later interval, or at a bar that ends with it. So the bars of an instrument are the
    same in whatever order those of others come, and one wrong time delays no other instrument.
    A quote of an interval that is complete is late: it is left out and counted.

    A bar sums the `volume` of bars, and of other quotes their `size`, or else their `volume`.
    Other fields are left out, bid and ask, too: they are of one instant.

    Memory is constant for each instrument. Not safe for threads.

    :param interval: of the bars.
    :param fill: whether an empty interval between two quotes gets a bar of the last close, with a
        volume of 0 if the one before it has a volume; otherwise it gets none.
    """

    def __init__(self, interval: Interval, *, fill: bool = False):
        self.interval = interval
        self._fill = fill
        self._instruments: dict[str, _Instrument] = {}
        self._oddities: dict[str, list[Any]] = {}

    def take(self, message: Mapping[str, Any]) -> list[Bar]:
        """Add a canonical quote (contracts/quote.schema.json), and return the bars that it ends.

        :raises UnusableQuoteError: if it has no `ts`, or names a day where the bars are shorter.
        """
        ts = message.get("ts")
        try:
            if ts is not None:
                return self.add(message, instant(ts), is_day=names_day(ts))
            found = "it has no ts, which tells the interval"
        except InvalidTimeError as error:
            found = f"its ts is not a time: {error}"
        raise UnusableQuoteError(message, self.interval.name, found)

    def add(self, quote: Mapping[str, Any], at: int, *, is_day: bool) -> list[Bar]:
        """Add a quote, and return the bars that it ends, of its instrument, the earliest first.

        :param quote: with `sid`, `quote` and its other fields.
        :param at: the instant of its `ts`.
        :param is_day: whether `ts` names a day.
        :raises UnusableQuoteError: if it names a day, and the bars are shorter.
        """
        length = self.interval.length
        if is_day and length < DAY:
            found = "its ts is a date, without a time of day"
            raise UnusableQuoteError(quote, self.interval.name, found)
        prices = None
        until = at
        if "high" in quote and "low" in quote and "open" in quote:
            prices = prices_of(quote)
            if prices is None:
                self._count(_NO_BAR, quote, at)
            else:
                until = at + DAY if is_day else _until(at)
        is_bar = prices is not None
        start = self.interval.start(until - 1 if is_bar else at)
        sid = quote["sid"]
        known = self._instruments.get(sid)
        if known is None:
            known = self._instruments[sid] = _Instrument(start)
        elif start < known.start:
            self._count(_LATE, quote, at)
            return []
        done = []
        if start > known.start:
            if known.bar is not None:
                done.append(self._complete(sid, known))
            if start > known.start:
                if self._fill:
                    done += self._filled(sid, known, quote, start)
                known.start = start
        if prices is None:
            price = float(quote["quote"])
            prices = Prices(price, price, price, price)
        if known.bar is None:
            known.bar = OpenBar(prices, at, _key(quote))
        else:
            known.bar.add(prices, at, _key(quote))
        self._add_volume(known.bar, quote, at, is_bar=is_bar)
        if is_bar and until == start + length:
            done.append(self._complete(sid, known))
        return done

    def _add_volume(self, bar: OpenBar, quote: Mapping[str, Any], at: int, *, is_bar: bool) -> None:
        given = None if is_bar else quote.get("size")
        if given is None:
            given = quote.get("volume")
            if given is None:
                return
        volume = _number(given)
        if volume is None:
            self._count(_NO_VOLUME, quote, at)
        else:
            bar.add_volume(volume)

    def _complete(self, sid: str, known: _Instrument) -> Bar:
        assert known.bar is not None
        prices, volume, last = known.bar.prices, known.bar.volume, known.bar.last
        known.bar = None
        known.start += self.interval.length
        known.close, known.has_volume = prices.close, volume is not None
        known.last = last
        return Bar(self.interval, sid, known.start, *prices, volume, last)

    def _filled(
        self, sid: str, known: _Instrument, quote: Mapping[str, Any], start: int
    ) -> list[Bar]:
        length = self.interval.length
        if (start - known.start) // length > MAX_FILLED:
            self._count(_NOT_FILLED, quote, start)
            return []
        close = known.close
        assert close is not None  # there is a gap only after a bar
        volume = 0.0 if known.has_volume else None
        ends = range(known.start + length, start + length, length)
        bar = Bar(self.interval, sid, 0, close, close, close, close, volume, known.last)
        return [bar._replace(end=end) for end in ends]

    def unfinished(self) -> Iterator[tuple[str, int]]:
        """Yield the instruments whose bar is not complete, and the instant at which it ends."""
        for sid, known in self._instruments.items():
            if known.bar is not None:
                yield sid, known.start + self.interval.length

    def reached(self, sid: str) -> int:
        """Return the instant before which quotes of an instrument are late; it has had one."""
        return self._instruments[sid].start

    @property
    def late(self) -> int:
        """The number of quotes that were late."""
        return int(self._oddities[_LATE][0]) if _LATE in self._oddities else 0

    def lines(self) -> list[str]:
        """Return what was odd about the quotes so far, one sentence for each kind."""
        return [
            f"{count:,} quote{'s' if count > 1 else ''} {what}; the first {first}"
            for what, (count, first) in self._oddities.items()
        ]

    def _count(self, what: str, quote: Mapping[str, Any], at: int) -> None:
        oddity = self._oddities.get(what)
        if oddity is None:
            first = f"{quote['sid']} at {float(quote['quote']):.10g} of {iso_8601_full(at)}"
            self._oddities[what] = [1, first]
        else:
            oddity[0] += 1

    def save(self) -> dict[str, Any]:
        """Return its state, of plain types."""
        return {
            "interval": self.interval.name,
            "instruments": {sid: known.save() for sid, known in self._instruments.items()},
            "oddities": {what: list(oddity) for what, oddity in self._oddities.items()},
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on from a state.

        :raises ValueError: if it is of another interval.
        """
        if state["interval"] != self.interval.name:
            raise ValueError(
                f"it is the state of bars of {state['interval']}, not of {self.interval.name}"
            )
        self._instruments = {
            sid: _Instrument.load(known) for sid, known in state["instruments"].items()
        }
        self._oddities = {what: list(oddity) for what, oddity in state["oddities"].items()}


class _Instrument:
    """What is known of one instrument."""

    __slots__ = ("bar", "close", "has_volume", "last", "start")

    def __init__(self, start: int):
        self.start = start
        """Where the interval of `bar` begins, or where the last bar ended: before it is late."""
        self.bar: OpenBar | None = None
        self.close: float | None = None
        self.has_volume = False
        self.last: list[Any] | None = None
        """Channel, id and ts of the quote that closed the last bar."""

    def save(self) -> list[Any]:
        bar = None if self.bar is None else self.bar.save()
        return [self.start, self.close, self.has_volume, bar, self.last]

    @classmethod
    def load(cls, state: list[Any]) -> _Instrument:
        known = cls(state[0])
        known.close, known.has_volume = state[1], state[2]
        known.bar = None if state[3] is None else OpenBar.load(state[3])
        known.last = state[4] if len(state) > 4 else None  # older states have none
        return known


def _key(quote: Mapping[str, Any]) -> list[Any] | None:
    """Return channel, id and ts of a quote that was published."""
    found = [quote.get(name) for name in ("channel", "id", "ts")]
    return None if None in found else found


def _until(at: int) -> int:
    """Return the end of a bar whose time is its end, or its last millisecond or microsecond."""
    end = -(-at // LAST) * LAST
    return end + LAST if end % SECOND == SECOND - LAST else end


def _number(value: Any) -> float | None:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= MAX_VOLUME else None
