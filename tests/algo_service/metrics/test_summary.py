"""The lines that say every few seconds what a service has decided."""

from __future__ import annotations

import logging

import pytest

from algo_service.engine.tally import Tally
from algo_service.metrics.summary import INTERVAL, Summary


def test_a_line_tells_what_was_decided_since_the_last_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    tally, worth = Tally(), [None, 50_012.3]
    tally.decisions["quote"] = 5
    summary = Summary(tally, worth.pop)
    summary.log()
    assert caplog.messages == [], "what came before it is not its own"
    tally.decisions.update({"quote": 1234, "data": 2, "command": 1})
    tally.orders.update({"placed": 3, "cut": 1, "refused": 2})
    tally.failures = 1
    summary.log()
    tally.decisions["quote"] += 1
    summary.log()
    assert caplog.messages == [
        "1,234 quotes decided, 2 data, 4 orders, 1 cut, 2 refused, 1 failed, equity 50,012.30",
        "1 quote decided, 0 orders",
    ]
    (first, _) = caplog.records
    assert (first.quotes, first.orders, first.equity) == (1234, 4, 50_012.3)  # type: ignore[attr-defined]


def test_a_line_comes_whenever_it_is_time(caplog: pytest.LogCaptureFixture) -> None:
    class EndError(Exception):
        """The test is over."""

    caplog.set_level(logging.INFO)
    tally = Tally()
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        tally.decisions["quote"] += 1
        if len(slept) > 2:
            raise EndError

    with pytest.raises(EndError):
        Summary(tally, lambda: None).run(sleep)
    assert slept == [INTERVAL] * 3
    assert caplog.messages == ["1 quote decided, 0 orders"] * 2
