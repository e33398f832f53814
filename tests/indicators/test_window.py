"""The sum of a window is exact, whatever has been in it."""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from math import isqrt

import pytest
from hypothesis import given
from hypothesis import settings as run
from hypothesis import strategies as st

from indicators.channel import Highest
from indicators.deviation import SpreadWindow
from indicators.window import WindowSum
from indicators.wma import WmaSeries

FINITE = st.floats(allow_nan=False, allow_infinity=False)
NUMBERS = st.one_of(
    FINITE, st.floats(0.01, 1000), st.sampled_from([0.1, 1e9, 5e-324, 1e-300, -2.5])
)


@run(deadline=None)
@given(numbers=st.lists(NUMBERS, max_size=60), period=st.integers(1, 9))
def test_a_mean_is_the_exact_one_rounded_once(numbers: list[float], period: int) -> None:
    window, last = WindowSum(period), deque[Fraction](maxlen=period)
    for number in numbers:
        window.push(number)
        last.append(Fraction(number))
        assert Fraction(window.total, 1 << window.bits) == sum(last)
        assert window.is_full == (len(last) == period)
        if window.is_full:
            assert window.mean == float(sum(last) / period)


@run(deadline=None)
@given(numbers=st.lists(NUMBERS, max_size=40), period=st.integers(2, 6))
def test_a_variance_and_a_weighted_sum_are_exact(numbers: list[float], period: int) -> None:
    window, weighted = SpreadWindow(period), WmaSeries(period)
    for n, number in enumerate(numbers, 1):
        window.push(number)
        mean = weighted.add(number)
        last = [Fraction(each) for each in numbers[max(n - period, 0) : n]]
        if n < period:
            assert mean is None
            continue
        weights = period * (period + 1) // 2
        assert mean == float(sum(k * each for k, each in enumerate(last, 1)) / weights)
        squares = period * sum(each**2 for each in last) - sum(last) ** 2
        assert Fraction(window.spread, 1 << 2 * window.bits) == squares
        # the root to 1,200 bits, by whole numbers
        root = Fraction(isqrt(int(squares * 4**1200)), period << 1200)
        assert window.deviation == pytest.approx(float(root), rel=1e-15, abs=1e-300)


@run(deadline=None)
@given(numbers=st.lists(st.integers(0, 9), max_size=60), period=st.integers(1, 6))
def test_the_highest_is_that_of_the_window(numbers: list[int], period: int) -> None:
    highest = Highest(period)
    for n, number in enumerate(numbers, 1):
        assert highest.push(number) == max(numbers[max(n - period, 0) : n])
        assert highest.is_full == (n >= period)
        assert len(highest.save()[1]) <= period


def test_many_updates_leave_no_trace() -> None:
    """After many updates of any size a window of equal prices has their price as its mean."""
    window = WindowSum(3)
    for number in range(20_000):
        window.push(0.1 + number * 0.01)
        window.push(1e9 / (number + 1))
        window.push(0.1)
    for _ in range(3):
        window.push(0.1)
    assert window.mean == 0.1
