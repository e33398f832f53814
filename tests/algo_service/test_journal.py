"""The journal: whatever happens, the ledger is that of the plain sequence of quotes."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_service import Engine, RandomAlgo
from algo_service.algorithms import BuyAndHold
from algo_service.errors import JournalError, StateError
from algo_service.journal.codec import decode, encode
from algo_service.journal.sqlite import SqliteStore
from portfolio import MaxDrawdown, ParameterError, Portfolio


def quote(n: int, price: float = 100.0, **fields: Any) -> dict[str, Any]:
    return {"sid": "GOOG", "quote": price, "id": str(n), "channel": "quotes", **fields}


class Touchy(RandomAlgo):
    """RandomAlgo that fails where a quote says so, after it has drawn and traded."""

    def event(self, data: dict[str, Any]) -> None:
        super().event(data)
        if data.get("fail"):
            raise ValueError("told to")


def opened(path: Path, algorithm: Any = Touchy, name: str = "algo", **overrides: Any) -> Engine:
    """An engine on a journal, as `algo-service serve` makes it."""
    engine = Engine(algorithm, name, overrides, seed=7, store=SqliteStore(path, name))
    engine.initialize({"cash": 10000})
    return engine


def close(engine: Engine) -> None:
    engine._store.close()


def ledger(path: Path) -> list[tuple[Any, ...]]:
    """All that a reader of the file sees, but for the time."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        rows = database.execute(
            "SELECT seq, channel, id, error FROM decisions LEFT JOIN failures USING (seq)"
        ).fetchall()
        for table in ("orders", "fills", "state"):
            rows += database.execute(f"SELECT '{table}', * FROM {table}").fetchall()
        return rows


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers() | st.tuples(st.integers()), inner)
        | st.frozensets(st.integers())
        | st.sets(st.text())
    ),
    max_leaves=20,
)


@given(PLAIN)
def test_state_comes_back_with_the_same_values_types_and_order(data: Any) -> None:
    # repr tells 1 from 1.0 and True, a tuple from a list, and the order of a map
    back = decode(encode(data))
    assert encode(back) == encode(data)
    if not isinstance(data, set | frozenset):
        assert repr_of(back) == repr_of(data)


def repr_of(data: Any) -> str:
    if isinstance(data, dict):
        return repr([(repr_of(key), repr_of(value)) for key, value in data.items()])
    if isinstance(data, set | frozenset):
        return type(data).__name__ + repr(sorted(data, key=repr))
    if isinstance(data, list | tuple):
        return type(data).__name__ + repr([repr_of(each) for each in data])
    return repr(data)


def test_state_that_is_no_plain_data_is_refused_by_its_type() -> None:
    with pytest.raises(StateError, match=r"PosixPath.* is not plain data"):
        encode({"where": [Path("/")]})


class Crash(BaseException):
    """The process is killed here."""


class Crashing:
    """A database connection whose process is killed before or after its n-th statement."""

    def __init__(self, database: sqlite3.Connection, statements: int, after: bool):
        self._database = database
        self._left = statements
        self._after = after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def _statement(self, run: Any, *args: Any) -> Any:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Crash
        result = run(*args)
        if self._left == 0:
            raise Crash
        return result

    def execute(self, *args: Any) -> Any:
        if args[0] == "ROLLBACK":  # which a killed process does not run
            return None
        return self._statement(self._database.execute, *args)

    def executemany(self, *args: Any) -> Any:
        return self._statement(self._database.executemany, *args)


PRICES = st.lists(st.tuples(st.integers(50, 200), st.booleans()), min_size=1, max_size=25)
STEPS = st.lists(
    st.tuples(
        st.integers(1, 8),  # how many quotes a call carries
        st.integers(0, 3),  # how many of the last ones it repeats
        st.sampled_from(["answer", "restart", "crash"]),
        st.integers(1, 14),  # before or after which statement it crashes
        st.booleans(),
    ),
    max_size=25,
)


@settings(deadline=None, max_examples=60)
@given(PRICES, STEPS)
def test_any_batches_crashes_and_restarts_give_the_plain_account(
    prices: list[tuple[int, bool]], steps: list[tuple[int, int, str, int, bool]]
) -> None:
    """Any batches duplicates failures crashes and restarts give the plain ledger."""
    quotes = [(n, float(price), {"fail": True} if bad else {}) for n, (price, bad) in
              enumerate(prices)]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        plain, disturbed = Path(folder) / "plain", Path(folder) / "disturbed"
        undisturbed = opened(plain, exit=0.25)
        for n, price, fields in quotes:
            undisturbed.decide([quote(n, price, **fields)])
        close(undisturbed)

        engine = opened(disturbed, exit=0.25)
        position = 0
        for size, repeated, what, statement, after in [*steps, (len(quotes), 0, "answer", 1, True)]:
            batch = quotes[max(0, position - repeated) : position + size]
            call = [quote(n, price, **fields) for n, price, fields in batch]
            if what == "crash":
                journal: Any = engine._store
                journal._db = Crashing(journal._db, statement, after)
            try:
                engine.decide(call)
                position += size  # answered: the bridge goes on
            except Crash:
                pass  # not answered: it sends the same again
            if what != "answer":
                close(engine)
                engine = opened(disturbed, exit=0.25)
        engine.decide([quote(n, price, **fields) for n, price, fields in quotes])
        resumed = engine.snapshot()
        close(engine)
        assert ledger(disturbed) == ledger(plain)
        # the last quote is of the process, not of the journal
        assert {**resumed, "last": None} == {**undisturbed.snapshot(), "last": None}


@settings(deadline=None, max_examples=50)
@given(st.lists(st.booleans(), max_size=12))
def test_a_quote_that_fails_leaves_no_trace_in_the_generator_either(fails: list[bool]) -> None:
    def decided(quotes: list[dict[str, Any]]) -> list[Any]:
        engine = Engine(Touchy, "algo", {"exit": 0.25}, seed=7)
        engine.initialize({})
        return [each for each in engine.decide(quotes) if "error" not in each]

    everything = decided([quote(n, fail=bad) for n, bad in enumerate(fails)])
    assert everything == decided([quote(n, fail=False) for n, bad in enumerate(fails) if not bad])


def test_a_restart_goes_on_with_the_parameters_the_journal_holds(tmp_path: Path) -> None:
    engine = opened(tmp_path / "j", threshold=0)
    engine.decide([quote(1)])
    before = engine.snapshot()
    close(engine)
    again = Engine(Touchy, "algo", {}, seed=99, store=SqliteStore(tmp_path / "j", "algo"))
    assert again.snapshot() == {**before, "last": None}
    assert again.initialize({"cash": 10000, "threshold": 0}) == ["quotes"]
    assert again.snapshot() == {**before, "last": None}


def test_other_parameters_than_the_journals_are_refused(tmp_path: Path) -> None:
    engine = opened(tmp_path / "j", threshold=0)
    engine.decide([quote(1)])
    close(engine)
    with pytest.raises(ParameterError, match=r"was started with threshold=0, not 0\.9"):
        opened(tmp_path / "j", threshold=0.9)


def test_state_that_did_not_change_is_not_written_again(tmp_path: Path) -> None:
    class Idle:
        def initialize(self, params: Mapping[str, Any]) -> list[str]:
            self.portfolio = Portfolio(100)
            return ["quotes"]

        def event(self, data: dict[str, Any]) -> None: ...
        def save(self) -> Any:
            return {"a": (1, 2)}

        def load(self, data: Any) -> None: ...

    engine = opened(tmp_path / "j", Idle)
    engine.decide([quote(1)])
    statements: list[str] = []
    engine._store._db.set_trace_callback(statements.append)
    engine.decide([quote(2)])
    assert not [text for text in statements if "state" in text]
    engine.decide([quote(3, 101.0)])  # the portfolio's last price
    written = [text for text in statements if "state" in text]
    assert len(written) == 1
    assert "portfolio" in written[0]


def test_a_second_service_on_one_journal_is_refused(
    tmp_path: Path,
) -> None:
    """A second service on one journal is refused with the firsts process."""
    holder = opened(tmp_path / "j")
    with pytest.raises(JournalError, match=rf"in use by another service \(process {os.getpid()}\)"):
        SqliteStore(tmp_path / "j", "algo")
    close(holder)
    close(opened(tmp_path / "j"))


def test_the_journal_of_another_algorithm_is_refused(tmp_path: Path) -> None:
    close(opened(tmp_path / "j"))
    with pytest.raises(JournalError, match="is that of the algorithm algo, not of other"):
        SqliteStore(tmp_path / "j", "other")


@pytest.mark.parametrize(("layout", "age"), [(99, "a newer"), (1, "an older")])
def test_the_journal_of_another_version_is_refused(tmp_path: Path, layout: int, age: str) -> None:
    close(opened(tmp_path / "j"))
    with sqlite3.connect(tmp_path / "j") as database:
        database.execute(f"PRAGMA user_version = {layout}")
    database.close()
    with pytest.raises(JournalError, match=f"written by {age} version: its layout is {layout}"):
        SqliteStore(tmp_path / "j", "algo")


class Halted:
    """Buys for half of its cash on every quote, until it has lost a tenth."""

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        self.portfolio = Portfolio(params["cash"], limits=[MaxDrawdown(0.1)])
        return ["quotes"]

    def event(self, data: dict[str, Any]) -> None:
        self.portfolio.buy(data, self.portfolio.cash / 2)


def test_a_halt_and_its_reset_outlive_a_restart_and_the_reset_is_on_record(
    tmp_path: Path,
) -> None:
    engine = opened(tmp_path / "j", Halted)
    engine.decide([quote(1), quote(2, 50.0)])
    close(engine)
    engine = opened(tmp_path / "j", Halted)
    halt = engine.snapshot()["halt"]
    assert halt.startswith("max_drawdown: the equity of 7500.00 is 25.00% below")
    (decision,) = engine.decide(
        [{"channel": "commands/algo", "id": "c1", "command": "reset", "by": "ann"}]
    )
    assert json.loads(decision["reply"])["text"] == f"reset: {halt}"
    close(engine)
    engine = opened(tmp_path / "j", Halted)
    assert engine.snapshot()["halt"] is None
    (bought,) = engine.decide([quote(3, 50.0)])
    assert len(bought["fills"]) == 1
    close(engine)
    with sqlite3.connect(tmp_path / "j") as database:
        ((seq, text),) = database.execute("SELECT seq, text FROM replies").fetchall()
    assert (seq, text) == (3, decision["reply"])
    assert json.loads(text)["by"] == "ann"
    database.close()


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "j") as database:
        database.execute("CREATE TABLE shopping (what)")
    database.close()
    with pytest.raises(JournalError, match="a database of something else"):
        SqliteStore(tmp_path / "j", "algo")


@pytest.mark.parametrize("damage", ["noise", "middle", "cut"])
def test_a_damaged_journal_is_refused_and_left_as_it_is(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "j"
    engine = opened(path, threshold=0)
    for start in range(0, 500, 50):
        engine.decide([quote(n) for n in range(start, start + 50)])
    close(engine)
    good = path.read_bytes()
    assert len(good) > 50_000
    bad = {
        "noise": b"quotes and orders" * 1000,
        "middle": good[:20_000] + b"\xff" * 8_192 + good[28_192:],
        "cut": good[: len(good) // 2],
    }[damage]
    path.write_bytes(bad)
    with pytest.raises(JournalError, match=r"damaged|no journal"):
        SqliteStore(path, "algo")
    assert path.read_bytes() == bad


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match=r"cannot write .*j\.lock: (File|Not a dir)"):
        SqliteStore(tmp_path / "file" / "j", "algo")


FULL_DISK = """
import resource, sys
from pathlib import Path
from algo_service.errors import JournalError
from tests.algo_service.test_journal import close, ledger, opened, quote
path = Path(sys.argv[1])
engine = opened(path, threshold=0.5, exit=0.25)
before = []
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
n, refused = 0, 0
while n < 1000:
    call = [quote(m, 100.0 + m % 7) for m in range(n, n + 10)]
    snapshot = engine.snapshot()
    try:
        engine.decide(call)
        n += 10
    except JournalError as error:
        assert str(path) in str(error), error
        assert engine.snapshot() == snapshot
        refused += 1
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert refused == 1, refused
close(engine)
"""


def test_a_full_disk_keeps_nothing_of_the_batch_and_the_next_try_succeeds(tmp_path: Path) -> None:
    # a limit of the size of files, which SQLite meets as it would a full disk
    subprocess.run([sys.executable, "-c", FULL_DISK, str(tmp_path / "full")], check=True)
    engine = opened(tmp_path / "plain", threshold=0.5, exit=0.25)
    for n in range(0, 1000, 10):
        engine.decide([quote(m, 100.0 + m % 7) for m in range(n, n + 10)])
    close(engine)
    assert ledger(tmp_path / "full") == ledger(tmp_path / "plain")


def test_orders_since_counts_back_from_the_latest_decision_page_by_page(tmp_path: Path) -> None:
    times = iter([50.0, 100.0, 101.0, 105.0, 110.0, 500.0])
    journal = SqliteStore(tmp_path / "j", "algo", monotonic=lambda: next(times))
    engine = Engine(Touchy, "algo", {"threshold": 0}, seed=7, store=journal)
    engine.initialize({})
    for n in range(4):
        engine.decide([quote(2 * n), quote(2 * n + 1)])

    def seqs(seconds: float, after: int = 0, most: int = 100) -> list[int]:
        return [seq for seq, _ in journal.outputs_since(seconds, after, most)]

    assert seqs(0) == [7, 8]
    assert seqs(5) == [5, 6, 7, 8]
    assert seqs(9) == [3, 4, 5, 6, 7, 8]
    assert seqs(1000) == list(range(1, 9))
    assert seqs(1000, most=3) == [1, 2, 3]
    assert seqs(1000, after=3, most=3) == [4, 5, 6]
    (decision,) = engine.decide([quote(7)])  # seen before: no new decision, no new time
    assert journal.outputs_since(0, 7, 1) == [(8, decision)]
    close(engine)


def test_orders_since_counts_back_from_what_was_confirmed_however_long_the_broker_was_away(
    tmp_path: Path,
) -> None:
    """A bridge that is started again publishes what the broker may have lost before its outage."""
    times = iter([50.0, 100.0, 101.0, 160.0, 220.0])
    journal = SqliteStore(tmp_path / "j", "algo", monotonic=lambda: next(times))
    engine = Engine(Touchy, "algo", {"threshold": 0}, seed=7, store=journal)
    engine.initialize({})
    for n in range(4):
        engine.decide([quote(2 * n), quote(2 * n + 1)])
    assert [seq for seq, _ in journal.outputs_since(20, 0, 100)] == [7, 8]
    journal.keep_confirmed([(4, 1.0)])
    assert [seq for seq, _ in journal.outputs_since(20, 0, 100)] == list(range(1, 9))
    assert [seq for seq, _ in journal.outputs_since(0, 0, 100)] == list(range(3, 9))
    close(engine)


class Undeclared:
    """Declares nothing, and takes its cash where it is given."""

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        self.portfolio = Portfolio(params.get("cash", 10000))
        return ["quotes"]

    def event(self, data: dict[str, Any]) -> None:
        self.portfolio.buy(data, data.get("amount", 1000))


@pytest.mark.parametrize(
    ("algorithm", "begun"),
    [
        (RandomAlgo, {"starting_cash": 10000, "threshold": 0, "seed": 3}),
        (BuyAndHold, {"starting_cash": 10000, "sizing": "all_in", "seed": 3}),
        (Undeclared, {"seed": 3}),
        (Undeclared, {"starting_cash": 777, "seed": 3}),
    ],
)
def test_a_journal_of_before_goes_on_with_the_defaults_of_then(
    tmp_path: Path, algorithm: Any, begun: dict[str, Any]
) -> None:
    path = tmp_path / "journal"
    cash = begun.get("starting_cash", 10000)
    engine = Engine(algorithm, "algo", {}, 3, SqliteStore(path, "algo"))
    engine.initialize({**begun, "cash": cash})
    engine.decide([quote(1)])
    close(engine)
    with sqlite3.connect(path) as database:
        # as an earlier version wrote it: with other defaults, and no smallest buy in the state
        (packed,) = database.execute("SELECT value FROM state WHERE name = 'portfolio'").fetchone()
        state = decode(packed)
        assert state.pop("minimum_amount") == cash / 1e6
        database.execute("UPDATE state SET value = ? WHERE name = 'portfolio'", (encode(state),))
        database.execute(
            "UPDATE meta SET value = ? WHERE name = 'parameters'", (json.dumps(begun),)
        )
    resumed = Engine(algorithm, "algo", {}, 8, SqliteStore(path, "algo"))
    assert resumed.initialize({}) == ["quotes"]
    assert resumed.parameters == begun
    assert resumed.snapshot()["positions"]
    portfolio = resumed._driver.portfolio
    assert portfolio.minimum_amount == 0.01
    resumed.decide([quote(2, amount=0.02)])
    assert resumed._driver.portfolio.minimum_amount == 0.01
    with pytest.raises(ParameterError, match="has started with"):
        resumed.initialize({"cash": 55})
    close(resumed)
