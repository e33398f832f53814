"""Copies of a journal in the live pipeline: what they miss is never decided again in silence."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.e2e.recovery.test_journal import quote, shown
from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import BIN, Process
from tests.support.watcher import Watcher

Watch = Callable[..., Watcher]

PARAMS = ("--param", "threshold=0.5", "--param", "exit=0.25")


def decide(watcher: Watcher, start: int, end: int) -> None:
    """Publish quotes and await the snapshot behind the last."""
    for n in range(start, end):
        watcher.publish(quote(n))
    watcher.wait_until(
        lambda: (
            watcher.of("portfolios/random")[-1:]
            and watcher.of("portfolios/random")[-1]["quote_id"] == str(end - 1)
        ),
        "portfolios/random",
    )


def test_a_plain_copy_of_a_journal_is_refused_and_a_backup_continues(
    broker: Broker,
    parts: Parts,
    watch: Watch,
    tmp_path: Path,
    start: Callable[..., Process],
) -> None:
    """A plain copy of a running services journal is refused and a backup goes on."""
    journal = tmp_path / "j.db"
    service = parts.service("--journal", journal, *PARAMS)
    young = shutil.copy(journal, tmp_path / "young.db")
    bridge = parts.bridge(broker, service)
    watcher = watch(broker)
    decide(watcher, 0, 20)
    plain = shutil.copy(journal, tmp_path / "plain.db")
    said = shown(journal, "--backup", tmp_path / "backup.db")
    assert said == f"copied {journal} with 20 decisions to {tmp_path / 'backup.db'}\n"
    orders = watcher.raw("orders/random")
    assert bridge.stop() == 0
    service.kill()
    for copy in (young, plain):
        refused = start("algo-service", "serve", "--journal", copy, *PARAMS)
        assert refused.wait() == 2
        assert f"the journal {copy} was copied without {copy.name}-wal" in refused.output
        assert "`algo-service journal FILE --backup COPY`" in refused.output
        assert "--accept-incomplete-journal" in refused.output
    assert shown(tmp_path / "backup.db", "--orders").splitlines() == orders
    restored = parts.service("--journal", tmp_path / "backup.db", *PARAMS)
    parts.bridge(broker, restored)
    decide(watcher, 19, 21)  # one that was seen before, and a new one
    assert watcher.of("portfolios/random")[-1]["seq"] == 21
    accepting = parts.service("--journal", plain, *PARAMS, "--accept-incomplete-journal")
    assert "continuing, as --accept-incomplete-journal asks: the journal" in accepting.output


def test_the_options_for_copies_are_in_the_help() -> None:
    def help_of(*command: Any) -> str:
        return subprocess.run([*command, "--help"], capture_output=True, text=True).stdout

    assert "--accept-incomplete-journal" in help_of(BIN / "algo-service", "serve")
    assert "--backup COPY" in help_of(BIN / "algo-service", "journal")
