"""A recorded folder: what it holds, and what a kill, a full disk or a second recorder do to it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest

from market_data import RecordingError
from market_data.feeds.recording.layout import parts, segments
from market_data.feeds.recording.reading import rows
from market_data.record.claim import Claim
from market_data.record.destination import NotKeptError
from market_data.record.folder import Folder
from tests.market_data.record.messages import START, payloads, quote, received

DAY = 24 * 3600 * 1_000_000_000


def opened(folder: Path, **options: Any) -> Folder:
    Claim(folder, None).release()
    return Folder(folder, print, **options)


def test_duckdb_polars_and_pandas_read_the_folder_and_see_the_same_rows(tmp_path: Path) -> None:
    """With a column for each field of a quote that is in every quote, and the bytes."""
    folder = opened(tmp_path / "r")
    texts = [
        '{"sid":"GOOG","quote":345,"ts":"2024-01-01T23:59:59.000000001Z","id":"a","bid":344}',
        '[{"sid":"AAPL","quote":170.5,"id":"b"},{"sid":"MSFT","quote":400,"ts":1704153600,"id":7}]',
        '{"goog":3.45,"aapl":2,"id":"c"}',
        "no quote",
        b"\xff\0",
    ]
    folder.keep([received(text, "quotes/a") for text in texts])
    folder.keep([received('{"sid":"GOOG","price":3,"id":"o"}', "orders/x", START + DAY)])
    folder.close()
    expected = [
        # seq, topic, payload, sid, quote, ts, id, day
        (1, "quotes/a", texts[0], "GOOG", 345.0, "2024-01-01T23:59:59.000000001Z", "a", "02"),
        (2, "quotes/a", texts[1], "AAPL", 170.5, None, "b", "02"),
        (2, "quotes/a", None, "MSFT", 400.0, "1704153600", "7", "02"),
        (3, "quotes/a", texts[2], "aapl", 2.0, None, "c/aapl", "02"),
        (3, "quotes/a", None, "goog", 3.45, None, "c/goog", "02"),
        (4, "quotes/a", texts[3], None, None, None, None, "02"),
        (5, "quotes/a", texts[4], None, None, None, None, "02"),
        (6, "orders/x", '{"sid":"GOOG","price":3,"id":"o"}', None, None, None, None, "03"),
    ]
    names = ["seq", "topic", "payload", "sid", "quote", "ts", "id"]

    def plain(row: dict[str, Any]) -> tuple[Any, ...]:
        cells = [None if pd.isna(row[name]) else row[name] for name in names]
        if cells[2] is not None and cells[0] != 5:
            cells[2] = bytes(cells[2]).decode()
        return (*cells, str(row["day"])[-2:])

    files = f"{tmp_path}/r/*/*.parquet"
    of_pandas = pd.read_parquet(tmp_path / "r").sort_values("seq", kind="stable")
    of_polars = pl.read_parquet(files, hive_partitioning=True)
    of_duckdb = duckdb.sql(f"SELECT * FROM '{files}' ORDER BY seq")
    assert [plain(row) for row in of_pandas.to_dict("records")] == expected
    assert [plain(row) for row in of_polars.to_dicts()] == expected
    found = [dict(zip(of_duckdb.columns, row, strict=True)) for row in of_duckdb.fetchall()]
    assert sorted(map(plain, found), key=lambda row: row[0]) == expected
    assert of_pandas["arrived"].iloc[0] == pd.Timestamp(START, tz="UTC")
    assert of_pandas["time"].iloc[0] == pd.Timestamp("2024-01-01T23:59:59.000000001Z")
    assert of_polars["arrived"][-1] == datetime(2024, 1, 3, tzinfo=UTC)


def test_what_is_written_is_read_as_it_came_whatever_form_it_has_by_now(tmp_path: Path) -> None:
    folder = opened(tmp_path, segment_bytes=1)
    kept = [quote(number) for number in range(1, 4)]
    for message in kept:
        folder.keep([message])
    assert (len(parts(tmp_path)), len(segments(tmp_path))) == (0, 3)
    assert payloads(tmp_path) == [message.payload for message in kept]
    while folder.work():
        pass
    assert (len(parts(tmp_path)), len(segments(tmp_path))) == (2, 1)
    assert payloads(tmp_path) == [message.payload for message in kept]
    assert [row.arrived for row in rows(tmp_path)] == [each.arrived // 1000 for each in kept]
    assert [row.seq for row in rows(tmp_path, after=1)] == [2, 3]


def test_a_part_begins_with_each_day_of_arrival(tmp_path: Path) -> None:
    folder = opened(tmp_path)
    folder.keep([received("1", arrived=START + DAY - 1000), received("2", arrived=START + DAY)])
    folder.close()
    assert [str(part.path.relative_to(tmp_path)) for part in parts(tmp_path)] == [
        "day=2024-01-02/000000000001-000000000001.parquet",
        "day=2024-01-03/000000000002-000000000002.parquet",
    ]


def test_a_message_with_an_id_that_comes_again_is_left_out_also_after_a_restart(
    tmp_path: Path,
) -> None:
    folder = opened(tmp_path)
    assert folder.keep([quote(1), quote(2), quote(1)]) == 2
    without = received('{"sid":"GOOG","quote":1}')
    assert folder.keep([without]) == 1
    folder.close()
    folder = opened(tmp_path)
    again = received(without.payload)
    assert folder.keep([quote(2), again, quote(3)]) == 2
    # and out of a segment that a kill has left
    folder = opened(tmp_path)
    assert folder.keep([quote(3)]) == 0
    assert payloads(tmp_path) == [
        each.payload for each in (quote(1), quote(2), without, again, quote(3))
    ]
    assert [row.seq for row in rows(tmp_path)] == [1, 2, 3, 4, 5]


class _KilledError(BaseException):
    """Stands for SIGKILL: nothing catches it."""


class _Kill:
    """Kills before or after the n-th call that changes the disk; half of a write is written."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int, is_after: bool):
        self.at = at
        self.calls = 0
        self._is_after = is_after
        for place, name in [
            *((os, each) for each in ("write", "fdatasync", "fsync", "ftruncate", "open")),
            *((Path, each) for each in ("replace", "unlink", "mkdir")),
        ]:
            monkeypatch.setattr(place, name, self._killing(getattr(place, name), name))

    def _killing(self, real: Callable[..., Any], name: str) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            self.calls += 1
            if self.calls != self.at:
                return real(*args, **options)
            if self._is_after:
                real(*args, **options)
            elif name == "write":
                real(args[0], args[1][: len(args[1]) // 2])
            raise _KilledError

        return call


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
def test_a_kill_at_any_moment_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_after: bool
) -> None:
    """What was kept is there once; what was not comes again, and is there once, too."""
    messages = [quote(number) for number in range(1, 7)]
    for at in range(1, 1000):
        path = tmp_path / str(at)
        Claim(path, None).release()
        acknowledged = 0
        with monkeypatch.context() as patches:
            kill = _Kill(patches, at, is_after)
            try:
                # the second start finds a segment that is full, and one that is not
                for first in (0, 4):
                    folder = Folder(path, print, segment_bytes=250)
                    for batch in (messages[first : first + 2], messages[first + 2 : first + 4]):
                        folder.keep(batch)
                        acknowledged += len(batch)
                        if first:
                            folder.work()
                folder.close()
            except _KilledError:
                pass
        found = payloads(path)
        expected = [message.payload for message in messages]
        assert found[:acknowledged] == expected[:acknowledged]
        assert found == expected[: len(found)]
        # the broker sends again what was not acknowledged, and then a new one
        folder = Folder(path, print, segment_bytes=250)
        again = [received(each.payload, arrived=each.arrived) for each in messages[acknowledged:]]
        folder.keep([*again, quote(7)])
        folder.close()
        assert payloads(path) == [*expected, quote(7).payload]
        assert [row.seq for row in rows(path)] == [1, 2, 3, 4, 5, 6, 7]
        assert pd.read_parquet(path)["seq"].tolist() == [1, 2, 3, 4, 5, 6, 7]
        if kill.calls < at:
            assert at > 20
            return


def test_on_a_full_disk_nothing_is_kept_and_everything_once_there_is_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    Claim(tmp_path, None).release()
    folder = Folder(tmp_path, told.append)
    folder.keep([quote(1)])
    real = os.write

    def full(file: int, data: memoryview) -> int:
        if len(data) < 20:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(file, data[: len(data) // 2])

    batch = [quote(2), received("no id"), received("3", arrived=START + DAY)]
    with monkeypatch.context() as patches:
        patches.setattr(os, "write", full)
        for _ in range(2):
            with pytest.raises(NotKeptError, match="No space left on device"):
                folder.keep(batch)
        assert payloads(tmp_path) == [quote(1).payload]
    assert folder.keep(batch) == 3
    assert payloads(tmp_path) == [quote(1).payload, *(message.payload for message in batch)]


def test_a_batch_that_fails_at_its_second_day_is_not_kept_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = opened(tmp_path)
    batch = [received("no id"), received("nor here", arrived=START + DAY)]
    real = os.write

    def full(file: int, data: memoryview) -> int:
        if b"nor here" in bytes(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(file, data)

    with monkeypatch.context() as patches:
        patches.setattr(os, "write", full)
        with pytest.raises(NotKeptError):
            folder.keep(batch)
    folder.keep(batch)
    assert payloads(tmp_path) == [b"no id", b"nor here"]


def test_a_segment_that_cannot_be_converted_stays_and_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    Claim(tmp_path, None).release()
    folder = Folder(tmp_path, told.append)
    folder.keep([quote(1)])

    def full(_self: Path, _target: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patches:
        patches.setattr(Path, "replace", full)
        folder.close()
    (segment,) = segments(tmp_path)
    assert told == [
        f"{segment.path} cannot be converted to Parquet: No space left on device; it stays as it"
        " is, and is tried again in 60 seconds"
    ]
    assert payloads(tmp_path) == [quote(1).payload]
    opened(tmp_path).close()
    assert segments(tmp_path) == []
    assert payloads(tmp_path) == [quote(1).payload]


def test_a_line_that_a_kill_has_cut_is_cut_off_and_damage_before_whole_lines_is_refused(
    tmp_path: Path,
) -> None:
    folder = opened(tmp_path)
    folder.keep([quote(1), quote(2)])
    (segment,) = segments(tmp_path)
    whole = segment.path.read_bytes()
    segment.path.write_bytes(whole + whole[:30])
    assert payloads(tmp_path) == [quote(1).payload, quote(2).payload]
    folder = opened(tmp_path)
    folder.keep([quote(3)])
    assert payloads(tmp_path) == [quote(number).payload for number in (1, 2, 3)]
    damaged = segment.path.read_bytes()
    segment.path.write_bytes(damaged[:10] + b"\n" + damaged[11:])
    with pytest.raises(RecordingError, match=r"it is damaged before the message 2; expected"):
        opened(tmp_path)


def test_a_folder_belongs_to_one_recorder_and_remembers_its_session(tmp_path: Path) -> None:
    claim = Claim(tmp_path / "r", None)
    with pytest.raises(RecordingError) as refused:
        Claim(tmp_path / "r", None)
    assert str(refused.value) == (
        f"{tmp_path}/r: another recorder writes it (process {os.getpid()}); expected a folder for"
        " each recorder"
    )
    claim.release()
    again = Claim(tmp_path / "r", None)
    assert again.session == claim.session
    again.release()
    Claim(tmp_path / "r", "mine").release()
    claim = Claim(tmp_path / "r", None)
    assert claim.session == "mine"
    claim.release()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").touch()
    with pytest.raises(RecordingError, match="it holds other files; expected an empty folder"):
        Claim(tmp_path / "other", None)
