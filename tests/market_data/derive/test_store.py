"""The state of a service on disk: what is committed together, and what is refused."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from market_data.derive import store
from market_data.derive.store import Store
from market_data.derive.transformation import Output
from market_data.errors import StateFileError

OUTPUTS = [Output("bars/1m/GOOG", str(number)) for number in range(1, 4)]


def commit(
    of: Store, ids: str, outputs: list[Output] = OUTPUTS, oldest: int | None = None
) -> range:
    of.begin()
    for own_id in ids:
        of.note("quotes", own_id, 7)
    return of.commit({"GOOG": ids}, outputs, oldest)


def test_what_is_committed_is_there_after_a_restart_and_what_is_not_is_not(tmp_path: Path) -> None:
    path = tmp_path / "state"
    first = Store(path, "bars of 1m")
    assert list(commit(first, "ab")) == [1, 2, 3]
    first.begin()
    assert first.note("quotes", "c", 7) == "new"
    first.close()
    second = Store(path, "bars of 1m")
    assert second.parts() == {"GOOG": "ab"}
    assert list(second.outputs()) == list(enumerate(OUTPUTS, 1))
    second.begin()
    assert [second.note("quotes", own_id, 7) for own_id in "abc"] == ["again", "again", "new"]
    assert second.note("other", "a", 7) == "new"
    assert second.note("quotes", "a", 8) == "other"
    second.close()


def test_outputs_before_the_oldest_that_may_be_lost_are_forgotten(tmp_path: Path) -> None:
    with_state = Store(tmp_path / "state", "bars of 1m")
    commit(with_state, "a")
    assert list(commit(with_state, "b", OUTPUTS[:1], oldest=3)) == [4]
    assert [number for number, _ in with_state.outputs()] == [3, 4]
    with_state.close()


def test_so_many_of_the_latest_keys_are_known_and_the_file_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MAX_KEYS", 10)
    path = tmp_path / "state"
    for start in range(0, 100, 5):
        one = Store(path, "bars of 1m")
        one.begin()
        latest = range(max(0, start - 10), start)
        assert [one.note("quotes", str(n), 7) for n in latest] == ["again"] * len(latest)
        assert [one.note("quotes", str(n), 7) for n in range(start, start + 5)] == ["new"] * 5
        one.commit({}, [], None)
        one.close()
    database = sqlite3.connect(path)
    kept = [
        database.execute(f"SELECT count(*) FROM inputs_{table}").fetchone()[0] for table in (0, 1)
    ]
    assert sum(kept) <= 20
    database.close()


def test_the_keys_of_layout_1_are_known_by_the_key_alone(tmp_path: Path) -> None:
    """Its checksums were of some fields only, and cannot be compared."""
    path = tmp_path / "state"
    old = Store(path, "indicators")
    commit(old, "a")
    old.close()
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 1")
    database.close()
    for _start in range(2):
        new = Store(path, "indicators")
        new.begin()
        assert new.note("quotes", "a", 8) == "again"
        new.note("quotes", "b", 8)
        assert new.note("quotes", "b", 9) == "other"
        new.commit({}, [], None)
        new.close()


def test_a_file_of_another_kind_is_refused_by_a_sentence_and_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "state"
    Store(path, "bars of 1m").close()
    with pytest.raises(StateFileError, match="it is a state of bars of 1m; expected one of ind"):
        Store(path, "indicators")
    other = tmp_path / "other"
    database = sqlite3.connect(other)
    database.execute("CREATE TABLE decisions (seq)")
    database.close()
    before = other.read_bytes()
    with pytest.raises(StateFileError, match="it is a database of something else"):
        Store(other, "indicators")
    assert other.read_bytes() == before
    text = tmp_path / "text"
    text.write_text("of a replay, and long enough to be read as a page of a database: " * 20)
    with pytest.raises(StateFileError, match="file is not a database"):
        Store(text, "indicators")
    with pytest.raises(StateFileError, match="unable to open"):
        Store(tmp_path / "no" / "folder", "indicators")


def test_a_file_that_another_service_has_open_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_PATIENCE", 0.05)
    first = Store(tmp_path / "state", "indicators")
    with pytest.raises(StateFileError, match="another process has it open"):
        Store(tmp_path / "state", "indicators")
    commit(first, "a")
    first.close()
    Store(tmp_path / "state", "indicators").close()
