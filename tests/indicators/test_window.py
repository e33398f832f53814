"""The sum of a window is exact, whatever has been in it."""

from __future__ import annotations

from collections import deque
from fractions import Fraction

from hypothesis import given
from hypothesis import settings as run
from hypothesis import strategies as st

from indicators.window import WindowSum

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
