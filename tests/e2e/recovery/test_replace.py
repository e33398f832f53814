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
from tests.support.parts import Parts
from tests.support.processes import eventually

OTHER = ("--algo", "random", "--param", "seed=11", "--param", "exit=0.5")
ORDINALS = ("first", "second", "third", "fourth")
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
        return [int(id_) for (id_,) in rows]


def check(trial: Trial, count: int, *journals: Path) -> None:
    """Each of `count` quotes was decided once, in order, over all journals; the books agree."""

    def decided() -> list[int]:
        return [each for journal in journals for each in own(journal)]

    eventually(lambda: len(decided()) >= count, "decisions")
    assert decided() == list(range(count))
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
        trial, count - 1, [text for (of, _), text in placed.items() if of == "fills/random"]
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
        return shown if int(shown["quote_id"] or -1) == number else None

    eventually(last, "the last snapshot")
    account = Account(50_000.0)
    numbered = sorted(fills, key=lambda text: int(json.loads(text)["quote_id"]))
    for text in numbered:
        account.apply(Fill(**json.loads(text)))
    shown = last()
    assert shown["cash"] == account.cash
    held = {sid: each.quantity for sid, each in account.positions.items()}
    assert {sid: each["quantity"] for sid, each in shown["positions"].items()} == held
    assert (shown["realised"], shown["fees"]) == (account.realised, account.fees)


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
    mosquitto: Broker,
    parts: Parts,
    start: Start,
    watch: Watch,
    tmp_path: Path,
) -> None:
    """Each process in turn is killed while a method is held there, and then started again."""
    services = {
        name: (*options, "--param", "fill=next", "--journal", tmp_path / f"{name}.db")
        for name, options in zip(ORDINALS, (RANDOM, OTHER, RANDOM, OTHER), strict=True)
    }
    trial = Trial(parts, start, watch, mosquitto, tmp_path, services)
    journals = [tmp_path / f"{name}.db" for name in services]
    with trial.flow() as flow:
        for n, killed in enumerate(("bridge", "old", "new")):
            names = {"bridge": "bridge", "old": ORDINALS[n], "new": ORDINALS[n + 1]}
            new = names["new"]
            with trial.held(names[service], f"{method}-{when}") as reached:
                id_ = trial.swap(new, 2 * n, positions="keep")
                reached()
                trial.processes[names[killed]].kill()
            trial.start_again(names[killed])
            outcome = trial.reply(id_)
            assert outcome in ("done", "refused"), killed
            if outcome == "refused":
                assert trial.reply(trial.swap(new, 2 * n + 1, positions="keep")) == "done", killed
            eventually(lambda at=journals[n + 1]: len(own(at)) > 10, "decisions of the new one")  # type: ignore[misc]
    check(trial, flow.count, *journals)


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
    way = ["standby", "old", "second", "second standby", "second", "second standby", "third"]
    with trial.flow() as flow:
        for n, name in enumerate(way):
            assert trial.reply(trial.swap(name, n)) == "done"
    check(trial, flow.count, *journals)
    assert trial.processes["bridge"].stop() == 0


def test_with_flatten_the_other_algorithm_begins_with_cash_alone(
    mosquitto: Broker, parts: Parts, start: Start, watch: Watch, tmp_path: Path
) -> None:
    trial = Trial(parts, start, watch, mosquitto, tmp_path, two(tmp_path))
    with trial.flow() as flow:
        answer = trial.answer(trial.swap("new", positions="flatten"))
        assert answer["outcome"] == "done", answer["text"]
        assert answer["text"].endswith("and no position")
        seen = len(trial.orders)
        eventually(lambda: len(trial.orders) > seen, "orders of the other one")
    check(trial, flow.count, tmp_path / "old.db", tmp_path / "new.db")
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
    with trial.flow() as flow:
        assert trial.reply(trial.swap("new")) == "done"
    eventually(lambda: len(trial.orders) >= flow.count, "orders")
    numbers = [int(json.loads(text)["quote_id"]) for text in trial.orders]
    assert numbers == list(range(flow.count))
    _check_account(trial, flow.count - 1, trial.watcher.raw("fills/random"))
