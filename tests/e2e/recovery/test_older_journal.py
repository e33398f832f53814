"""A journal with fewer decisions than were published stops the bridge before its first call."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.recovery.test_journal import quote, shown
from tests.e2e.recovery.test_journal_copies import PARAMS, decide
from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import BIN
from tests.support.watcher import Watcher

Watch = Callable[..., Watcher]


@pytest.fixture
def backup(broker: Broker, parts: Parts, watch: Watch, tmp_path: Path) -> Path:
    """A backup with 10 decisions of a journal whose 20 were published."""
    copy = tmp_path / "backup.db"
    service = parts.service("--journal", tmp_path / "j.db", *PARAMS)
    bridge = parts.bridge(broker, service)
    watcher = watch(broker)
    decide(watcher, 0, 10)
    shown(tmp_path / "j.db", "--backup", copy)
    decide(watcher, 10, 20)
    assert bridge.stop() == 0
    assert service.stop() == 0
    return copy


def test_a_restored_backup_or_a_new_journal_stops_the_bridge_unless_accepted(
    broker: Broker, parts: Parts, watch: Watch, backup: Path
) -> None:
    """A bridge for an older journal ends before its first call unless the journal is accepted."""
    new = parts.service("--journal", backup.with_name("new.db"), *PARAMS)
    refused = parts.bridge(broker, new, ready=False)
    assert refused.wait() == 2
    assert "the journal of random has 0 decisions, and portfolios/random shows 20" in refused.output
    watcher = watch(broker)
    for n in range(10, 21):
        watcher.publish(quote(n))  # they wait for the bridge
    service = parts.service("--journal", backup, *PARAMS)
    refused = parts.bridge(broker, service, ready=False)
    assert refused.wait() == 2
    assert (
        "bridge-node: the journal of random has 10 decisions, and portfolios/random shows 20: it is"
        " an old copy, or a new file, lacks the trades since then, and would decide their quotes"
        " again. Start the service with its latest journal, or continue with this one:"
        " --accept-older-journal\n"
    ) in f"{refused.output}\n"
    assert "quotes      10\n" in shown(backup)
    assert watcher.of("orders/random") == []
    assert [s["seq"] for s in watcher.of("portfolios/random")] == [20]
    accepting = parts.bridge(broker, service, "--accept-older-journal")
    watcher.wait_until(
        lambda: watcher.last("portfolios/random").get("quote_id") == "20", "portfolios/random"
    )
    accepting.wait_for("continuing, as --accept-older-journal asks: the journal of random has 10")
    assert watcher.of("portfolios/random")[-1]["seq"] == 21
    assert accepting.stop() == 0
    parts.bridge(broker, service)  # it is the latest now


def test_a_bridge_stops_if_its_service_returns_with_an_older_journal(
    broker: Broker, parts: Parts, watch: Watch, backup: Path
) -> None:
    """A bridge that runs stops where its service comes back with an older journal."""
    service = parts.service("--journal", backup.with_name("j.db"), *PARAMS)
    bridge = parts.bridge(broker, service)
    watcher = watch(broker)
    decide(watcher, 20, 25)
    service.kill()
    bridge.wait_for("is lost; waiting for it")
    watcher.publish(quote(25))
    parts.service("--journal", backup, *PARAMS, address=service.address)
    assert bridge.wait() == 2
    assert "has 10 decisions, and portfolios/random shows 25" in bridge.output
    assert "quotes      10\n" in shown(backup)
    later = watch(broker, "portfolios/#")
    assert [s["seq"] for s in later.wait("portfolios/random")] == [25]


def test_the_same_journal_and_a_service_without_one_are_gone_on_with(
    broker: Broker, parts: Parts, watch: Watch, backup: Path
) -> None:
    watcher = watch(broker)
    for options in (("--journal", backup.with_name("j.db")), (), (), ("--journal", backup)):
        service = parts.service(*options, *PARAMS)
        bridge = parts.bridge(broker, service)
        seen = len(watcher.of("portfolios/random"))
        watcher.publish(quote(100 + seen))
        watcher.wait_until(
            lambda at=seen: watcher.of("portfolios/random")[-1]["quote_id"] == str(100 + at),
            "portfolios/random",
        )
        assert bridge.stop() == 0


def test_the_bridge_waits_for_a_broker_that_is_away_and_then_looks(
    mosquitto: Broker, parts: Parts, watch: Watch, tmp_path: Path
) -> None:
    service = parts.service("--journal", tmp_path / "j.db", *PARAMS)
    bridge = parts.bridge(mosquitto, service)
    decide(watch(mosquitto), 0, 10)
    assert bridge.stop() == 0
    assert mosquitto.process.stop() == 0  # it saves what it retains
    other = parts.service("--journal", tmp_path / "other.db", *PARAMS)
    refused = parts.bridge(mosquitto, other, ready=False)
    refused.wait_for("broker mqtt://.* is unavailable")
    mosquitto.start()
    assert refused.wait() == 2
    assert "has 0 decisions, and portfolios/random shows 10" in refused.output


def test_the_option_for_older_journals_is_in_the_help() -> None:
    command = [BIN / "bridge-node", "--help"]
    assert (
        "--accept-older-journal" in subprocess.run(command, capture_output=True, text=True).stdout
    )
