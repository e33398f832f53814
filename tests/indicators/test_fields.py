"""A quote that lacks what an indicator needs is refused with a sentence, and changes nothing."""

from __future__ import annotations

import math
import random
from contextlib import suppress
from typing import Any

import pytest

from indicators import KINDS, Indicator, QuoteFieldError, parse
from indicators.spec import usual


@pytest.mark.parametrize(
    ("spec", "quote", "field", "text"),
    [
        (
            "sma:2",
            {"sid": "A", "value": 3.0},
            "quote",
            'sma-2 needs quotes with "sid" and "quote", and this one of A has no "quote"',
        ),
        (
            "sma:2",
            {"value": 3},
            "sid",
            'sma-2 needs quotes with "sid" and "quote", and this one has no "sid"',
        ),
        (
            "sma:2",
            {"sid": "A", "quote": "3,45"},
            "quote",
            'sma-2 needs quotes with "sid" and "quote", and "quote" of A is \'3,45\', which is not'
            " a number up to 1e+100",
        ),
        (
            "vwap:2",
            {"sid": "A", "quote": 3.0},
            "volume",
            'vwap-2 needs quotes with "sid", "quote", and "volume" or "size", and this one of A has'
            ' no "volume"',
        ),
        (
            "vwap:2",
            {"sid": "A", "quote": 3.0, "size": -1, "volume": 5},
            "size",
            'vwap-2: "size" of A is -1, which is below 0',
        ),
        (
            "atr:2",
            {"sid": "A", "quote": 3.0, "high": 4.0, "low": None},
            "low",
            'atr-2 needs bars with "sid", "quote", "high" and "low", and this one of A has no'
            ' "low"',
        ),
        (
            "donchian:2",
            {"sid": "A", "high": 4.0, "low": 3.0},
            "quote",
            'donchian-2 needs bars with "sid", "quote", "high" and "low", and this one of A has no'
            ' "quote"',
        ),
        (
            "stochastic:2,1,1",
            {"sid": "A", "quote": 3.0, "high": 4.0, "low": 5.0},
            "high",
            'stochastic-2-1-1: "high" of A is 4, which is below its "low", 5',
        ),
        (
            "atr:2",
            {"sid": "A", "quote": 30.0, "high": 101.0, "low": 99.0},
            "quote",
            'atr-2: the price of A is 30, which is not between its "low", 99, and its "high", 101:'
            " one may be adjusted, and the others not",
        ),
    ],
)
def test_a_quote_without_what_is_needed_is_refused_with_a_sentence(
    spec: str, quote: dict[str, Any], field: str, text: str
) -> None:
    with pytest.raises(QuoteFieldError) as raised:
        parse(spec).update(quote)
    assert (raised.value.field, str(raised.value)) == (field, text)


@pytest.mark.parametrize("indicator", KINDS.values(), ids=lambda indicator: indicator.KIND)
def test_no_number_of_a_quote_makes_a_value_infinite(indicator: type[Indicator[Any]]) -> None:
    numbers = [0.0, 5e-324, -5e-324, 1e-300, 1.0, 1e9, 1e100, -1e100, 1e101, 1.7e308, -1.7e308]
    for seed in range(100):
        draw = random.Random(seed)
        tried = indicator(*(2 + n for n in range(len(indicator.SETTINGS))))
        for _ in range(20):
            low, price, high = sorted(draw.choices(numbers, k=3))
            quote = {
                "sid": "A",
                "quote": price,
                "low": low,
                "high": high,
                "size": draw.choice(numbers),
            }
            with suppress(QuoteFieldError):
                value = tried.update(quote)
                assert value is None or all(map(math.isfinite, tried.values(value).values()))


def test_numbers_may_be_text_as_the_contract_allows() -> None:
    as_text, as_numbers = parse("vwap:1"), parse("vwap:1")
    texts = {"sid": "A", "quote": "0345.5", "size": "2e1"}
    assert as_text.update(texts) == as_numbers.update({"sid": "A", "quote": 345.5, "size": 20})
    bar = {"sid": "A", "quote": 10.0, "high": "11", "low": "9"}
    assert parse("donchian:1").update(bar) == (9.0, 10.0, 11.0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_quote_of_no_instrument_is_refused(kind: str) -> None:
    indicator = parse(usual(KINDS[kind]))
    with pytest.raises(QuoteFieldError, match=r'and this one has no "sid"$'):
        indicator.update({"quote": 3.0, "high": 4.0, "low": 2.0, "volume": 5.0})
    assert indicator.save() == {}


@pytest.mark.parametrize("price", [math.nan, math.inf, -math.inf, True, "-1", None, 10**400])
def test_what_is_no_number_changes_nothing(price: Any) -> None:
    indicator = parse("sma:2")
    indicator.update({"sid": "A", "quote": 1})
    before = indicator.save()
    with pytest.raises(QuoteFieldError):
        indicator.update({"sid": "A", "quote": price})
    with pytest.raises(QuoteFieldError):
        indicator.update({"sid": "B", "quote": price})
    assert indicator.save() == before
    assert indicator.update({"sid": "A", "quote": 2}) == 1.5


# Formulas without a value


def values(spec: str, *quotes: dict[str, Any]) -> list[Any]:
    indicator = parse(spec)
    return [indicator.update({"sid": "A", **quote}) for quote in quotes]


def prices(*each: float) -> list[dict[str, Any]]:
    return [{"quote": price} for price in each]


def test_a_price_that_does_not_move_has_no_rsi_and_no_z_score() -> None:
    assert values("rsi:2", *prices(5, 5, 5, 5)) == [None] * 4
    assert values("rsi:2", *prices(5, 6, 6, 6)) == [None, None, 100, 100]
    # after so many quotes its means are 0, or what a double rounds them to
    assert values("rsi:2", *prices(5, 6, 5, *[5] * 2000))[-1] is None
    assert values("zscore:2", *prices(5, 5, 6, 6)) == [None, None, 1, None]
    assert values("zscore:3", *prices(0.1, 0.1, 0.1, 0.2))[:3] == [None] * 3


def test_bars_without_a_range_have_no_stochastic_and_the_means_leave_them_out() -> None:
    flat, bar = {"quote": 5, "high": 5, "low": 5}, {"quote": 6, "high": 7, "low": 5}
    assert values("stochastic:1,2,1", flat, bar, flat, bar) == [None, None, None, (50, 50)]


def test_quotes_without_any_volume_have_no_vwap() -> None:
    quotes = [{"quote": 5, "volume": 0}, {"quote": 7, "volume": 0}, {"quote": 8, "volume": 2}]
    assert values("vwap:2", *quotes) == [None, None, 8]


def test_the_size_of_a_trade_goes_before_a_volume() -> None:
    trades = [{"quote": 5, "size": 1, "volume": 900}, {"quote": 8, "size": 2, "volume": 901}]
    assert values("vwap:2", *trades) == [None, 7]


@pytest.mark.parametrize("spec", ["roc:1", "rocr:1"])
def test_there_is_no_change_from_nothing(spec: str) -> None:
    assert values(spec, *prices(0, 5)) == [None, None]
