"""Nothing lost, nothing twice: kills leave no trace in the orders and in the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.recovery import chaos
from tests.support.brokers import MOSQUITTO

QUOTES = 20_000

Result = tuple[dict[tuple[str, str], str], list[tuple[Any, ...]]]

pytestmark = pytest.mark.skipif(
    MOSQUITTO is None,
    reason="mosquitto is not installed: `apt-get install mosquitto` to run this test",
)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """What a run leaves that nothing disturbs."""
    return chaos.run(tmp_path_factory.mktemp("plain") / "run", QUOTES, chaos.undisturbed)


def test_kills_of_every_part_change_no_order_and_no_account(plain: Result, tmp_path: Path) -> None:
    """Kills of every part leave the orders and the ledger of an undisturbed run."""
    disturb = chaos.kills(seed=7, count=12, quotes=QUOTES)
    disturbed = chaos.run(tmp_path / "run", QUOTES, disturb, ("--rate", 2000))
    assert disturbed[0] == plain[0]
    assert disturbed[1] == plain[1]


def test_stopping_parts_past_every_time_out_leaves_no_trace_either(
    plain: Result, tmp_path: Path
) -> None:
    # ZeroRPC gives up after 10 to 15 s, a broker after one and a half keepalives: of 30 s for the
    # bridge, of 60 s for the feed
    disturb = chaos.stops({"service": 17, "bridge": 50, "broker": 40, "feed": 95})
    disturbed = chaos.run(tmp_path / "run", QUOTES, disturb, ("--rate", 1000))
    assert disturbed[0] == plain[0]
    assert disturbed[1] == plain[1]
