"""Data frames of pandas and polars as sources."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from market_data import (
    BarsError,
    Feed,
    FeedError,
    MissingPackageError,
    Quote,
    SkippedRow,
    UnknownColumnError,
    UnsortedError,
    UnusableFileError,
    as_message,
    open_feed,
)
from market_data.replay.replay import messages
from portfolio.times import iso_8601_full
from tests.support.processes import ROOT

try:
    import polars as pl
except ModuleNotFoundError:
    pl = None  # type: ignore[assignment]

with_polars = pytest.mark.skipif(
    pl is None, reason="polars is not installed: `make setup` to run this test"
)

MOMENTS = [datetime(2024, 1, 10, 14, 30), datetime(2024, 1, 10, 14, 31)]
TEXTS = ["2024-01-10T14:30:00", "2024-01-10T14:31:00"]


def facts(feed: Feed) -> list[tuple[Any, ...]]:
    return [(q.sid, q.quote, q.ts, q.row) for q in feed]


def times(feed: Feed) -> list[str]:
    return [
        iso_8601_full(time) for batch in feed.batches() for time in batch.times if time is not None
    ]


def refusal(call: Callable[[], Any]) -> FeedError:
    with pytest.raises(FeedError) as caught:
        call()
    return caught.value


def test_a_frame_of_pandas_is_a_source() -> None:
    columns = {"symbol": ["A", "B"], "date": ["2024-01-10", "2024-01-11"]}
    frame = pd.DataFrame({**columns, "close": [1.5, 2], "open": [1, 2]})
    feed = open_feed(frame)
    assert facts(feed) == [("A", 1.5, "2024-01-10", 1), ("B", 2.0, "2024-01-11", 2)]
    assert facts(open_feed([frame])) == facts(feed)
    quote = next(iter(feed))
    assert (quote.source, quote.fields) == ("frame", {"open": 1, "close": 1.5})
    assert (str(feed), feed.name, feed.is_in_rows) == ("the data frame", "frame", True)


@pytest.mark.parametrize(
    ("index", "ts"),
    [
        (pd.DatetimeIndex(MOMENTS), TEXTS),
        (pd.DatetimeIndex(MOMENTS, name="Date"), TEXTS),
        (pd.DatetimeIndex(MOMENTS, name="whatever"), TEXTS),
        (pd.DatetimeIndex(MOMENTS).as_unit("s"), TEXTS),
        (pd.DatetimeIndex(MOMENTS).as_unit("ns"), TEXTS),
        (pd.DatetimeIndex(MOMENTS).tz_localize("UTC"), [text + "Z" for text in TEXTS]),
        # the instant, whatever zone it is shown in
        (
            pd.DatetimeIndex(MOMENTS).tz_localize("UTC").tz_convert("America/New_York"),
            [text + "Z" for text in TEXTS],
        ),
        (pd.Index(TEXTS, name="time"), TEXTS),
        (pd.Index([20240110, 20240111], name="date"), [20240110, 20240111]),
    ],
)
def test_an_index_is_a_column_and_can_be_the_time(index: pd.Index, ts: list[Any]) -> None:
    """An index is a column and without a known name the time if no other can be."""
    frame = pd.DataFrame({"Open": [1.0, 2.0], "Close": [1.5, 2.5]}, index=index)
    if index.name == "whatever":
        error = refusal(lambda: list(open_feed(frame)))
        assert "no time among the columns whatever, Open, Close" in str(error)
        feed = open_feed(frame, columns={"ts": "whatever", "quote": "Close"})
    else:
        feed = open_feed(frame)
    assert facts(feed) == [("FRAME", 1.5, ts[0], 1), ("FRAME", 2.5, ts[1], 2)]


def test_a_nameless_index_is_no_time_where_a_column_is() -> None:
    frame = pd.DataFrame({"date": ["2024-01-10"], "close": [1.5]}, index=pd.Index([7]))
    assert facts(open_feed(frame)) == [("FRAME", 1.5, "2024-01-10", 1)]
    # a range, which counts the rows, is no column at all
    frame = pd.DataFrame({"close": [1.5]})
    assert "no time among the columns close" in str(refusal(lambda: list(open_feed(frame))))


def test_a_local_time_of_a_frame_is_of_the_zone_that_is_said() -> None:
    frame = pd.DataFrame({"Close": [1.5, 2.5]}, index=pd.DatetimeIndex(MOMENTS))
    feed = open_feed(frame, timezone="America/New_York")
    assert times(feed) == ["2024-01-10T19:30:00Z", "2024-01-10T19:31:00Z"]


DAYS = pd.DatetimeIndex(["2024-01-10", "2024-01-11", "2024-01-12"], name="Date")


def wide(*levels: str) -> pd.DataFrame:
    """Columns as yfinance makes them: names, and symbols, in any order."""
    columns = [("Close", "ACME"), ("Close", "ZETA"), ("High", "ACME"), ("High", "ZETA")]
    columns += [("Low", "ACME"), ("Low", "ZETA")]
    if levels[0] == "Ticker":
        columns = [(ticker, name) for name, ticker in columns]
    rows = [[n + 1.5, n + 2.5, n + 3.0, n + 4.0, n + 1.0, n + 2.0] for n in range(3)]
    index = pd.MultiIndex.from_tuples(columns, names=levels)
    return pd.DataFrame(rows, index=DAYS, columns=index)


@pytest.mark.parametrize("levels", [("Price", "Ticker"), ("Ticker", "Price")])
def test_the_two_levels_of_yfinance_are_read_as_its_files_are(
    tmp_path: Path, levels: tuple[str, str]
) -> None:
    frame = wide(*levels)
    path = tmp_path / "frame.csv"
    frame.to_csv(path)
    feed, same = open_feed(frame), open_feed(path)
    assert [(q.sid, q.quote, q.row, q.fields) for q in feed] == [
        (q.sid, q.quote, q.row, q.fields) for q in same
    ]
    assert [(q.sid, q.quote, q.fields) for q in feed][:2] == [
        ("ACME", 1.5, {"high": 3, "low": 1, "close": 1.5}),
        ("ZETA", 2.5, {"high": 4, "low": 2, "close": 2.5}),
    ]
    assert times(feed) == times(same)
    assert "layout: yfinance" in feed.quality.report().notes


def test_one_symbol_of_two_levels_and_an_index_without_a_name_are_read() -> None:
    frame = wide("Price", "Ticker")[[("Close", "ACME"), ("High", "ACME"), ("Low", "ACME")]]
    frame.index.name = None
    assert [(q.sid, q.quote) for q in open_feed(frame)] == [
        ("ACME", 1.5),
        ("ACME", 2.5),
        ("ACME", 3.5),
    ]


def test_what_is_missing_in_a_frame_is_skipped() -> None:
    skipped: list[SkippedRow] = []
    frame = pd.DataFrame(
        {
            "date": pd.to_datetime(["2024-01-10", None, "2024-01-12", "2024-01-13", "2024-01-14"]),
            "close": [1.5, 2.5, float("nan"), -1.0, 5.5],
            "volume": pd.array([1, 2, 3, 4, None], dtype="Int64"),
        }
    )
    feed = open_feed(frame, on_skip=skipped.append)
    assert [(q.quote, q.row, q.fields) for q in feed] == [
        (1.5, 1, {"close": 1.5, "volume": 1}),
        (5.5, 5, {"close": 5.5}),
    ]
    assert [(row.row, row.problem) for row in skipped] == [
        (2, "missing"),
        (3, "missing"),
        (4, "not_positive"),
    ]


def test_a_frame_of_pandas_has_columns_of_any_type() -> None:
    frame = pd.DataFrame(
        {
            "sid": pd.Categorical(["A", "B"]),
            "ts": [date(2024, 1, 10), date(2024, 1, 11)],
            "quote": pd.array([345, 346], dtype="float32"),
        }
    )
    assert facts(open_feed(frame)) == [("A", 345.0, "2024-01-10", 1), ("B", 346.0, "2024-01-11", 2)]


def test_a_frame_whose_columns_hold_values_of_several_kinds_is_refused() -> None:
    frame = pd.DataFrame({"date": ["2024-01-10", "2024-01-11"], "close": [1.5, "x"]})
    error = refusal(lambda: list(open_feed(frame)))
    assert isinstance(error, UnusableFileError)
    assert str(error).startswith("the data frame: ")
    assert str(error).endswith("; expected a data frame whose columns hold values of one kind each")
    assert "\n" not in str(error)


def test_an_empty_frame_is_refused() -> None:
    frame = pd.DataFrame({"date": [], "close": []})
    assert "the data frame: no row is a quote; expected at least one" in str(
        refusal(lambda: list(open_feed(frame)))
    )


def test_the_frame_that_is_given_stays_as_it_was() -> None:
    frame = wide("Price", "Ticker")
    before = frame.copy(deep=True)
    list(open_feed(frame))
    pd.testing.assert_frame_equal(frame, before)


def test_a_frame_can_be_read_again_sorted_cut_and_replayed() -> None:
    frame = pd.DataFrame({"close": [2.0, 1.5, 3.0]}, index=DAYS[[1, 0, 2]])
    with pytest.raises(UnsortedError, match="the data frame: row 2 is of"):
        list(open_feed(frame))
    feed = open_feed(frame, sort=True)
    assert [quote.quote for quote in feed] == [quote.quote for quote in feed] == [1.5, 2.0, 3.0]
    cut = open_feed(frame, sort=True, start="2024-01-11", end="2024-01-11")
    assert [quote.quote for quote in cut] == [2.0]
    assert next(messages(feed, "r")).text.startswith('{"sid": "FRAME", "quote": 1.5, ')
    assert as_message(next(iter(feed)), "r")["id"] == "frame:r:2"


def test_columns_of_a_frame_may_be_named() -> None:
    frame = pd.DataFrame({"Day": ["2024-01-10"], "Last Price": [1.5], "Name": ["A"]})
    columns = {"sid": "name", "ts": "day", "quote": "last price"}
    assert facts(open_feed(frame, columns=columns)) == [("A", 1.5, "2024-01-10", 1)]
    with pytest.raises(UnknownColumnError, match='did you mean "Day"'):
        list(open_feed(frame, columns={"ts": "Dy", "quote": "Last Price"}))


def test_several_frames_and_files_are_merged_and_have_names_of_their_own() -> None:
    one = pd.DataFrame({"sid": "A", "close": [1.5, 2.5]}, index=pd.DatetimeIndex(MOMENTS))
    other = one.assign(sid="B")
    feed = open_feed([one, other])
    assert [(q.sid, q.source) for q in feed] == [("A", "frame"), ("B", "frame.2")] * 2
    days = ROOT / "market_data" / "data" / "goog.csv"
    with pytest.raises(BarsError, match="frame has"):
        list(open_feed([one, days]))


def test_a_frame_of_many_rows_is_read_batch_by_batch() -> None:
    index = pd.date_range("2024-01-10", periods=3000, freq="min")
    frame = pd.DataFrame({"close": [n + 1.0 for n in range(3000)]}, index=index)
    assert [quote.row for quote in open_feed(frame)] == list(range(1, 3001))
    assert len(next(iter(open_feed(frame).batches())).quotes) == 1024


def test_without_pyarrow_it_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"date": ["2024-01-10"], "close": [1.5]})
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingPackageError, match="a data frame needs pyarrow, which is not inst"):
        list(open_feed(frame))


@with_polars
@pytest.mark.parametrize("lazy", [False, True])
def test_a_frame_of_polars_is_a_source(lazy: bool) -> None:
    frame: Any = pl.DataFrame(
        {"symbol": ["A", "B"], "date": MOMENTS, "close": [1.5, 2.5], "volume": [3, None]}
    )
    feed = open_feed(frame.lazy() if lazy else frame)
    assert [(*row, quote.fields) for row, quote in zip(facts(feed), feed, strict=True)] == [
        ("A", 1.5, TEXTS[0], 1, {"close": 1.5, "volume": 3}),
        ("B", 2.5, TEXTS[1], 2, {"close": 2.5}),
    ]


@with_polars
@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York"])
def test_times_of_polars_are_instants(unit: Any, zone: str | None) -> None:
    moments = [moment.replace(tzinfo=UTC if zone else None) for moment in MOMENTS]
    series = pl.Series("datetime", moments, dtype=pl.Datetime(unit, zone))
    feed = open_feed(pl.DataFrame([series, pl.Series("price", [1.5, 2.5])]))
    assert times(feed) == [text + "Z" for text in TEXTS]


@with_polars
@pytest.mark.parametrize("kind", ["Date", "String", "Categorical", "Int64"])
def test_columns_of_polars_have_any_type(kind: str) -> None:
    dates = pl.Series("date", [date(2024, 1, 10), date(2024, 1, 11)])
    ts: list[Any] = ["2024-01-10", "2024-01-11"]
    if kind == "Int64":
        ts = [20240110, 20240111]
        dates = pl.Series("date", ts)
    elif kind != "Date":
        dates = pl.Series("date", ts, dtype=getattr(pl, kind))
    frame = pl.DataFrame([dates, pl.Series("close", [1.5, 2.5], dtype=pl.Float32)])
    assert facts(open_feed(frame)) == [("FRAME", 1.5, ts[0], 1), ("FRAME", 2.5, ts[1], 2)]


@with_polars
def test_both_kinds_of_frames_give_the_same_quotes() -> None:
    columns: dict[str, Any] = {"date": TEXTS, "open": [1.0, 2.0], "high": [3.0, 4.0]}
    columns |= {"low": [0.5, 0.5], "close": [1.5, 2.5]}
    found: list[list[Quote]] = []
    for kind in (pd.DataFrame, pl.DataFrame):
        found.append(list(open_feed(kind(columns))))
    assert [as_message(quote, "r") for quote in found[0]] == [
        as_message(quote, "r") for quote in found[1]
    ]
    assert found[0][0].fields == {"open": 1, "high": 3, "low": 0.5, "close": 1.5}
