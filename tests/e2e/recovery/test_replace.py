"""Another algorithm goes on with the account of a running one, under load and under kills."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from portfolio.accounting.account import Account
from portfolio.accounting.orders import Fill
from tests.e2e.recovery.ledger import ledger
from tests.e2e.recovery.swap_trial import RANDOM, Start, Trial, Watch, verify
from tests.support.brokers import Broker
from tests.support.flow import Flow
from tests.support.parts import Parts
from tests.support.processes import eventually

OTHER = ("--algo", "random", "--param", "seed=11", "--param", "exit=0.5")
BUYS = """\
from portfolio import Portfolio

class Buys:
    def initialize(self, params):
        self.portfolio = Portfolio(params["cash"])
        return ["quotes"]

    def event(self, data):
        self.portfolio.buy(data, 10)
"""


def two(folder: Path) -> dict[str, Sequence[object]]:
    """Orders wait for the next quote, so that some may wait when the account is handed over."""
    return {
        "old": (*RANDOM, "--param", "fill=next", "--journal", folder / "old.db"),
        "new": (*OTHER, "--param", "fill=next", "--journal", folder / "new.db"),
    }


def own(journal: Path) -> list[int]:
    """The numbers of the quotes that a journal has decided itself, in their order."""
    if not journal.exists():
        return []
    with contextlib.closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as database:
        found = database.execute("SELECT value FROM meta WHERE name = 'taken_over'").fetchone()
        first = json.loads(found[0])[1] if found else 0
        rows = database.execute(
            "SELECT id FROM decisions WHERE channel = 'quotes' AND seq > ? ORDER BY seq", (first,)
        )
        return [number_of(id_) for (id_,) in rows]


def number_of(id_: str) -> int:
    """The number of a quote, in the order in which they were published."""
    return int(id_.rsplit(":", 1)[-1])


def check(trial: Trial, numbers: range, *journals: Path) -> None:
    """Each quote was decided once, in order, over all journals; the books agree."""

    def decided() -> list[int]:
        return [each for journal in journals for each in own(journal)]

    eventually(lambda: len(decided()) >= len(numbers), "decisions")
    assert decided() == list(numbers)
    placed: dict[tuple[str, str], str] = {}
    for journal in journals:
        for key, text in ledger(journal).records.items():
            assert placed.setdefault(key, text) == text
    for topic in ("orders/random", "fills/random"):
        mine = {id_: text for (of, id_), text in placed.items() if of == topic}
        published = _published(trial, topic)
        eventually(lambda p=published, m=mine: len(p()) >= len(m), topic)  # type: ignore[misc]
        assert published() == mine
    _check_account(
        trial, numbers[-1], [text for (of, _), text in placed.items() if of == "fills/random"]
    )
    for journal in journals:
        verify(journal)


def _published(trial: Trial, topic: str) -> Any:
    return lambda: {json.loads(text)["id"]: text for text in trial.watcher.raw(topic)}


def _check_account(trial: Trial, number: int, fills: list[str]) -> None:
    """The account is what all fills, in their order, have made of the starting cash."""

    def last() -> Any:
        shown = trial.watcher.of("portfolios/random")[-1]
        # before its first quote a service shows none
        return shown if number_of(shown["quote_id"] or "-1") == number else None

    eventually(last, "the last snapshot")
    account = Account(50_000.0)
    numbered = sorted(fills, key=lambda text: number_of(json.loads(text)["quote_id"]))
    for text in numbered:
        account.apply(Fill(**json.loads(text)))
    shown = last()
    assert shown["cash"] == account.cash
    held = {sid: each.quantity for sid, each in account.positions.items()}
    assert {sid: each["quantity"] for sid, each in shown["positions"].items()} == held
    assert (shown["realised"], shown["fees"]) == (account.realised, account.fees)


@pytest.mark.parametrize("killed", ["bridge", "old", "new"])
@pytest.mark.parametrize(
    ("service", "method", "when"),
    [
        ("new", "initialize", "after"),
        ("old", "hand_over", "before"),
        ("old", "hand_over", "after"),
        ("new", "take_over", "before"),
        ("new", "take_over", "after"),
    ],
)
def test_a_kill_in_any_phase_of_a_replacement_loses_and_repeats_nothing(
    service: str,
    method: str,
    when: str,
    killed: str,
    mosquitto: Broker,
    parts: Parts,
    start: Start,
    watch: Watch,
    tmp_path: Path,
) -> None:
    """The process is killed while a method is held there, and then started again."""
    trial = Trial(parts, start, watch, mosquitto, tmp_path, two(tmp_path))
    old, new = (tmp_path / f"{name}.db" for name in ("old", "new"))
    with Flow(mosquitto) as flow:
        eventually(lambda: trial.orders, "orders")
        hold = trial.folders[service] / f"{method}-{when}"
        hold.touch()
        id_ = trial.swap("new", positions="keep")
        trial.processes[service].wait_for(f"held at {hold.name}")
        trial.processes[killed].kill()
        hold.unlink()
        trial.start_again(killed)
        outcome = trial.reply(id_)
        assert outcome in ("done", "refused")
        if outcome == "refused":
            assert trial.reply(trial.swap("new", 1, positions="keep")) == "done"
        eventually(lambda: len(own(new)) > 10, "decisions of the new one")
    check(trial, range(flow.count), old, new)


def test_moves_and_replacements_in_a_row_under_load_lose_and_repeat_nothing(
    mosquitto: Broker, parts: Parts, start: Start, watch: Watch, tmp_path: Path
) -> None:
    journals = [tmp_path / f"{name}.db" for name in ("first", "second", "third")]
    services = {
        "old": (*RANDOM, "--journal", journals[0]),
        "standby": (*RANDOM, "--journal", journals[0], "--standby"),
        "second": (*OTHER, "--journal", journals[1]),
        "second standby": (*OTHER, "--journal", journals[1], "--standby"),
        "third": ("--algo", "sma_cross", "--name", "random", "--journal", journals[2]),
    }
    trial = Trial(parts, start, watch, mosquitto, tmp_path, services)
    feed = trial.feed(count := 1500)
    way = ["standby", "old", "second", "second standby", "second", "second standby", "third"]
    for n, name in enumerate(way):
        assert trial.reply(trial.swap(name, n)) == "done"
    assert feed.popen.poll() is None, "the load has ended before the swaps"
    assert feed.wait(90) == 0, feed.output
    check(trial, range(1, count + 1), *journals)
    assert trial.processes["bridge"].stop() == 0


def test_with_flatten_the_other_algorithm_begins_with_cash_alone(
    mosquitto: Broker, parts: Parts, start: Start, watch: Watch, tmp_path: Path
) -> None:
    trial = Trial(parts, start, watch, mosquitto, tmp_path, two(tmp_path))
    feed = trial.feed(count := 900)
    answer = trial.answer(trial.swap("new", positions="flatten"))
    assert answer["outcome"] == "done", answer["text"]
    assert answer["text"].endswith("and no position")
    assert feed.wait(90) == 0, feed.output
    check(trial, range(1, count + 1), tmp_path / "old.db", tmp_path / "new.db")
    flattened, *_ = trial.watcher.of("replies/random")
    assert (flattened["id"], flattened["command"]) == ("s0/flatten", "flatten")
    assert trial.watcher.of("portfolios/random")[-1]["halt"] is None


def test_services_without_a_journal_hand_their_account_over(
    broker: Broker, parts: Parts, start: Start, watch: Watch, tmp_path: Path
) -> None:
    """Each quote has one order, of the one service or of the other."""
    algo = f"{parts.file('buys.py', BUYS)}:Buys"
    services = dict.fromkeys(("old", "new"), ("--algo", algo, "--name", "random"))
    trial = Trial(parts, start, watch, broker, tmp_path, services)
    feed = trial.feed(count := 600)
    assert trial.reply(trial.swap("new")) == "done"
    assert feed.wait(90) == 0, feed.output
    eventually(lambda: len(trial.orders) >= count, "orders")
    numbers = [number_of(json.loads(text)["quote_id"]) for text in trial.orders]
    assert numbers == list(range(1, count + 1))
    _check_account(trial, count, trial.watcher.raw("fills/random"))
