"""Parquet files: types of columns, indexes of pandas, and files that are none."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from market_data import UnusableFileError, open_feed

MOMENT = datetime(2013, 3, 1, 14, 30)
T = 1362148200000


def read(folder: Path, **columns: Any) -> list[tuple[str, float, Any]]:
    path = folder / "mine.parquet"
    pq.write_table(pa.table(columns), path)
    return [(quote.sid, quote.quote, quote.ts) for quote in open_feed([str(path)])]


@pytest.mark.parametrize(
    ("times", "ts"),
    [
        (pa.array([date(2013, 3, 1)]), "2013-03-01"),
        (pa.array([date(2013, 3, 1)], pa.date64()), "2013-03-01"),
        *(
            (pa.array([MOMENT], pa.timestamp(unit)), "2013-03-01T14:30:00")
            for unit in ("s", "ms", "us", "ns")
        ),
        (pa.array([datetime(2013, 3, 1)], pa.timestamp("ns")), "2013-03-01T00:00:00"),
        (pa.array([1362148200500], pa.timestamp("ms")), "2013-03-01T14:30:00.5"),
        (pa.array([1362148200000000001], pa.timestamp("ns")), "2013-03-01T14:30:00.000000001"),
        # the instant, whatever zone it is shown in
        (
            pa.array([MOMENT.replace(tzinfo=UTC)], pa.timestamp("us", "America/New_York")),
            "2013-03-01T14:30:00Z",
        ),
        (pa.array([1362148200000]), 1362148200000),
        (pa.array([1362148200000.0]), 1362148200000),
        (pa.array(["2013-03-01"]), "2013-03-01"),
        (pa.array(["2013-03-01"]).dictionary_encode(), "2013-03-01"),
    ],
)
def test_a_time_of_any_type_becomes_iso_8601_text_or_epoch_milliseconds(
    tmp_path: Path, times: pa.Array, ts: str | int
) -> None:
    quotes = read(tmp_path, date=times, close=[1.5])
    assert quotes == [("MINE", 1.5, ts)]


@pytest.mark.parametrize(
    "prices",
    [
        *(pa.array([345], kind) for kind in (pa.int32(), pa.uint16(), pa.float32(), pa.float64())),
        pa.array([Decimal("345.00")]),
        pa.array(["345"]),
    ],
    ids=lambda prices: str(prices.type),
)
def test_a_price_is_a_number_of_any_type(tmp_path: Path, prices: pa.Array) -> None:
    assert read(tmp_path, date=["2013-03-01"], close=prices) == [("MINE", 345.0, "2013-03-01")]


def test_symbols_may_be_categories(tmp_path: Path) -> None:
    sids = pa.array(["A", "B", "A"]).dictionary_encode()
    quotes = read(tmp_path, sid=sids, ts=[T, T + 1, T + 2], quote=[1.5, 2.5, 3.5])
    assert quotes == [("A", 1.5, T), ("B", 2.5, T + 1), ("A", 3.5, T + 2)]


def test_an_index_that_pandas_wrote_without_a_name_is_the_time(tmp_path: Path) -> None:
    index = pa.array([MOMENT], pa.timestamp("ns"))
    quotes = read(tmp_path, Open=[1.0], Close=[2.0], __index_level_0__=index)
    assert quotes == [("MINE", 2.0, "2013-03-01T14:30:00")]


def test_a_file_that_is_no_parquet_is_refused_by_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "mine.parquet"
    path.write_text("date,close\n2013-03-01,1\n")
    with pytest.raises(UnusableFileError) as caught:
        list(open_feed([str(path)]))
    assert str(caught.value).startswith(f"{path}: ")
    assert str(caught.value).endswith("expected a Parquet file that can be read")
    assert "\n" not in str(caught.value)


def test_a_row_group_is_not_read_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "mine.parquet"
    count = 1_000_000
    # nothing that compresses well
    prices = pa.array([1 + n * 48271 % 99991 / 99991 for n in range(count)])
    table = pa.table({"ts": pa.array(range(T, T + count)), "quote": prices})
    pq.write_table(table, path, row_group_size=count, use_dictionary=False, compression="none")
    del table, prices
    pool = pa.default_memory_pool()
    before = pool.bytes_allocated()
    quotes = iter(open_feed([str(path)]))
    for _ in range(1000):
        next(quotes)
    assert path.stat().st_size > 16_000_000
    assert pool.bytes_allocated() - before < 8_000_000
