"""The values of each indicator against TA-Lib or numpy, on the shipped history of goog."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import talib

from algo_service.journal import codec
from indicators import KINDS, parse
from tests.indicators.history import column, goog

Expected = list[np.ndarray]
"""One array per field, NaN while warming up."""

CLOSE = column("close")

EXPECTED: dict[str, Callable[[], Expected]] = {
    "sma:1": lambda: [CLOSE],
    "sma:20": lambda: [talib.SMA(CLOSE, 20)],
    "sma:200": lambda: [talib.SMA(CLOSE, 200)],
    "ema:1": lambda: [CLOSE],
    "ema:20": lambda: [talib.EMA(CLOSE, 20)],
    "ema:200": lambda: [talib.EMA(CLOSE, 200)],
}


def given(spec: str, restart_each: int | None = None, quotes: int = len(goog())) -> np.ndarray:
    """Return the values after each quote, with the state kept as in a journal now and then."""
    indicator = parse(spec)
    rows = []
    for n, quote in enumerate(goog()[:quotes]):
        if restart_each and n % restart_each == 0:
            state = codec.encode(indicator.save())
            indicator = parse(spec)
            indicator.load(codec.decode(state))
        value = indicator.update(quote)
        nothing = dict.fromkeys(indicator.FIELDS, np.nan)
        rows.append([*(nothing if value is None else indicator.values(value)).values()])
    return np.array(rows).T


def test_each_kind_is_compared() -> None:
    assert {spec.partition(":")[0] for spec in EXPECTED} == set(KINDS)


@pytest.mark.parametrize("spec", EXPECTED)
def test_the_values_are_those_of_a_second_computation(spec: str) -> None:
    """The values are those of TA-Lib or numpy at each quote, warm-up included."""
    np.testing.assert_allclose(given(spec), EXPECTED[spec](), rtol=1e-11, atol=1e-9)


@pytest.mark.parametrize("spec", EXPECTED)
def test_the_first_value_comes_when_the_warm_up_ends(spec: str) -> None:
    (first, *_) = np.flatnonzero(~np.isnan(given(spec)[0]))
    assert first + 1 == parse(spec).warm_up


@pytest.mark.parametrize("spec", EXPECTED)
def test_after_restarts_the_values_are_the_same_to_the_last_bit(spec: str) -> None:
    """After restarts through MessagePack, in the warm-up too, the values are the same bits."""
    assert given(spec, 37).tobytes() == given(spec).tobytes()
    assert given(spec, 1, quotes=100).tobytes() == given(spec, quotes=100).tobytes()


@pytest.mark.parametrize("spec", EXPECTED)
def test_instruments_do_not_mix(spec: str) -> None:
    """The values of an instrument are the same, whatever others are quoted in between."""
    alone, mixed = parse(spec), parse(spec)
    for n, quote in enumerate(goog()[:400]):
        other = dict(goog()[-1 - n], sid="OTHER")
        mixed.update(other)
        assert mixed.update(quote) == alone.update(quote)
        if n % 3 == 0:
            mixed.update(dict(other, sid=f"OTHER {n % 7}"))


@pytest.mark.parametrize("spec", EXPECTED)
def test_a_state_of_one_instrument_has_a_constant_size(spec: str) -> None:
    indicator: Any = parse(spec)
    sizes = []
    for quote in goog()[:1000]:
        indicator.update(quote)
        sizes.append(codec.size(indicator.save()))
    warm = indicator.warm_up
    assert max(sizes) <= max(sizes[: 2 * warm + 10]) + 16
