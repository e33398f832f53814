"""Whether a program turns, as another thread sees it."""

from __future__ import annotations

import pytest

from market_data import Stop, stopping


def test_a_program_that_neither_waits_nor_checks_stands_still(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 0.0
    monkeypatch.setattr(stopping.time, "monotonic", lambda: now)
    stop = Stop()
    now = 9.0
    assert stop.stalled() is None
    now = 12.0
    assert stop.stalled() == "the main loop has not turned for 12 s"
    stop.check()
    assert stop.stalled() is None
    with stop.interruptible():
        now = 3600.0  # it reads a file, say
        assert stop.stalled() is None
    now = 3605.0
    assert stop.stalled() is None
