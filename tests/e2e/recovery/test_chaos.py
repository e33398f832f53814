"""Nothing lost, nothing twice: kills leave no trace in the orders and in the ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.recovery import chaos, commanding
from tests.e2e.recovery.chaos import Outcome
from tests.e2e.recovery.wiring import Secured, SoonMissing
from tests.support.brokers import MOSQUITTO

QUOTES = 6_000
RATE = ("--rate", 500)
"""Quotes flow for longer than the broker takes to save the sessions and the kills take to begin."""
COMMANDS = 12
SEED = 11

pytestmark = pytest.mark.skipif(
    MOSQUITTO is None,
    reason="mosquitto is not installed: `apt-get install mosquitto` to run this test",
)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What a run leaves that nothing disturbs."""
    return chaos.run(tmp_path_factory.mktemp("plain") / "run", QUOTES, chaos.undisturbed)


def test_kills_of_every_part_change_no_order_and_no_account(plain: Outcome, tmp_path: Path) -> None:
    """And the indicators are those that were expected, and each quote is recorded once."""
    disturb = chaos.kills(seed=7, count=12, quotes=QUOTES)
    run = chaos.run(tmp_path / "run", QUOTES, disturb, RATE, has_indicators=True)
    assert run == plain


def test_kills_change_nothing_with_everything_secured_and_outputs_in_arrays(
    plain: Outcome, tmp_path: Path
) -> None:
    """TLS, a role for each part, CURVE; and each output is byte for byte that of an open run."""
    disturb = chaos.kills(seed=8, count=6, quotes=QUOTES)
    run = chaos.run(
        tmp_path / "run",
        QUOTES,
        disturb,
        RATE,
        bridge_options=("--batch-outputs",),
        has_indicators=True,
        wiring=Secured,
    )
    assert run == plain


def test_kills_of_every_part_amid_commands_leave_no_contradiction(tmp_path: Path) -> None:
    """Every command takes effect once, and the journal's inputs lead to all that was published."""
    outcome = chaos.run(
        tmp_path / "run",
        QUOTES,
        chaos.kills(seed=SEED, count=6, quotes=QUOTES),
        RATE,
        commanding.SERVICE_OPTIONS,
        commanding.commands(SEED, count=COMMANDS, quotes=QUOTES),
    )
    commanding.check(outcome, tmp_path / "run" / "journal", SEED, COMMANDS, QUOTES)


def test_stopping_parts_past_every_time_out_leaves_no_trace_either(
    plain: Outcome, tmp_path: Path
) -> None:
    """The feed comes first, because it ends before the others."""
    disturb = chaos.stops(
        {
            "feed": ("broker", r"Client \S+ has exceeded timeout"),
            "broker": ("bridge", r"lost \(Keepalive timeout"),
            "service": ("bridge", "backend .* is lost"),
            "bridge": ("broker", "Client tickwire-bridge-random has exceeded timeout"),
        }
    )
    run = chaos.run(tmp_path / "run", QUOTES, disturb, ("--rate", 300), wiring=SoonMissing)
    assert run == plain
