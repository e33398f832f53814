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

CLOSE, HIGH, LOW, VOLUME = map(column, ("close", "high", "low", "volume"))


def rolling(period: int, *columns: np.ndarray) -> list[np.ndarray]:
    """Return each column's windows, one row for each quote; rows that lack numbers are NaN."""
    lack = np.full(period - 1, np.nan)
    return [
        np.lib.stride_tricks.sliding_window_view(np.concatenate([lack, each]), period)
        for each in columns
    ]


def macd(fast: int, slow: int, signal: int) -> Expected:
    return [*talib.MACD(CLOSE, fast, slow, signal)]


def crossing(fast: int, slow: int) -> Expected:
    above = np.sign(
        np.round((talib.SMA(CLOSE, fast) if fast > 1 else CLOSE) - talib.SMA(CLOSE, slow), 9)
    )
    before = np.concatenate([[np.nan], above[:-1]])
    lacks = np.isnan(above) | np.isnan(before)
    return [np.where(lacks, np.nan, np.where(above * before < 0, above, 0))]


def bollinger(period: int, deviations: float) -> Expected:
    upper, middle, lower = talib.BBANDS(CLOSE, period, deviations, deviations)
    return [lower, middle, upper]


def z_score(period: int) -> Expected:
    (closes,) = rolling(period, CLOSE)
    return [(CLOSE - closes.mean(axis=1)) / closes.std(axis=1)]


def vwap(period: int) -> Expected:
    closes, volumes = rolling(period, CLOSE, VOLUME)
    return [(closes * volumes).sum(axis=1) / volumes.sum(axis=1)]


def donchian(period: int) -> Expected:
    lower, upper = talib.MIN(LOW, period), talib.MAX(HIGH, period)
    return [lower, (lower + upper) / 2, upper]


def stochastic(period: int, slowing: int, signal: int) -> Expected:
    return [*talib.STOCH(HIGH, LOW, CLOSE, period, slowing, 0, signal, 0)]


EXPECTED: dict[str, Callable[[], Expected]] = {
    "sma:1": lambda: [CLOSE],
    "sma:20": lambda: [talib.SMA(CLOSE, 20)],
    "sma:200": lambda: [talib.SMA(CLOSE, 200)],
    "ema:1": lambda: [CLOSE],
    "ema:20": lambda: [talib.EMA(CLOSE, 20)],
    "ema:200": lambda: [talib.EMA(CLOSE, 200)],
    "wma:1": lambda: [CLOSE],
    "wma:20": lambda: [talib.WMA(CLOSE, 20)],
    "vwap:1": lambda: [CLOSE],
    "vwap:20": lambda: vwap(20),
    "macd:12,26,9": lambda: macd(12, 26, 9),
    "macd:5,35,5": lambda: macd(5, 35, 5),
    "crossing:10,30": lambda: crossing(10, 30),
    "crossing:1,2": lambda: crossing(1, 2),
    "rsi:14": lambda: [talib.RSI(CLOSE, 14)],
    "rsi:2": lambda: [talib.RSI(CLOSE, 2)],
    "stochastic:14,3,3": lambda: stochastic(14, 3, 3),
    "stochastic:5,1,1": lambda: stochastic(5, 1, 1),
    "momentum:10": lambda: [talib.MOM(CLOSE, 10)],
    "roc:10": lambda: [talib.ROC(CLOSE, 10)],
    "rocr:10": lambda: [talib.ROCR(CLOSE, 10)],
    "stddev:20": lambda: [rolling(20, CLOSE)[0].std(axis=1)],
    "bollinger:20,2": lambda: bollinger(20, 2),
    "bollinger:5,1.5": lambda: bollinger(5, 1.5),
    "zscore:20": lambda: z_score(20),
    "atr:14": lambda: [talib.ATR(HIGH, LOW, CLOSE, 14)],
    "atr:1": lambda: [talib.ATR(HIGH, LOW, CLOSE, 1)],
    "donchian:20": lambda: donchian(20),
    "donchian:1": lambda: [LOW, (LOW + HIGH) / 2, HIGH],
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
def test_the_state_of_an_instrument_is_bounded(spec: str) -> None:
    """The state of an instrument is bounded by the windows, whatever the number of quotes."""
    indicator: Any = parse(spec)
    most = 0
    for quote in goog()[:1500]:
        indicator.update(quote)
        most = max(most, codec.size(indicator.save()))
    assert most <= 64 + 30 * sum(indicator.numbers)
