"""Indicators of quotes, as messages on indicators/<name>/<sid>."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from indicators import Indicator, IndicatorError
from market_data.derive.output_id import output_id
from market_data.derive.transformation import Output, Refuse, as_json
from market_data.mqtt.topic_level import topic_level


class _Instrument:
    """The indicators of one instrument, with the beginnings of their topics."""

    __slots__ = ("indicators", "refused", "topics")

    def __init__(self, sid: str, indicators: Sequence[Indicator[Any]]):
        self.indicators = list(indicators)
        level = topic_level(sid)
        self.topics = [f"indicators/{topic_level(each.name)}/{level}" for each in indicators]
        self.refused: set[str] = set()
        """The names of those that were reported: without a volume, none of its quotes has one."""


class Indicators:
    """A transformation: each quote becomes a message for each indicator that has a value.

    An instrument has indicators of its own, so that its state is saved by itself.

    :param make: makes the indicators, in the order in which they are published.
    """

    kind = "indicators"

    def __init__(self, make: Callable[[], Sequence[Indicator[Any]]]):
        self.late = 0
        self._make = make
        self._instruments: dict[str, _Instrument] = {}
        self._changed: set[str] = set()

    def update(self, quote: dict[str, Any], _at: int | None, refuse: Refuse) -> list[Output]:
        """Take a quote into all indicators of its instrument."""
        sid = quote["sid"]
        known = self._instruments.get(sid)
        if known is None:
            known = self._instruments[sid] = _Instrument(sid, self._make())
        self._changed.add(sid)
        message: dict[str, Any] = {"sid": sid}
        if "ts" in quote:
            message["ts"] = quote["ts"]
        outputs = []
        for place, topic in enumerate(known.topics):
            value = self._value(known, place, quote, refuse)
            if value is not None:
                message["values"] = known.indicators[place].values(value)
                message["of"] = [quote["channel"], quote["id"]]
                message["id"] = output_id(quote["channel"], quote["id"])
                outputs.append(Output(topic, as_json(message)))
        return outputs

    def _value(self, known: _Instrument, place: int, quote: dict[str, Any], refuse: Refuse) -> Any:
        indicator = known.indicators[place]
        try:
            return indicator.update(quote)
        except IndicatorError as error:
            if indicator.name not in known.refused:
                known.refused.add(indicator.name)
                refuse(f"{error}; such quotes of {quote['sid']} are reported once")
        return None

    def changed(self) -> dict[str, str]:
        """Return the state of each instrument that had a quote."""
        parts = {}
        for sid in self._changed:
            known = self._instruments[sid]
            # null of one that has had no quote that it could take
            parts[sid] = json.dumps({each.name: each.save().get(sid) for each in known.indicators})
        self._changed.clear()
        return parts

    def load(self, parts: Mapping[str, str]) -> list[str]:
        """Go on from a state; an indicator that is not in it warms up, and one that is gone ends.

        The state of one that is gone is given up: were it kept, and the indicator asked for again
        later, it would lack the quotes in between.
        """
        before: set[str] = set()
        for sid, text in parts.items():
            states = json.loads(text)
            before |= states.keys()
            known = self._instruments[sid] = _Instrument(sid, self._make())
            for indicator in known.indicators:
                if states.get(indicator.name) is not None:
                    indicator.load({sid: states[indicator.name]})
            if states.keys() != {each.name for each in known.indicators}:
                self._changed.add(sid)
        if not parts:
            return []
        names = [each.name for each in self._make()]
        return [
            *(f"{name} is new: it warms up from here" for name in names if name not in before),
            *(f"the state of {name} is given up" for name in sorted(before - {*names})),
        ]
