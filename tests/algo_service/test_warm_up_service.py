"""`serve --warm-up` and `serve --journal FOLDER/`, in real processes that are killed."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zerorpc

from algo_service import Engine
from algo_service.algorithms import SmaCross
from algo_service.journal.folder import journal_path
from tests.algo_service.conftest import Service
from tests.algo_service.test_warm_up import Past, quotes, written
from tests.support.processes import BIN, free_port

Serve = Callable[..., Service]
Connect = Callable[[Service], zerorpc.Client]

# holds at its 150th quote for as long as there is a file
HOLDS = """
import os, time
from algo_service.algorithms import SmaCross
class Holds(SmaCross):
    def event(self, data):
        if data["id"].endswith(":150") and os.path.exists(os.environ["HOLD"]):
            print("holding")
            while True: time.sleep(1)
        super().event(data)
"""
RULE = ("--param", "fast=20", "--param", "slow=200", "--cash", "10000", "--param", "seed=7")


def run(*words: object) -> subprocess.CompletedProcess[str]:
    command = [BIN / "algo-service", *map(str, words)]
    return subprocess.run(command, text=True, capture_output=True, check=False, timeout=60)


def test_a_kill_during_or_after_the_warm_up_changes_no_decision(
    serve: Serve, connect: Connect, tmp_path: Path
) -> None:
    """Killed during and after the warm up it decides as one that nothing disturbed."""
    past, live = quotes(200, run="past"), quotes(200, 200)
    undisturbed = Engine(SmaCross, "Holds", {"fast": 20, "slow": 200}, 7, history=Past(past))
    undisturbed.initialize({"cash": 10000})
    expected = undisturbed.decide([dict(quote) for quote in live])
    assert sum(len(each["orders"]) for each in expected) >= 3

    hold = tmp_path / "hold"
    hold.touch()
    (tmp_path / "holds.py").write_text(HOLDS)
    history = written(tmp_path / "past.csv", past)
    journal = tmp_path / "journals"
    options = ("--algo", tmp_path / "holds.py:Holds", *RULE, "--journal", f"{journal}/",
               "--warm-up", history)  # fmt: skip

    def started() -> tuple[Service, zerorpc.Client]:
        service = serve(*options, env={"HOLD": str(hold)})
        return service, connect(service)

    service, client = started()
    client.initialize({}, **{"async": True})
    service.process.wait_for("^holding$")
    service.process.kill()
    assert "warm-up" not in run("journal", journal / "Holds.db").stdout

    hold.unlink()
    service, client = started()
    assert client.initialize({}) == ["quotes"]
    service.process.wait_for("^warmed up with 200 quotes of ")
    service.process.kill()
    assert f"warm-up     200 quotes of {history}, 17" in run("journal", journal / "Holds.db").stdout

    service, client = started()
    assert client.initialize({}) == ["quotes"]
    service.process.wait_for("^continuing from the warm-up with 200 quotes of ")
    assert client.events(live[:100]) == expected[:100]
    service.process.kill()

    history.unlink()  # no longer needed
    service, client = started()
    assert client.initialize({}) == ["quotes"]
    assert client.events(live[50:]) == expected[50:]
    service.process.wait_for("^warmed up before its first quote, with 200 quotes of .*: not again")
    assert service.process.stop() == 0


def test_without_a_journal_it_warms_up_after_every_start(
    serve: Serve, connect: Connect, tmp_path: Path
) -> None:
    live = quotes(1, 30)
    answers = []
    for _ in range(2):
        service = serve(
            "--param", "seed=3", "--param", "threshold=0", env={"ALGO_SERVICE_WARM_UP": "goog",
            "ALGO_SERVICE_FROM": "2012-01-01"}
        )  # fmt: skip
        client = connect(service)
        client.initialize({})
        service.process.wait_for("^warmed up with 291 quotes of goog, 2012-01-03 to 2013-03-01;")
        answers.append(client.events(live))
        service.process.kill()
    assert answers[0] == answers[1]
    assert answers[0][0]["orders"]


def test_told_to_end_during_its_warm_up_it_ends_cleanly(
    serve: Serve, connect: Connect, tmp_path: Path
) -> None:
    code = (
        "import time\nclass Slow:\n def initialize(self, params): return ['q']\n"
        " def event(self, data):\n  print('event')\n  time.sleep(0.05)\n"
    )
    (tmp_path / "slow.py").write_text(code)
    service = serve("--algo", tmp_path / "slow.py:Slow", "--warm-up", "goog")
    connect(service).initialize({}, **{"async": True})
    service.process.wait_for("^event$", count=3)
    service.process.signal(signal.SIGTERM)
    assert service.process.wait() == 0
    assert "Traceback" not in service.process.output


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--warm-up", "gog"], 'there is no file and no sample "gog"; did you mean "goog"?'),
        (["--warm-up", "{}/notes.csv"], "--columns"),
        (["--warm-up", "goog", "--from", "soon"], "--from"),
        (["--warm-up", "goog", "--query", "SELECT 1"], "--query"),
        (["--sort"], "--sort reads the history of --warm-up: give that, too"),
        (["--journal", ""], "--journal names nothing"),
        (["--journal", "{}/notes.csv/"], 'notes.csv/" names a folder, and '),
    ],
)
def test_a_wrong_source_option_or_folder_is_one_sentence_at_the_start(
    words: list[str], sentence: str, tmp_path: Path
) -> None:
    (tmp_path / "notes.csv").write_text("day,cash\n2024-01-01,5\n")
    address = f"tcp://127.0.0.1:{free_port()}"
    ended = run("serve", "--addr", address, *(word.format(tmp_path) for word in words))
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_a_folder_holds_a_journal_for_each_algorithm_and_is_listed(
    serve: Serve, connect: Connect, tmp_path: Path
) -> None:
    folder = tmp_path / "new" / "journals"
    for name in ("random", "Dice 50%"):
        service = serve("--name", name, "--journal", f"{folder}/", "--param", "threshold=0")
        service.process.wait_for("its state is in the journal ")
        client = connect(service)
        client.initialize({})
        client.events([{**quotes(1)[0], "quote": 5.0}])
        assert service.process.stop() == 0
    (folder / "notes.db").write_text("none of ours")
    listed = run("journal", folder)
    assert listed.stdout.splitlines()[:2] == [
        "Dice 50%25.db: Dice 50%, 1 decisions, 1 orders",
        f"notes.db: {folder}/notes.db is not a journal, or it is damaged: file is not a database",
    ]
    assert listed.stdout.splitlines()[2] == "random.db: random, 1 decisions, 1 orders"
    refused = run("journal", folder, "--orders")
    assert refused.returncode == 2
    assert "is a folder: name one of its journals; there is Dice 50%25.db" in refused.stderr
    (tmp_path / "empty").mkdir()
    assert "there is no journal in " in run("journal", tmp_path / "empty").stderr
    # one that is there already is known without its slash
    assert serve("--journal", folder).process.wait_for("journal .*/journals/random.db")


@pytest.mark.parametrize(
    ("given", "algo", "file"),
    [
        ("a/b.db", "random", "a/b.db"),
        ("a/", "random", "a/random.db"),
        ("a/", "日経", "a/日経.db"),
        ("a/", "50%/:*", "a/50%25%2F%3A%2A.db"),
        ("a/", "..", "a/...db"),
        ("a/", "x\0y", "a/x%00y.db"),
    ],
)
def test_the_file_in_a_folder_has_the_algorithms_name(given: str, algo: str, file: str) -> None:
    assert journal_path(given, algo) == Path(file)


def test_the_record_in_the_journal_tells_what_was_read(tmp_path: Path) -> None:
    import sqlite3

    from algo_service.journal.sqlite import SqliteStore

    def record(file: str, history: list[dict[str, Any]]) -> dict[str, Any]:
        journal = SqliteStore(tmp_path / file, "algo")
        engine = Engine(SmaCross, "algo", {}, 7, journal, history=Past(history))
        engine.initialize({})
        journal.close()
        with sqlite3.connect(tmp_path / file) as database:
            query = "SELECT value FROM meta WHERE name = 'warm_up'"
            ((text,),) = database.execute(query).fetchall()
        database.close()
        return json.loads(text)

    first = record("1.db", quotes(5))
    assert {name: first[name] for name in ("sources", "quotes", "failed", "first", "last")} == {
        "sources": "past.csv",
        "quotes": 5,
        "failed": 0,
        "first": 1_700_000_000,
        "last": 1_700_000_240,
    }
    assert first["parameters"]["slow"] == 30
    assert record("2.db", quotes(5))["digest"] == first["digest"]
    other = [*quotes(4), {**quotes(5)[4], "quote": 1.0}]
    assert record("3.db", other)["digest"] != first["digest"]
