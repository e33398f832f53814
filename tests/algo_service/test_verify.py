"""`algo-service verify`: what a journal keeps is run again, and gives the same decisions."""

from __future__ import annotations

import json
import random
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from algo_service import Engine
from algo_service.commands.main import cli
from algo_service.errors import AlgoServiceError, JournalError
from algo_service.journal.sqlite import SqliteStore
from algo_service.loader import load

ALGORITHM = """
import random
from portfolio import Portfolio

class Own:
    def initialize(self, params):
        self.portfolio = Portfolio.from_params({"starting_cash": 1000, **params})
        self.random = random.Random(params["seed"])
        self.count = 0
        return ["quotes", "data/#"]

    def event(self, data):
        self.count += 1
        if data.get("fail"):
            raise ValueError("told to fail")
        if data["channel"] == "quotes" and self.random.random() < BUY:
            # depends on the order of the fields, as a sum of floats may
            numbers = [each for each in data["book"].values() if isinstance(each, float)]
            self.portfolio.buy(data, 10 + sum(n * each for n, each in enumerate(numbers)))
        elif data["channel"] == "quotes" and self.count % 5 == 0:
            self.portfolio.sell(data)
"""
STATE = """
    def save(self):
        return {"random": self.random.getstate(), "count": self.count}

    def load(self, data):
        self.random.setstate(data["random"])
        self.count = data["count"]
"""


@pytest.fixture
def algorithm(tmp_path: Path) -> Callable[..., str]:
    """Writes an algorithm of its author's and returns what `--algo` takes."""

    def writer(name: str = "own.py", buy: float = 0.4, state: str = STATE) -> str:
        (tmp_path / name).write_text(ALGORITHM.replace("BUY", str(buy)) + state)
        return f"{tmp_path / name}:Own"

    return writer


def messages(count: int, first: int = 0) -> list[dict[str, Any]]:
    """Quotes of two instruments, with data, failures and commands among them."""
    found: list[dict[str, Any]] = []
    for n in range(first, first + count):
        ts = f"2024-01-01T{n // 60 % 24:02}:{n % 60:02}:00Z"
        found.append(
            {
                "channel": "quotes",
                "id": str(n),
                "sid": "GOOG" if n % 3 else "AAPL",
                "quote": 100.0 + n % 7,
                "ts": ts,
                "book": {"mid": n / 3, "bid": 0.1, "ask": n / 7, "all": [1, 2.5], "of": None},
                **({"fail": True} if n % 11 == 5 else {}),
            }
        )
        if n % 13 == 4:
            found.append({"channel": "data/news", "id": f"d{n}", "score": n / 7})
        if n % 40 == 20:
            command = ("halt", "resume", "flatten", "resume", "reset")[n // 40 % 5]
            expires = {} if command in ("halt", "reset") else {"expires": "2030-01-01"}
            found.append({"channel": "commands/algo", "id": f"c{n}", "command": command, **expires})
    return found


def serve(
    path: Path, spec: str, given: list[dict[str, Any]], seed: int = 7, **options: Any
) -> None:
    """Decide on messages in batches of any size, as a service does that ends then."""
    store = SqliteStore(path, "algo", **options)
    _, create = load(spec)
    engine = Engine(create, "algo", {}, seed, store)
    store.note_start(spec)
    engine.initialize({})
    sizes = random.Random(len(given))
    while given:
        size = sizes.randint(1, 30)
        engine.decide([dict(each) for each in given[:size]], now=1_700_000_000.0)
        given = given[size:]
    store.close()


def verify(path: Path, *options: object) -> Result:
    return CliRunner().invoke(cli, ["verify", str(path), *map(str, options)])


def test_a_journal_that_is_run_again_gives_the_same_orders(
    tmp_path: Path, algorithm: Callable[..., str]
) -> None:
    """Failures, data, commands, batches and restarts make no difference."""
    spec = algorithm()
    given = messages(600)
    for start in (0, 200, 450):
        serve(tmp_path / "j", spec, given[start : start + 250])
    found = verify(tmp_path / "j")
    assert found.exit_code == 0, found.output
    assert f"run again with {spec}" in found.output
    assert "across 2 restarts" in found.output
    assert found.output.rstrip().endswith("no difference")
    assert re.search(r"compared: 6\d\d decisions, [1-9]\d* orders, [1-9]\d* fills", found.output)


def test_an_order_that_was_changed_in_the_journal_is_found(
    tmp_path: Path, algorithm: Callable[..., str]
) -> None:
    """One digit of one order is one difference, and the exit status is 1."""
    serve(tmp_path / "j", algorithm(), messages(100))
    with closing(sqlite3.connect(tmp_path / "j")) as database:
        ((seq, text),) = database.execute("SELECT seq, text FROM orders LIMIT 1").fetchall()
        order = json.loads(text)
        order["quantity"] += 1e-9
        changed = json.dumps(order, separators=(",", ":"))
        database.execute("UPDATE orders SET text = ? WHERE seq = ?", (changed, seq))
        database.commit()
    found = verify(tmp_path / "j")
    assert found.exit_code == 1
    assert f"different: 1 decision of {len(messages(100))}" in found.output
    (row,) = [line for line in found.output.splitlines() if line.startswith(f"{seq} ")]
    assert repr(order["quantity"]) in row


def test_a_batch_that_was_rolled_back_is_rolled_back_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, algorithm: Callable[..., str]
) -> None:
    """What an algorithm does not save is as it was after the attempt that could not be kept."""
    spec = algorithm(
        state="""
    drawn = 0
    def save(self):
        return {"random": self.random.getstate()}

    def load(self, data):
        self.random.setstate(data["random"])
"""
    )
    store = SqliteStore(tmp_path / "j", "algo")
    engine = Engine(load(spec)[1], "algo", {}, 7, store)
    store.note_start(spec)
    engine.initialize({})
    given = [each for each in messages(90) if "fail" not in each and each["channel"] == "quotes"]
    engine.decide(given[:20])
    with monkeypatch.context() as patched:
        patched.setattr(store, "_write_state", lambda _: (_ for _ in ()).throw(OSError(28, "full")))
        for count in (7, 12):
            with pytest.raises(JournalError):
                engine.decide([dict(each) for each in given[20 : 20 + count]])
    engine.decide(given[20:32])
    engine.decide(given[32:])
    store.close()
    assert verify(tmp_path / "j").output.rstrip().endswith("no difference")
    with closing(sqlite3.connect(tmp_path / "j")) as database:
        database.execute("DELETE FROM log WHERE kind = 'rollback'")
        database.commit()
    assert verify(tmp_path / "j").exit_code == 1  # so the record of it is what has made it equal


def test_another_version_shows_where_it_would_have_decided_otherwise(
    tmp_path: Path, algorithm: Callable[..., str]
) -> None:
    """A table of the first differences, their number, both equities, and a page with a chart."""
    pytest.importorskip("plotly")
    serve(tmp_path / "j", algorithm(), messages(300))
    other = algorithm("other.py", buy=0.6)
    found = verify(tmp_path / "j", "--algo", other, "--report", tmp_path / "page.html")
    assert found.exit_code == 1, found.output
    assert re.search(r"^decision +input +in the journal +now$", found.output, re.MULTILINE)
    assert re.search(r"^… and \d+ more$", found.output, re.MULTILINE)
    assert "equity in the journal: " in found.output
    assert "equity now: " in found.output
    page = (tmp_path / "page.html").read_text()
    assert "In the journal" in page
    assert "decisions differ" in page
    assert 'class="n"' not in page.partition("<table>")[2]  # its columns are text


def test_another_parameter_is_tried_from_the_beginning(
    tmp_path: Path, algorithm: Callable[..., str]
) -> None:
    """`--param` replaces the one of the journal, the starting cash among them."""
    serve(tmp_path / "j", algorithm(), messages(50))
    found = verify(tmp_path / "j", "--param", "starting_cash=15")
    assert found.exit_code == 1
    assert "starting_cash=15" in found.output
    assert verify(tmp_path / "j", "--param", "seed=7").exit_code == 0


def test_an_algorithm_without_state_is_compared_up_to_its_first_restart(
    tmp_path: Path, algorithm: Callable[..., str]
) -> None:
    """What it held itself ended there, and a sentence says so."""
    spec = algorithm(state="")
    given = messages(100)
    serve(tmp_path / "j", spec, given[:60])
    serve(tmp_path / "j", spec, given[60:])
    found = verify(tmp_path / "j")
    assert found.exit_code == 0, found.output
    assert (
        f"ended with its first restart, after decision 60; the {len(given) - 60} decisions"
        in found.output
    )
    assert "compared: 60 decisions" in found.output
    other = verify(tmp_path / "j", "--algo", algorithm("other.py", buy=0.6, state=""))
    assert "equity now, after decision 60: " in other.output
    assert "equity in the journal" not in other.output


def test_a_journal_that_kept_no_inputs_at_first_is_verified_since_then(
    tmp_path: Path, algorithm: Callable[..., str]
) -> None:
    """It begins with the state before the first stored input."""
    spec, given = algorithm(), messages(150)
    serve(tmp_path / "j", spec, given[:50], keep_inputs=False)
    refused = verify(tmp_path / "j")
    assert isinstance(refused.exception, JournalError)
    assert "--keep-inputs yes" in str(refused.exception)
    serve(tmp_path / "j", spec, given[50:])
    found = verify(tmp_path / "j")
    assert found.exit_code == 0, found.output
    assert "journal of algo, from decision 51 on" in found.output


def test_a_journal_of_an_algorithm_that_is_gone_asks_for_it(
    tmp_path: Path, algorithm: Callable[..., str]
) -> None:
    """The sentence names the file that is not there, and the option."""
    spec = algorithm()
    serve(tmp_path / "j", spec, messages(5))
    (tmp_path / "own.py").unlink()
    found = verify(tmp_path / "j")
    assert isinstance(found.exception, AlgoServiceError)
    assert re.search(r'there is no file ".*own\.py".*: name it with --algo$', str(found.exception))
