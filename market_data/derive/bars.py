"""Bars of quotes, as quotes on bars/<interval>/<sid>."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from market_data.bars.aggregator import Aggregator
from market_data.bars.interval import Interval
from market_data.derive.transformation import Output, Refuse, as_json
from market_data.errors import UnusableQuoteError
from market_data.mqtt.topic_level import topic_level
from portfolio.times import iso_8601_full, names_day


class Bars:
    """A transformation: quotes become bars of one interval, each when it is complete.

    An instrument has an aggregator of its own, so that its state is saved by itself.

    :param fill: whether an empty interval between two quotes gets a bar.
    """

    def __init__(self, interval: Interval, *, fill: bool = False):
        self.late = 0
        self._interval = interval
        self._fill = fill
        self._instruments: dict[str, Aggregator] = {}
        self._changed: set[str] = set()

    @property
    def kind(self) -> str:
        """Bars of this interval: those of another one begin and end at other times."""
        return f"bars of {self._interval.name}"

    def update(self, quote: dict[str, Any], at: int | None, refuse: Refuse) -> list[Output]:
        """Take a quote into its bar, and return the bars that it ends."""
        sid = quote["sid"]
        known = self._instruments.get(sid) or self._new(sid)
        late = known.late
        try:
            if at is None:
                bars = known.take(quote)  # which says what is missing
            else:
                bars = known.add(quote, at, is_day=names_day(quote["ts"]))
        except UnusableQuoteError as error:
            refuse(str(error))
            return []
        self._changed.add(sid)
        if known.late > late:
            assert at is not None
            self.late += 1
            refuse(
                f'the quote "{quote["id"]}" of {sid} is late: its bar of {self._interval.name} at'
                f" {iso_8601_full(at)} was complete, since the quotes of {sid} have reached"
                f" {iso_8601_full(known.reached(sid))}"
            )
        if not bars:
            return []
        topic = f"bars/{self._interval.name}/{topic_level(sid)}"
        return [Output(topic, as_json(bar.message())) for bar in bars]

    def changed(self) -> dict[str, str]:
        """Return the state of each instrument that had a quote."""
        parts = {sid: json.dumps(self._instruments[sid].save()) for sid in self._changed}
        self._changed.clear()
        return parts

    def load(self, parts: Mapping[str, str]) -> list[str]:
        """Go on from a state."""
        for sid, text in parts.items():
            self._new(sid).load(json.loads(text))
        return []

    def unfinished(self) -> int:
        """Return the number of bars that are not complete."""
        return sum(1 for each in self._instruments.values() for _ in each.unfinished())

    def lines(self) -> Iterator[str]:
        """Yield what was odd about the quotes, a sentence for each instrument and kind."""
        for each in self._instruments.values():
            yield from each.lines()

    def _new(self, sid: str) -> Aggregator:
        made = self._instruments[sid] = Aggregator(self._interval, fill=self._fill)
        return made
