"""The files of a journal, and their disk."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from algo_service.metrics import journal
from algo_service.metrics.journal import JournalDisk


def test_a_journal_that_is_not_there_has_no_size_and_its_disk_has_room(tmp_path: Path) -> None:
    disk = JournalDisk(tmp_path / "j.db")
    assert disk.size() is None
    assert disk.free()
    assert disk.reasons() == []


def test_a_folder_that_is_gone_is_a_reason(tmp_path: Path) -> None:
    disk = JournalDisk(tmp_path / "gone" / "j.db")
    assert disk.free() is None
    assert disk.reasons() == [f"the folder of the journal {tmp_path}/gone/j.db is not there"]


@pytest.mark.parametrize(
    ("of_superuser", "others", "flag", "is_superuser", "reason"),
    [
        (10, 0, 0, True, []),
        (10, 0, 0, False, ["the disk of the journal {} is full"]),
        (0, 0, 0, True, ["the disk of the journal {} is full"]),
        (10, 10, os.ST_RDONLY, True, ["the disk of the journal {} is read-only"]),
    ],
)
def test_a_disk_that_cannot_be_written_is_a_reason(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    of_superuser: int,
    others: int,
    flag: int,
    is_superuser: bool,
    reason: list[str],
) -> None:
    found = SimpleNamespace(f_bfree=of_superuser, f_bavail=others, f_flag=flag, f_frsize=512)
    monkeypatch.setattr(journal.os, "statvfs", lambda _folder: found)
    monkeypatch.setattr(journal.os, "geteuid", lambda: 0 if is_superuser else 1000)
    disk = JournalDisk(tmp_path / "j.db")
    assert disk.free() == 512 * (of_superuser if is_superuser else others)
    assert disk.reasons() == [text.format(tmp_path / "j.db") for text in reason]
