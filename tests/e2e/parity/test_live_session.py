"""A session at an exchange gives its orders again, from its recording."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.e2e.parity import live_session
from tests.support.processes import Process


def test_a_live_session_that_is_recorded_gives_the_same_orders_replayed_and_backtested(
    start: Callable[..., Process], tmp_path: Path
) -> None:
    """Byte for byte, with a lost connection whose trades come from the history."""
    orders = live_session.run(2_000, start, tmp_path)
    assert len(orders.live) > 50
    assert orders.replayed == orders.live
    assert orders.backtested == orders.live
