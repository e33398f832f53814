"""What depends on how long something takes, by a clock that the test sets."""

from __future__ import annotations

import contextlib

from algo_service.errors import AlgoServiceError, HandedOverError, JournalError, StandbyError
from algo_service.metrics.calls import MAX_CALL, MAX_FAILED, Calls
from algo_service.metrics.pulse import BEAT, MAX_STILL, Pulse


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_call_under_way_for_long_is_a_reason_until_it_ends() -> None:
    clock, took = Clock(), []
    calls = Calls(clock)
    calls.observe = took.append
    calls.begin(500)
    clock.now += MAX_CALL
    assert calls.reasons() == []
    clock.now += 15
    assert calls.reasons() == [
        "a call with 500 inputs has been under way for 45 s: the algorithm may hang"
    ]
    calls.succeed(now=7.0)
    assert calls.reasons() == []
    assert took == [45]
    assert calls.last_decision == 7


def test_one_call_that_failed_is_a_reason_if_the_journal_is_the_cause() -> None:
    calls = Calls()
    calls.begin(1)
    calls.fail(JournalError("the journal j:\ndisk is full"))
    assert calls.reasons() == [
        "the last call has failed, and the quotes wait: the journal j: disk is full"
    ]


def test_calls_that_fail_otherwise_are_a_reason_if_several_do() -> None:
    calls = Calls()
    for _ in range(MAX_FAILED):
        assert calls.reasons() == []
        calls.begin(1)
        calls.fail(AlgoServiceError("x" * 1000))
    (reason,) = calls.reasons()
    assert reason.startswith("the last 3 calls have failed, and the quotes wait: xxx")
    assert len(reason) < 400
    for error in (StandbyError("s"), HandedOverError("h")):  # it is asked by mistake
        calls = Calls()
        for _ in range(MAX_FAILED):
            calls.begin(1)
            calls.fail(error)
        assert calls.reasons() == []
        assert calls.failed == MAX_FAILED


def test_a_hub_that_does_not_turn_is_stalled() -> None:
    clock, turns = Clock(), []

    class EndError(Exception):
        pass

    def sleep(seconds: float) -> None:
        assert pulse.stalled() is None
        clock.now += seconds + MAX_STILL
        turns.append(pulse.stalled())
        if len(turns) == 2:
            raise EndError

    pulse = Pulse(sleep, clock)
    with contextlib.suppress(EndError):
        pulse.run()
    still = f"{BEAT + MAX_STILL:.0f}"
    assert turns == [f"the service's main loop has not turned for {still} s"] * 2
