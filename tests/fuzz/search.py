"""Searches for an input of which a property does not hold."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.properties.property import Property

PATIENCE = 20.0
"""Seconds for one input: one that takes longer holds a whole part up."""


class Found(NamedTuple):
    """The smallest input that was found, and what is wrong with it."""

    payload: bytes
    error: BaseException


def search(each: Property, examples: int, start: int) -> tuple[Counter[str], Found | None]:
    """Try inputs; return how many there were of each outcome, and the first that is wrong.

    :param start: of the random numbers; the same gives the same inputs.
    """
    outcomes: Counter[str] = Counter()
    last = b""

    @seed(start)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        suppress_health_check=[*HealthCheck],
        phases=[Phase.generate, Phase.shrink],
    )
    @given(each.inputs)
    def attempt(payload: bytes) -> None:
        nonlocal last
        last = payload
        with within(PATIENCE):
            outcomes[each.check(payload)] += 1

    try:
        attempt()
    except (Exception, BaseExceptionGroup) as error:
        return outcomes, Found(last, error)
    return outcomes, None


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise an AssertionError where what is done takes longer; in the main thread alone."""

    def late(_number: int, _frame: object) -> None:
        raise AssertionError(f"it takes more than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
