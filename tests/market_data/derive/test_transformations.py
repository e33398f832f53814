"""What is made of quotes, with a restart after each of them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from indicators import parse
from market_data.bars.interval import parse_interval
from market_data.derive.bars import Bars
from market_data.derive.indicators import Indicators
from market_data.derive.transformation import Transformation
from portfolio.times import SECOND

SPECS = ("sma:3", "macd:3,5,2", "rsi:4", "atr:3")


def made(*specs: str) -> Indicators:
    return Indicators(lambda: [parse(spec) for spec in specs])


TRANSFORMATIONS: dict[str, Callable[[], Transformation]] = {
    "indicators": lambda: made(*SPECS),
    "bars": lambda: Bars(parse_interval("1m", ""), fill=True),
}


def quotes(count: int) -> list[tuple[dict[str, Any], int]]:
    chance = random.Random(5)
    made = []
    for n in range(count):
        seconds = 1_700_000_000 + 17 * n + chance.randrange(40)
        price = 100 + chance.random()
        quote = {
            "sid": chance.choice(("GOOG", "A/B")),
            "quote": price,
            "ts": seconds,
            "id": str(n),
            "channel": "quotes",
        }
        if n % 3:
            quote |= {"open": price, "high": price + 1, "low": price - 1, "volume": n}
        made.append((quote, seconds * SECOND))
    return made


@pytest.mark.parametrize("make", TRANSFORMATIONS.values(), ids=TRANSFORMATIONS)
def test_a_restart_after_every_quote_changes_no_output(make: Callable[[], Transformation]) -> None:
    plain = make()
    state: dict[str, str] = {}
    outputs = []
    for quote, at in quotes(200):
        restarted = make()
        assert restarted.load(state) == []
        found = restarted.update(dict(quote), at, lambda _reason: None)
        assert found == plain.update(dict(quote), at, lambda _reason: None)
        state |= restarted.changed()
        assert restarted.changed() == {}
        outputs += found
    assert len(outputs) > 50
    assert len({(each.topic, json.loads(each.text)["id"]) for each in outputs}) == len(outputs)


def test_an_indicator_without_its_field_is_reported_once_and_the_others_go_on() -> None:
    indicators = made("vwap:2", "sma:1")
    reasons: list[str] = []
    outputs = []
    for n in range(3):
        quote = {"sid": "GOOG", "quote": 1.0 + n, "id": str(n), "channel": "quotes"}
        outputs += indicators.update(quote, None, reasons.append)
    assert [json.loads(each.text)["values"] for each in outputs] == [
        {"sma": 1.0},
        {"sma": 2.0},
        {"sma": 3.0},
    ]
    (reason,) = reasons
    assert "volume" in reason
    assert "such quotes of GOOG are reported once" in reason


def test_numbers_that_cannot_be_computed_are_reported_and_what_follows_is() -> None:
    indicators = made("vwap:2", "roc:1")
    reasons: list[str] = []
    outputs = []
    prices = (5e-324, 1.7e308), (1e9, 1.7e308), (2.0, 1.0), (4.0, 3.0)
    for n, (price, volume) in enumerate(prices):
        quote = {"sid": "GOOG", "quote": price, "volume": volume, "id": str(n), "channel": "q"}
        outputs += indicators.update(quote, None, reasons.append)
    values = [(each.topic, json.loads(each.text)["values"]) for each in outputs]
    assert ("indicators/roc-1/GOOG", {"roc": 100.0}) in values
    assert ("indicators/vwap-2/GOOG", {"vwap": 3.5}) in values
    assert "vwap-2 of GOOG warms up again" in "".join(reasons)
    assert 'roc-1 of GOOG is no finite number at the quote "1"' in reasons
