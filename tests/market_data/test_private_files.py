"""What is written is for its owner alone, whatever the umask, and no link leads it elsewhere."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from algo_service.algorithms import RandomAlgo
from algo_service.backtest.command import _written as written
from algo_service.backtest.report import page
from algo_service.engine.engine import Engine
from algo_service.errors import JournalError
from algo_service.journal.backup import backup
from algo_service.journal.sqlite import SqliteStore
from market_data.derive.store import Store
from market_data.errors import StateFileError
from market_data.folders import lock_folder
from market_data.record.claim import Claim
from market_data.state_file import write_state_file
from tests.support.processes import ROOT

JOURNALS = ROOT / "tests" / "algo_service" / "journals"


@pytest.fixture(autouse=True)
def no_umask() -> Iterator[None]:
    """Whoever makes a file without a mode of its own makes it for everybody."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def modes(folder: Path) -> dict[str, int]:
    return {each.name: mode(each) for each in folder.iterdir() if each.is_file()}


def opened(path: Path) -> SqliteStore:
    """A journal in use, with a -wal and a -shm beside it."""
    store = SqliteStore(path, "algo")
    engine = Engine(RandomAlgo, "algo", {}, seed=7, store=store)
    engine.initialize({"cash": 10000})
    engine.decide([{"sid": "GOOG", "quote": 1.0, "id": "1", "channel": "quotes"}])
    return store


def test_a_journal_its_companions_its_folders_and_its_copies_are_private(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "j"
    store = opened(path)
    backup(path, path.with_name("copy"))
    assert modes(path.parent) == dict.fromkeys(("j", "j-wal", "j-shm", "j.lock", "copy"), 0o600)
    assert [mode(each) for each in (path.parent, path.parent.parent)] == [0o700] * 2
    store.close()
    assert set(modes(path.parent).values()) == {0o600}


def test_a_journal_of_an_earlier_version_is_narrowed_with_its_copies(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "j"
    opened(path).close()
    (tmp_path / "j.layout-2").touch()
    (tmp_path / "j-other").touch()
    for each in tmp_path.iterdir():
        each.chmod(0o644)
    store = opened(path)
    names = ("j", "j-wal", "j-shm", "j.lock", "j.layout-2")
    assert modes(tmp_path) == {**dict.fromkeys(names, 0o600), "j-other": 0o644}
    (line,) = [each.getMessage() for each in caplog.records]
    assert line == (
        f"others could read the journal {path} (mode 0644): from now on its owner alone can"
    )
    store.close()


def test_a_file_that_is_refused_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE mine (a)")
    before = mode(path)
    with pytest.raises(JournalError, match="a database of something else"):
        SqliteStore(path, "algo")
    with pytest.raises(StateFileError, match="a database of something else"):
        Store(path, "bars")
    assert mode(path) == before


def test_the_copy_of_a_migration_is_private(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with closing(sqlite3.connect(path)) as database:
        database.executescript((JOURNALS / "layout_5.sql").read_text())
    SqliteStore(path, "algo").close()
    assert modes(tmp_path) == dict.fromkeys(("j", "j.lock", "j.layout-5"), 0o600)


def test_states_are_private_and_so_are_those_of_earlier_versions(tmp_path: Path) -> None:
    state = tmp_path / "replay"
    write_state_file(state, {"version": 1})
    assert mode(state) == 0o600
    state.chmod(0o644)
    write_state_file(state, {"version": 1})
    assert mode(state) == 0o600
    store = Store(tmp_path / "bars", "bars")
    assert modes(tmp_path) == dict.fromkeys(("replay", "bars", "bars-wal"), 0o600)
    store.close()
    (tmp_path / "bars").chmod(0o666)
    Store(tmp_path / "bars", "bars").close()
    assert mode(tmp_path / "bars") == 0o600


def test_the_folder_that_a_recorder_makes_is_private_and_one_that_is_there_stays(
    tmp_path: Path,
) -> None:
    """What is recorded may be accounts; the owner opens the folder to whom it is for."""
    (tmp_path / "shared").mkdir(mode=0o755)
    for name, expected in (("made", 0o700), ("shared", 0o755)):
        Claim(tmp_path / name, None).release()
        assert mode(tmp_path / name) == expected


def test_reports_and_tables_are_private_unless_the_file_is_there(tmp_path: Path) -> None:
    (tmp_path / "ours").touch(0o640)
    page.write(tmp_path / "report", "A report", [])
    for name in ("trades", "ours"):
        with written(tmp_path / name) as file:
            print("a trade", file=file)
    assert modes(tmp_path) == {"report": 0o600, "trades": 0o600, "ours": 0o640}


@pytest.mark.parametrize("name", ["j.lock", "copy.unfinished", "state.tmp", "prices/lock"])
def test_no_link_leads_a_file_of_a_name_that_others_can_guess_elsewhere(
    tmp_path: Path, name: str
) -> None:
    """In /tmp somebody else may have put it there."""
    target = tmp_path / "precious"
    target.write_text("precious")
    (tmp_path / "prices").mkdir()
    (tmp_path / name).symlink_to(target)
    if name == "j.lock":
        with pytest.raises(JournalError, match=r"cannot write .*/j\.lock: Too many levels of symb"):
            SqliteStore(tmp_path / "j", "algo")
    elif name == "prices/lock":
        with pytest.raises(OSError, match="symbolic links"):
            lock_folder(tmp_path, tmp_path / "prices", "recorder", StateFileError)
    elif name == "state.tmp":
        write_state_file(tmp_path / "state", {"version": 1})
    else:
        opened(tmp_path / "j").close()
        backup(tmp_path / "j", tmp_path / "copy")
    assert target.read_text() == "precious"
