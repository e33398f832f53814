"""Copies of a journal: one that misses decisions is refused, and no kill makes a good one so."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from algo_service.errors import JournalError
from algo_service.journal import file as journal_file
from algo_service.journal import layout
from algo_service.journal.backup import backup
from algo_service.journal.file import CHECKPOINT_FRAMES
from algo_service.journal.mark import incomplete
from algo_service.journal.sqlite import SqliteStore
from tests.algo_service.test_journal import close, ledger, opened, quote
from tests.support.processes import BIN

WITHOUT_WAL = r"copied without \w+-wal.*--backup.*--accept-incomplete-journal"
FILES = ("", "-wal", "-journal", ".lock")


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint at every second commit or so, not once in thousands of quotes."""
    monkeypatch.setattr(journal_file, "CHECKPOINT_FRAMES", 8)


def copied(path: Path, to: Path, files: tuple[str, ...] = ("",)) -> Path:
    """Copy a journal's files, as `cp` does, and return the main one."""
    to.mkdir(parents=True, exist_ok=True)
    for suffix in files:
        if Path(f"{path}{suffix}").exists():
            shutil.copy(f"{path}{suffix}", to)
    return to / path.name


def decided(path: Path, **options: Any) -> int:
    """Open a journal as a service does, and return how many decisions are in it."""
    journal = SqliteStore(path, "algo", **options)
    begun = journal.stored_run()
    journal.close()
    return begun.seq if begun else 0


def visited(path: Path) -> None:
    """Open and close a journal with a client of SQLite that may write."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("SELECT count(*) FROM sqlite_master").fetchall()


def decide(engine: Any, start: int, count: int) -> None:
    engine.decide([quote(n) for n in range(start, start + count)])


def test_a_copy_of_the_main_file_alone_is_always_refused(tmp_path: Path, often: None) -> None:
    """A copy of the main file alone is refused at any moment of a service."""
    engine = opened(tmp_path / "j", threshold=0)
    young = copied(tmp_path / "j", tmp_path / "young")
    with pytest.raises(JournalError, match=WITHOUT_WAL):
        SqliteStore(young, "algo")
    sizes = set()
    for n in range(0, 1200, 100):
        decide(engine, n, 100)
        copy = copied(tmp_path / "j", tmp_path / str(n))
        before = copy.read_bytes()
        sizes.add(len(before))
        with pytest.raises(JournalError, match=WITHOUT_WAL):
            SqliteStore(copy, "algo")
        assert copy.read_bytes() == before
    assert len(sizes) > 1, "no checkpoint came in between"
    close(engine)
    assert decided(copied(tmp_path / "j", tmp_path / "closed")) == 1200


def test_an_incomplete_copy_is_continued_if_the_user_accepts_it(
    tmp_path: Path,
) -> None:
    """An incomplete copy is gone on with where the user says so and is then complete."""
    engine = opened(tmp_path / "j", threshold=0)
    decide(engine, 0, 10)
    copy = copied(tmp_path / "j", tmp_path / "copy")
    assert decided(copy, accept_incomplete=True) == 0
    assert decided(copy) == 0
    close(engine)


def test_files_of_two_moments_are_refused(tmp_path: Path, often: None) -> None:
    """Files that belong together are accepted and those of two moments are refused."""
    engine = opened(tmp_path / "j", threshold=0)
    pairs = []
    for n in range(12):
        decide(engine, 10 * n, 10)
        pairs.append(copied(tmp_path / "j", tmp_path / str(n), ("", "-wal")))
    close(engine)
    for n, pair in enumerate(pairs):
        mixed = copied(pair, tmp_path / f"mixed{n}")
        shutil.copy(f"{pairs[n - 6]}-wal", f"{mixed}-wal")
        before = mixed.read_bytes(), Path(f"{mixed}-wal").read_bytes()
        with pytest.raises(JournalError, match=r"of different moments, .*--backup"):
            SqliteStore(mixed, "algo")
        assert (mixed.read_bytes(), Path(f"{mixed}-wal").read_bytes()) == before
    for n, pair in enumerate(pairs):
        assert decided(pair) == 10 * (n + 1)


@pytest.mark.parametrize("what", ["is not there", "is empty"])
def test_a_wal_without_its_journal_is_kept_and_told_of(tmp_path: Path, what: str) -> None:
    """SQLite would delete it, and with it the latest decisions; a service would begin anew."""
    engine = opened(tmp_path / "j", threshold=0)
    decide(engine, 0, 10)
    image = copied(tmp_path / "j", tmp_path / "image", FILES)
    main = image.read_bytes()
    close(engine)
    if what == "is empty":
        os.truncate(image, 0)
    else:
        image.unlink()
    with pytest.raises(JournalError, match=f"{what}, and j-wal .*put the journal back .*remove"):
        decided(image)
    image.write_bytes(main)
    assert decided(image) == 10


def images(path: Path, folder: Path, run: Callable[[Callable[[int], None]], None]) -> Iterator[Any]:
    """Yield what a kill before each statement of `run` leaves, and what was answered before."""
    taken: list[tuple[Path, int]] = []
    answered = 0

    def take(_statement: str = "") -> None:
        image = copied(path, folder / str(len(taken)), FILES)
        taken.append((image, answered))

    def answer(seq: int) -> None:
        nonlocal answered
        answered = seq
        take()

    def connect(database: Any, **options: Any) -> sqlite3.Connection:
        connection = _connect(database, **options)
        if Path(str(database)) == path:
            connection.set_trace_callback(take)
        return connection

    _connect = sqlite3.connect
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", connect)
        run(answer)
    take()
    yield from taken


def test_a_kill_at_any_statement_leaves_a_journal_that_continues(
    tmp_path: Path, often: None
) -> None:
    """A kill at any statement leaves a journal that goes on and copies that are told."""
    path = tmp_path / "j"

    def run(answer: Callable[[int], None]) -> None:
        for start in (0, 20):
            engine = opened(path, threshold=0)
            for n in range(start, start + 20, 5):
                decide(engine, n, 5)
                answer(n + 5)
            close(engine)

    outcomes = {"refused": 0, "accepted": 0}
    for image, answered in images(path, tmp_path / "images", run):
        alone = copied(image, image.parent / "alone")
        seen = copied(image, image.parent / "seen", FILES)
        assert decided(image) >= answered
        # such as the sqlite3 command, which puts the -wal into the main file and removes it
        visited(seen)
        assert decided(seen) >= answered
        objection = incomplete(alone)
        assert objection is not None or decided(alone) >= answered
        outcomes["refused" if objection else "accepted"] += 1
    assert min(outcomes.values()) > 20, outcomes


def test_a_kill_while_tables_are_written_leaves_a_file_to_start_again(
    tmp_path: Path,
) -> None:
    """A kill while the tables are written leaves a file that is begun anew."""
    with closing(sqlite3.connect(tmp_path / "j", isolation_level=None)) as database:
        database.execute("PRAGMA cache_size = 1")  # so that SQLite writes before the end
        database.executescript(f"BEGIN IMMEDIATE; {layout._SCHEMA}")
        image = copied(tmp_path / "j", tmp_path / "image", FILES)
    assert image.stat().st_size > 0
    assert Path(f"{image}-journal").stat().st_size > 0
    assert decided(image) == 0
    assert decided(image) == 0


def test_a_kill_at_any_instant_leaves_a_journal_that_goes_on(tmp_path: Path, often: None) -> None:
    schedule = random.Random(7)
    path = tmp_path / "j"
    answered = 0
    for n in range(40):
        if n % 4 == 0:  # as often at the making of one as later
            path = tmp_path / f"j{n}"
            answered = 0
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                engine = opened(path, threshold=0)
                seq = engine.snapshot()["seq"]
                while True:
                    decide(engine, seq, 3)
                    seq += 3
                    os.write(writer, b"%d\n" % seq)
            finally:
                os._exit(1)  # not pytest's own end; the parent sees that it was not killed
        threading.Event().wait(schedule.random() ** 2 * 0.06)
        os.kill(child, signal.SIGKILL)
        assert os.waitpid(child, 0)[1] == signal.SIGKILL
        os.close(writer)
        with os.fdopen(reader, "rb") as told:
            answered = int((told.read().splitlines() or [b"%d" % answered])[-1])
        if n % 3 == 0 and path.exists():
            visited(path)
        if n % 2:
            assert decided(path) >= answered


def test_a_reader_who_stays_holds_up_no_decision_and_hides_no_copy(
    tmp_path: Path, often: None
) -> None:
    path = tmp_path / "j"
    engine = opened(path, threshold=0)
    decide(engine, 0, 10)
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        (seen,) = reader.execute("SELECT count(*) FROM decisions").fetchone()
        for n in range(10, 100, 10):
            decide(engine, n, 10)
            with pytest.raises(JournalError, match=WITHOUT_WAL):
                SqliteStore(copied(path, tmp_path / str(n)), "algo")
            assert decided(copied(path, tmp_path / f"pair{n}", ("", "-wal"))) == n + 10
        assert reader.execute("SELECT count(*) FROM decisions").fetchone() == (seen,)
    decide(engine, 100, 10)
    close(engine)
    assert not Path(f"{path}-wal").exists()
    assert decided(path) == 110


def test_the_wal_stays_as_short_as_sqlite_would_keep_it(
    tmp_path: Path,
) -> None:
    """The wal stays as short as sqlite would keep it however much is decided."""
    engine = opened(tmp_path / "j", threshold=0.5, exit=0.25)
    for n in range(0, 30_000, 100):
        decide(engine, n, 100)
    # one commit more than the limit
    assert (tmp_path / "j-wal").stat().st_size < 1.2 * CHECKPOINT_FRAMES * 4096
    close(engine)
    assert (tmp_path / "j").stat().st_size > 2 * CHECKPOINT_FRAMES * 4096


def test_a_journal_behind_a_link_is_the_file_that_the_link_leads_to(
    tmp_path: Path, often: None
) -> None:
    (tmp_path / "disk").mkdir()
    path = tmp_path / "disk" / "j"
    link = tmp_path / "link"
    link.symlink_to(path)
    engine = opened(link, threshold=0)
    for n in range(0, 50, 10):
        decide(engine, n, 10)
    image = copied(path, tmp_path / "image", FILES)
    with pytest.raises(JournalError, match="in use by another service"):
        SqliteStore(path, "algo")
    assert backup(link, tmp_path / "copy") == 50
    close(engine)
    again = tmp_path / "again"
    again.symlink_to(image)
    assert decided(again) == 50


def test_a_young_copy_of_an_earlier_version_is_refused(
    tmp_path: Path,
) -> None:
    """A young copy of an earlier version is refused because it holds no tables."""
    with closing(sqlite3.connect(tmp_path / "j")) as database:
        database.execute("PRAGMA journal_mode = WAL")
    assert (tmp_path / "j").stat().st_size > 0
    with pytest.raises(JournalError, match=r"holds no tables: .*every quote .*--backup"):
        SqliteStore(tmp_path / "j", "algo")
    assert decided(tmp_path / "j", accept_incomplete=True) == 0
    assert decided(tmp_path / "j") == 0


def test_a_backup_while_decisions_are_made_is_complete_as_of_one_moment(
    tmp_path: Path, often: None
) -> None:
    path = tmp_path / "j"
    engine = opened(path, threshold=0)
    for n in range(0, 100, 10):
        decide(engine, n, 10)
        copy = tmp_path / f"copy{n}"
        assert backup(path, copy) == n + 10
        assert ledger(copy) == ledger(path)
        assert incomplete(copy) is None
    close(engine)
    resumed = opened(tmp_path / "copy50", threshold=0)
    decide(resumed, 60, 40)
    close(resumed)
    assert ledger(tmp_path / "copy50") == ledger(path)
    assert not list(tmp_path.glob("*unfinished*"))


def test_a_backup_is_refused_where_a_file_is_and_of_what_is_incomplete(tmp_path: Path) -> None:
    engine = opened(tmp_path / "j", threshold=0)
    decide(engine, 0, 10)
    alone = copied(tmp_path / "j", tmp_path / "alone")
    with pytest.raises(JournalError, match=r"copied without j-wal"):
        backup(alone, tmp_path / "copy")
    (tmp_path / "there").write_text("mine")
    with pytest.raises(JournalError, match="there is there already: choose another name"):
        backup(tmp_path / "j", tmp_path / "there")
    assert (tmp_path / "there").read_text() == "mine"
    with pytest.raises(JournalError, match=r"the journal .*no/copy"):
        backup(tmp_path / "j", tmp_path / "no" / "copy")
    close(engine)


def test_an_incomplete_copy_is_shown_as_incomplete(
    tmp_path: Path,
) -> None:
    """What an incomplete copy holds is shown with a word that it is not all."""
    engine = opened(tmp_path / "j", threshold=0)
    decide(engine, 0, 10)
    alone = copied(tmp_path / "j", tmp_path / "alone")
    close(engine)
    for path, words in ((alone, "this is not all: the journal"), (tmp_path / "j", "")):
        command = [BIN / "algo-service", "journal", path]
        shown = subprocess.run(command, capture_output=True, text=True, check=True)
        assert "algorithm" in shown.stdout
        assert shown.stderr.startswith(words)
        assert bool(shown.stderr) == bool(words)
