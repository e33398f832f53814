"""When quotes are due."""

from __future__ import annotations

import pytest

from market_data import Pace


class Clock:
    """Seconds that pass when somebody says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("asked_at", "delays"),
    [
        # at ten per second the i-th is due i / 10 after the first
        ([0.0, 0.0, 0.0], [0.0, 0.1, 0.2]),
        # a late one does not move those that follow
        ([0.0, 0.15, 0.15], [0.0, 0.0, 0.05]),
        # up to a second is caught up
        ([0.0, 1.05, 1.05, 1.05], [0.0, 0.0, 0.0, 0.0]),
        # beyond it the pace starts anew
        ([0.0, 5.0, 5.0, 5.0], [0.0, 0.0, 0.1, 0.2]),
    ],
)
def test_quotes_are_due_at_even_distances(asked_at: list[float], delays: list[float]) -> None:
    clock = Clock()
    pace = Pace(10, clock)
    seen = []
    for seconds in asked_at:
        clock.now = 1000.0 + seconds
        seen.append(pace.delay())
    assert seen == pytest.approx(delays)
