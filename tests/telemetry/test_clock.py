"""A clock that is set while a part runs."""

from __future__ import annotations

import logging

import pytest

from telemetry.clock import ClockWatch


class Clocks:
    """Both clocks; time passes when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0
        self.wall_ahead = 1e9
        self.watch = ClockWatch(lambda: self.now + self.wall_ahead, lambda: self.now)

    def after(self, seconds: float, move: float = 0) -> list[str]:
        self.now += seconds
        self.wall_ahead += move
        return self.watch.missing()


@pytest.mark.parametrize(
    ("move", "sentence"),
    [
        (-3600, "the clock of this computer was set back by 3600 s"),
        (60, "the clock of this computer was set ahead by 60 s, or it slept so long"),
    ],
)
def test_a_clock_that_is_set_is_told_for_a_minute_and_logged_once(
    caplog: pytest.LogCaptureFixture, move: float, sentence: str
) -> None:
    clocks = Clocks()
    assert clocks.after(1) == []
    assert clocks.after(1, move) == [sentence]
    assert clocks.after(59) == [sentence]
    assert clocks.after(1) == []
    assert [(each.levelno, each.message) for each in caplog.records] == [
        (logging.WARNING, sentence)
    ]


def test_a_clock_that_is_slewed_is_not_told() -> None:
    clocks = Clocks()
    assert clocks.after(1, 1.9) == []
    assert clocks.after(1, -1.9) == []
    assert clocks.after(86400, 40) == []
