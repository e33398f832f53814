"""Journals of earlier layouts continue in the present one; what it keeps beside decisions."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from algo_service import Engine
from algo_service.errors import JournalError
from algo_service.journal import layout, report
from algo_service.journal.backup import backup
from algo_service.journal.open import journal_file
from algo_service.journal.recording import Recording
from algo_service.journal.sqlite import SqliteStore
from portfolio import Portfolio

JOURNALS = Path(__file__).parent / "journals"
LAYOUT_5 = (JOURNALS / "layout_5.sql").read_text()
"""The same as layout 4."""
LAYOUT_4 = (JOURNALS / "layout_4.sql").read_text()
"""Four batches with a failure, of which the first two were decided with `--keep-inputs no`."""
LAYOUT_3 = (JOURNALS / "layout_3.sql").read_text()
"""Two batches, a batch with a failure, a limit's stop, a reset."""
LAYOUT_2 = f"{LAYOUT_3} DROP TABLE main_file; PRAGMA user_version = 2;"


class Buyer:
    """The algorithm that has written the stored journal."""

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        self.portfolio = Portfolio.from_params(params)
        self.count = 0
        return ["quotes"]

    def event(self, data: dict[str, Any]) -> None:
        self.count += 1
        if data.get("fail"):
            raise ValueError("told to fail")
        self.portfolio.buy(data, 900)

    def save(self) -> dict[str, Any]:
        return {"count": self.count}

    def load(self, data: dict[str, Any]) -> None:
        self.count = data["count"]


def quote(n: int, price: float, **fields: Any) -> dict[str, Any]:
    ts = f"2024-01-01T00:0{n}:00Z"
    return {"sid": "GOOG", "quote": price, "id": str(n), "channel": "quotes", "ts": ts, **fields}


QUOTES = [
    quote(1, 100.0),
    quote(2, 101.0, book={"bid": 100.5, "ask": [1, 2]}),
    quote(3, 102.0, fail=True),
    quote(4, 10.0, raw={"b": b"\x00\x01"}),
    quote(5, 10.0),
    quote(6, 11.0),
]
"""Those that the stored journals decided."""


@pytest.fixture
def older(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A journal of an earlier layout."""
    path = tmp_path / "older.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(request.param)
    return path


each_earlier_layout = pytest.mark.parametrize(
    "older",
    [LAYOUT_5, LAYOUT_4, LAYOUT_3, LAYOUT_2],
    ids=["layout 5", "layout 4", "layout 3", "layout 2"],
    indirect=True,
)
before_contents = pytest.mark.parametrize(
    "older", [LAYOUT_3, LAYOUT_2], ids=["layout 3", "layout 2"], indirect=True
)


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return database.execute(query).fetchall()


def opened(path: Path, **options: Any) -> tuple[Engine, SqliteStore]:
    store = SqliteStore(path, "algo", **options)
    engine = Engine(Buyer, "algo", {}, seed=1, store=store)
    engine.initialize({})
    return engine, store


@each_earlier_layout
def test_a_journal_of_an_earlier_layout_continues(older: Path) -> None:
    """It has the decisions, the outputs and the state that it had, and takes the next quote."""
    outputs = {table: rows(older, f"SELECT * FROM {table}") for table in ("orders", "fills")}
    engine, store = opened(older)
    assert engine.snapshot()["seq"] == 6
    assert engine.snapshot()["quote_id"] == "6"
    again = engine.decide([dict(each) for each in QUOTES])
    assert [json.loads(text)["id"] for each in again for text in each.get("orders", ())] == [
        f"algo:quotes:{n}:0" for n in (1, 2, 4, 5, 6)
    ]
    assert again[2]["error"] == "ValueError: told to fail"
    (new,) = engine.decide([quote(7, 12.0)])
    assert new["fills"]
    store.close()
    assert rows(older, "PRAGMA user_version") == [(layout.LAYOUT,)]
    assert rows(older, "SELECT max(seq) FROM decisions") == [(7,)]
    for table, before in outputs.items():
        assert rows(older, f"SELECT * FROM {table} WHERE seq <= 6") == before


@each_earlier_layout
def test_other_content_is_noticed_in_a_migrated_journal_too(older: Path) -> None:
    """The digests and contents of an earlier layout still tell two messages apart."""
    engine, store = opened(older)
    changed = [
        quote(1, 100.5),
        quote(2, 101.0, book={"bid": 100.5, "ask": [1, 3]}),
        quote(5, 10.5),
    ]
    for each in engine.decide(changed):
        assert "id used before" in each["error"]
    store.close()


@pytest.mark.parametrize("older", [LAYOUT_4], indirect=True)
def test_layout_4_has_its_inputs_still(older: Path) -> None:
    """Each decision has its content, or, where the inputs were not kept, its digest."""
    before = rows(older, "SELECT seq, digest, content FROM decisions")
    _, store = opened(older)
    store.close()
    assert rows(older, "SELECT seq, digest, content FROM decisions") == [
        (seq, None if content else digest, content) for seq, digest, content in before
    ]
    with closing(Recording(older)) as recording:
        found = [each.key[1] for batch in recording.batches() for each in batch.inputs]
    assert found == ["3", "4", "5", "6"]


@before_contents
def test_what_an_earlier_layout_encoded_otherwise_matches_by_key(
    older: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A quote whose encoding has changed since is the same quote, and a log line says so."""
    caplog.set_level("INFO")
    engine, store = opened(older)
    (first,) = engine.decide([quote(4, 10.0, raw={"b": b"\x00\x01"})])
    assert first["orders"]
    assert [line for line in caplog.messages if line.startswith('"4" on quotes was decided by')]
    store.close()


@before_contents
def test_the_time_of_a_migrated_journal_never_runs_backwards(older: Path) -> None:
    """Its clock was set back by an hour: the outputs of the last seconds are the last ones."""
    _, store = opened(older)
    assert [seq for seq, _ in store.outputs_since(0.5, 0, 100)] == [5, 6]
    assert [seq for seq, _ in store.outputs_since(3601, 0, 100)] == [1, 2, 4, 5, 6]
    store.close()


def test_an_incomplete_journal_is_migrated_if_that_is_accepted(tmp_path: Path) -> None:
    """What was copied without its -wal file continues in the present layout, too."""
    path = tmp_path / "copied.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(f"{LAYOUT_3} UPDATE main_file SET holds = 'part'")
    with pytest.raises(JournalError, match="--accept-incomplete-journal"):
        SqliteStore(path, "algo")
    engine, store = opened(path, accept_incomplete=True)
    assert engine.snapshot()["seq"] == 6
    store.close()
    assert rows(path.with_name("copied.db.layout-3"), "SELECT count(*) FROM decisions") == [(6,)]


@before_contents
def test_a_migration_leaves_a_copy_and_a_reset_on_record(older: Path) -> None:
    """The file as it was lies beside the migrated one, and a former reset is in the log."""
    version = rows(older, "PRAGMA user_version")[0][0]
    before = rows(older, "SELECT * FROM decisions")
    _, store = opened(older)
    store.close()
    copy = older.with_name(f"older.db.layout-{version}")
    assert rows(copy, "PRAGMA user_version") == [(version,)]
    assert rows(copy, "SELECT * FROM decisions") == before
    ((seq, text),) = rows(older, "SELECT seq, text FROM log WHERE kind = 'reset'")
    assert seq == 5
    assert text.startswith("max_drawdown: ")


@each_earlier_layout
def test_a_migration_that_fails_changes_nothing(
    older: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a full disk, or a kill, the journal is as it was, and the next start migrates it."""
    version = rows(older, "PRAGMA user_version")[0][0]
    digests = rows(older, "SELECT digest FROM decisions")
    last = max(version, 3)
    step, target = layout._STEPS[last]
    broken = f"{step} INSERT INTO nowhere VALUES (1);"
    with monkeypatch.context() as patched:
        patched.setitem(layout._STEPS, last, (broken, target))
        with pytest.raises(JournalError, match="nowhere"):
            opened(older)
    assert rows(older, "PRAGMA user_version") == [(version,)]
    assert rows(older, "SELECT digest FROM decisions") == digests
    engine, store = opened(older)
    assert engine.snapshot()["seq"] == 6
    store.close()


@each_earlier_layout
def test_an_earlier_layout_is_read_without_being_changed(older: Path, tmp_path: Path) -> None:
    """`algo-service journal` shows and copies a journal of an earlier layout as it is."""
    before = older.read_bytes()
    text = "\n".join(report.summary(older))
    assert "quotes      6" in text
    assert "failed      1" in text
    assert len(list(report.orders(older))) == 5
    assert backup(older, tmp_path / "copy") == 6
    assert rows(tmp_path / "copy", "PRAGMA user_version") == rows(older, "PRAGMA user_version")
    assert older.read_bytes() == before


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Where a new journal is to be."""
    return tmp_path / "journal.db"


def run(path: Path, quotes: list[dict[str, Any]], **options: Any) -> None:
    """Decide two batches, as a service does that ends then."""
    store = SqliteStore(path, "algo", **options)
    engine = Engine(Buyer, "algo", {}, seed=1, store=store)
    store.note_start("buyer.py:Buyer")
    engine.initialize({"cash": 1000})
    engine.decide(quotes[: len(quotes) // 2], now=1_700_000_000.5)
    engine.decide(quotes[len(quotes) // 2 :], now=1_700_000_001.5)
    store.close()


def test_a_journal_keeps_the_inputs_the_starts_and_the_batches(journal: Path) -> None:
    """Each input has its content, each start a line in the log, each batch its time."""
    run(journal, QUOTES[:4])
    run(journal, QUOTES[4:])
    assert rows(journal, "SELECT count(*) FROM decisions WHERE content IS NULL") == [(0,)]
    assert rows(journal, "SELECT seq, kind, text FROM log") == [
        (0, "start", "buyer.py:Buyer"),
        (4, "start", "buyer.py:Buyer"),
    ]
    batches = rows(journal, "SELECT seq, at, elapsed FROM batches")
    assert [seq for seq, _, _ in batches] == [2, 4, 5, 6]
    assert batches[0][1] == 1_700_000_000.5
    assert batches == sorted(batches, key=lambda row: row[2])
    ((seq, portfolio, algorithm),) = rows(journal, "SELECT * FROM origin")
    assert (seq, bool(portfolio), bool(algorithm)) == (0, True, True)


def test_without_inputs_a_journal_keeps_none_and_begins_later(journal: Path) -> None:
    """`--keep-inputs no` leaves the contents out; the first one that is kept has a state before."""
    run(journal, QUOTES[:2], keep_inputs=False)
    assert rows(journal, "SELECT count(content), count(*) FROM decisions") == [(0, 2)]
    assert rows(journal, "SELECT * FROM origin") == []
    run(journal, QUOTES[2:4])
    assert rows(journal, "SELECT seq FROM origin") == [(2,)]
    run(journal, QUOTES[4:5], keep_inputs=False)
    run(journal, QUOTES[5:])
    assert rows(journal, "SELECT seq FROM origin") == [(5,)]


def test_a_rolled_back_batch_is_on_record(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch that could not be kept is in the log, with its reason, once the next one is kept."""
    store = SqliteStore(journal, "algo")
    engine = Engine(Buyer, "algo", {}, seed=1, store=store)
    engine.initialize({"cash": 1000})
    with monkeypatch.context() as patched:
        patched.setattr(store, "_write_state", lambda _: (_ for _ in ()).throw(OSError(28, "full")))
        with pytest.raises(JournalError):
            engine.decide(QUOTES[:2])
    engine.decide(QUOTES[:2])
    store.close()
    ((seq, text),) = rows(journal, "SELECT seq, text FROM log WHERE kind = 'rollback'")
    assert seq == 0
    assert json.loads(text)["inputs"] == 2
    assert "full" in json.loads(text)["error"]


def test_a_journal_has_what_the_portfolio_is_worth_by_minute(journal: Path) -> None:
    """One row per minute of quote time, with the values after its last quote."""
    times = ["00:01:00", "00:01:59.9", "00:02", "00:05:07", "00:03:00"]
    prices = [100.0, 110.0, 120.0, 90.0, 95.0]
    quotes = [
        quote(n, price) | {"ts": f"2024-01-01T{ts}Z"}
        for n, (ts, price) in enumerate(zip(times, prices, strict=True), 1)
    ]
    quotes.append({key: value for key, value in quote(6, 97.0).items() if key != "ts"})
    run(journal, quotes)
    first = 28_401_121  # 2024-01-01T00:01 in minutes since 1970
    found = rows(journal, "SELECT minute, equity, cash, exposure FROM minutes")
    # 900 of 1000 buy 9 units at the first quote; 100, 10 and 1 more are all of the cash
    assert [minute - first for minute, *_ in found] == [0, 1, 4]
    for _, equity, cash, exposure in found:
        assert equity == pytest.approx(cash + exposure)
    assert found[0][1] == pytest.approx(1090.0)


def test_an_offset_is_not_taken_for_seconds(journal: Path) -> None:
    """Both times have 19 characters, and the same first 16."""
    times = ["2024-01-01T00:01:00", "2024-01-01T00:01-01"] * 2  # in two batches
    run(journal, [quote(n, 100.0) | {"ts": ts} for n, ts in enumerate(times)])
    (first,), (second,) = rows(journal, "SELECT minute FROM minutes")
    assert second - first == 60


@pytest.mark.parametrize(
    ("given", "file"),
    [("j.db", "j.db"), ("sqlite:///j.db", "j.db"), ("sqlite:////tmp/a%20b.db", "/tmp/a b.db")],
)
def test_a_journal_is_named_by_a_path_or_an_address(given: str, file: str) -> None:
    """`sqlite:///FILE` is the file, as other tools write it."""
    assert journal_file(given, "algo") == Path(file)


def test_another_database_is_refused_by_its_name() -> None:
    """The sentence names what a journal may be, and no password."""
    with pytest.raises(JournalError, match=r"postgresql://…: a journal is a file") as refused:
        journal_file("postgresql://ann:secret@db/journal", "algo")
    assert "secret" not in str(refused.value)
