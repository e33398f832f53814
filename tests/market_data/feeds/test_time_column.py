"""Cells of a column of times: what `ts` becomes of them, and which instants they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_data.feeds.invalid_quote import InvalidQuoteError
from market_data.feeds.time_column import TimeColumn
from market_data.feeds.zones import Zone, find_zone
from portfolio.times import DAY, SECOND, instant, iso_8601_full

HOUR = 3600 * SECOND
EPOCH = datetime(1970, 1, 1)


def zone(name: str) -> Zone:
    return Zone(find_zone(name))


def ns_of(naive: datetime) -> int:
    return (naive - EPOCH) // timedelta(microseconds=1) * 1000


def one(cell: Any, key: object = None, **options: Any) -> tuple[str | int | float, int]:
    ts, ns = TimeColumn(**options).one(cell, key)
    # what travels says the same as what orders the quotes
    assert instant(ts) == ns
    return ts, ns


@pytest.mark.parametrize(
    ("cell", "ts"),
    [
        (" 2013-03-01 ", "2013-03-01"),
        ("2013.03.01 12:00", "2013.03.01 12:00"),
        ("20130301", 20130301),
        ("1700000000", 1700000000),
        ("1700000000000", 1700000000000),
        (1700000000000, 1700000000000),
        (1700000000000.0, 1700000000000),
        (1700000000000.5, 1700000000000.5),
        ("1700000000000.5", "1700000000000.5"),
        (Decimal("1700000000000"), 1700000000000),
        (Decimal("1700000000.5"), 1700000000.5),
        (date(2013, 3, 1), "2013-03-01"),
        (datetime(2013, 3, 1, 14, 30), "2013-03-01T14:30:00"),
        (datetime(2013, 3, 1, 14, 30, 0, 125000, UTC), "2013-03-01T14:30:00.125000+00:00"),
        # beyond what JSON carries exactly it is a text
        ("1700000000123456789", "1700000000123456789"),
        (1700000000123456789, "1700000000123456789"),
    ],
)
def test_a_time_goes_on_as_it_was_given(cell: object, ts: str | float) -> None:
    found, _ns = one(cell)
    assert found == ts
    assert type(found) is type(ts)
    if isinstance(cell, str) or type(cell) is int:
        column, [ns] = TimeColumn().column([cell], [None]) if ts == cell else ([ts], [instant(ts)])
        assert list(column) == [found]
        assert ns == _ns


@pytest.mark.parametrize(
    ("cell", "problem", "reason", "option"),
    [
        *((nothing, "missing", "no time", "") for nothing in (None, "", " ", "NaT", "nan", "null")),
        (float("nan"), "missing", "no time", ""),
        (True, "malformed", "the time True is neither a text nor a number", ""),
        (b"2013", "malformed", "the time b'2013' is neither a text nor a number", ""),
        ("t", "time_format", 'the time is "t": a time is ISO 8601 text', ""),
        ("01/02/2013", "time_format", "it can be read in several ways", ""),
        ("5 Feb 2013", "time_format", "it can be read in several ways", ""),
        ("2013-02-30", "time", "there is no such day", ""),
        ("2013-03-01T25:00", "time", "there is no such time of day", ""),
        (7, "time", "it might be the number of a row, or an instant near 1970", "--time-unit"),
        (45292, "time", "it might be a day of Excel", "--time-unit"),
        ("45292", "time", "it might be a day of Excel", "--time-unit"),
        (100_000_000, "time", "it might be seconds of before 1980", "--time-unit"),
        (
            638396640000000000,
            "time_format",
            "it may be ns since 1970, of 1989 to 1991, or ticks of .NET",
            "--time-unit ticks, or --time-unit ns",
        ),
        ("0001-01-01", "time", "a time is of the years 1700 to 2200", ""),
        (float("inf"), "time", "a time is a finite number", ""),
    ],
)
def test_what_is_no_time_is_told_with_the_option_that_might_read_it(
    cell: Any, problem: str, reason: str, option: str
) -> None:
    with pytest.raises(InvalidQuoteError) as caught:
        TimeColumn().one(cell, None)
    assert (caught.value.problem, caught.value.option) == (problem, option)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("unit", "cell", "text"),
    [
        ("s", "0", "1970-01-01T00:00:00Z"),
        ("s", 86400, "1970-01-02T00:00:00Z"),
        ("s", "-1", "1969-12-31T23:59:59Z"),
        ("s", "100000000.5", "1973-03-03T09:46:40.5Z"),
        ("s", 0.1, "1970-01-01T00:00:00.1Z"),
        ("ms", "1500", "1970-01-01T00:00:01.5Z"),
        ("us", "1500", "1970-01-01T00:00:00.0015Z"),
        ("ns", "1", "1970-01-01T00:00:00.000000001Z"),
        ("ns", 1700000000123456789, "2023-11-14T22:13:20.123456789Z"),
        ("excel", "45292", "2024-01-01T00:00:00Z"),
        ("excel", 45292.5, "2024-01-01T12:00:00Z"),
        # a third of a day, as Excel writes it with 15 digits
        ("excel", "45292.3333333333", "2024-01-01T08:00:00Z"),
        ("excel", "1", "1899-12-31T00:00:00Z"),
        # DateTime.Ticks of .NET
        ("ticks", "638396640000000000", "2024-01-01T00:00:00Z"),
        ("ticks", 638396640000000001, "2024-01-01T00:00:00.0000001Z"),
        # whatever its magnitude seems to say
        ("s", "20130301", "1970-08-21T23:45:01Z"),
        ("ms", "1700000000", "1970-01-20T16:13:20Z"),
        # a text that is no number is read as ever
        ("s", "2013-03-01", "2013-03-01"),
    ],
)
def test_a_number_is_of_the_named_unit(unit: str, cell: Any, text: str) -> None:
    ts, ns = one(cell, unit=unit)
    assert ts == text
    assert ns == instant(text)


@pytest.mark.parametrize("cell", ["1e30", "-1e30", 10**30, "99999999999999", "-9999999999999"])
def test_a_number_of_the_named_unit_beyond_all_years_is_no_time(cell: Any) -> None:
    for unit in ("s", "ticks", "excel"):
        with pytest.raises(InvalidQuoteError) as caught:
            TimeColumn(unit=unit).one(cell, None)
        assert caught.value.problem == "time"


@pytest.mark.parametrize(
    ("time_format", "cell", "ts"),
    [
        ("%d/%m/%Y", "01/02/2013", "2013-02-01T00:00:00Z"),
        ("%m/%d/%Y", "01/02/2013", "2013-01-02T00:00:00Z"),
        ("%d.%m.%y %H:%M", "05.02.13 09:30", "2013-02-05T09:30:00Z"),
        ("%b %d, %Y", "Jun 16, 2023", "2023-06-16T00:00:00Z"),
        ("%m/%d/%Y %I:%M %p", "02/05/2013 01:30 PM", "2013-02-05T13:30:00Z"),
        ("%d/%m/%Y %H:%M:%S.%f", "05/02/2013 09:30:00.125", "2013-02-05T09:30:00.125Z"),
        ("%d/%m/%Y %H:%M %z", "05/02/2013 09:30 +0100", "2013-02-05T08:30:00Z"),
        ("%d/%m/%Y %H:%M %z", "05/02/2013 09:30 -05:00", "2013-02-05T14:30:00Z"),
        ("%d/%m/%Y %H:%M %z", "05/02/2013 09:30 Z", "2013-02-05T09:30:00Z"),
    ],
)
def test_a_text_is_read_by_the_named_format(time_format: str, cell: str, ts: str) -> None:
    assert one(f" {cell} ", time_format=time_format) == (ts, instant(ts))


@pytest.mark.parametrize(
    ("time_format", "cell"),
    [
        ("%d/%m/%Y", "31/02/2013"),
        ("%d/%m/%Y", "01/13/2013"),
        ("%d/%m/%Y", "2013-02-01"),
        ("%d/%m/%Y", "01/02/2013 09:30"),
        ("%H:%M", "09:30x"),
    ],
)
def test_a_text_of_another_format_is_no_time(time_format: str, cell: str) -> None:
    with pytest.raises(InvalidQuoteError) as caught:
        TimeColumn(time_format=time_format).one(cell, None)
    assert caught.value.problem == "time"
    assert cell in str(caught.value)


@pytest.mark.parametrize(
    ("name", "options", "cell", "ts"),
    [
        ("America/New_York", {}, "2024-01-10 16:00", "2024-01-10T16:00:00-05:00"),
        ("America/New_York", {}, "2024-07-10 16:00", "2024-07-10T16:00:00-04:00"),
        ("Asia/Kolkata", {}, "20240110153000", "2024-01-10T15:30:00+05:30"),
        ("Asia/Kolkata", {}, 20240110153000, "2024-01-10T15:30:00+05:30"),
        ("Europe/London", {}, datetime(2024, 7, 10, 16), "2024-07-10T16:00:00+01:00"),
        (
            "Europe/Berlin",
            {"time_format": "%d.%m.%Y %H:%M"},
            "10.07.2024 16:00",
            "2024-07-10T16:00:00+02:00",
        ),
        ("Europe/Berlin", {"unit": "excel"}, 45292.5, "2024-01-01T12:00:00+01:00"),
        ("Europe/Berlin", {"unit": "ticks"}, 638396640000000000, "2024-01-01T00:00:00+01:00"),
        # what tells its instant, and a date, which names its day, are as they were
        ("America/New_York", {}, "2024-01-10T16:00:00Z", "2024-01-10T16:00:00Z"),
        ("America/New_York", {}, "2024-01-10T16:00+01:00", "2024-01-10T16:00+01:00"),
        ("America/New_York", {}, "2024-01-10", "2024-01-10"),
        ("America/New_York", {}, 20240110, 20240110),
        ("America/New_York", {}, 1700000000, 1700000000),
    ],
)
def test_a_local_time_is_of_the_named_zone(
    name: str, options: dict[str, Any], cell: Any, ts: str | int
) -> None:
    assert one(cell, zone=zone(name), **options)[0] == ts


@pytest.mark.parametrize(
    ("options", "cell"),
    [
        ({"time_format": "%d.%m.%Y"}, "10.07.2024"),
        ({"unit": "excel", "names_days": True}, 45483),
    ],
)
def test_a_date_of_a_format_or_of_excel_names_its_day_in_any_zone(
    options: dict[str, Any], cell: Any
) -> None:
    _ts, ns = one(cell, zone=zone("America/New_York"), **options)
    assert iso_8601_full(ns) == "2024-07-10T00:00:00Z"


def test_a_year_that_no_quote_is_of_is_refused_in_any_format() -> None:
    with pytest.raises(InvalidQuoteError, match=r"1066.*a time is of the years 1700 to 2200"):
        TimeColumn(time_format="%d/%m/%Y").one("01/02/1066", None)


def test_a_local_time_that_the_clock_leaves_out_does_not_exist() -> None:
    column = TimeColumn(zone=zone("America/New_York"))
    with pytest.raises(InvalidQuoteError) as caught:
        column.one("2024-03-10 02:30", None)
    assert caught.value.problem == "local_time"
    assert str(caught.value) == (
        "the local time 2024-03-10 02:30 does not exist: the clock is set forward"
    )
    assert column.one("2024-03-10 03:00", None)[0] == "2024-03-10T03:00:00-04:00"


def local_texts(
    start: datetime, step: timedelta, count: int, name: str
) -> tuple[list[str], list[int]]:
    """What a clock of the zone shows from an instant on, and the instants."""
    shown, instants = [], []
    for n in range(count):
        utc = (start + n * step).replace(tzinfo=UTC)
        local = utc.astimezone(find_zone(name)).replace(tzinfo=None)
        shown.append(local.isoformat(" "))
        instants.append(ns_of(utc.replace(tzinfo=None)))
    return shown, instants


def read_all(column: TimeColumn, cells: Sequence[str], key: object = "A") -> list[int]:
    return [column.one(cell, key)[1] for cell in cells]


AUTUMN = datetime(2024, 11, 3, 3)  # 23:00 of the day before in New York


@given(st.sampled_from([1, 5, 15, 30, 60]), st.integers(0, 59), st.booleans())
def test_bars_of_an_hour_that_comes_twice_are_told_apart_by_their_order(
    step: int, offset: int, newest_first: bool
) -> None:
    start = AUTUMN + timedelta(minutes=offset % step)
    texts, instants = local_texts(start, timedelta(minutes=step), 600 // step, "America/New_York")
    order = -1 if newest_first else 1
    column = TimeColumn(zone=zone("America/New_York"), is_regular=True, newest_first=newest_first)
    assert read_all(column, texts[::order]) == instants[::order]
    assert len(column.twice) == 120 // step


@given(st.lists(st.integers(0, 3 * 3600), min_size=1, max_size=60), st.booleans())
def test_ticks_of_an_hour_that_comes_twice_are_in_order(
    seconds: list[int], newest_first: bool
) -> None:
    """Where the clock of the rows does not go back, no instant of them goes back either."""
    local = sorted(seconds, reverse=newest_first)
    texts = [(datetime(2024, 11, 3) + timedelta(seconds=n)).isoformat(" ") for n in local]
    column = TimeColumn(zone=zone("America/New_York"), newest_first=newest_first)
    found = read_all(column, texts)
    assert found == sorted(found, reverse=newest_first)
    # each is one of the instants that a clock shows as it
    shown = zone("America/New_York")
    assert [shown.text(ns)[:19].replace("T", " ") for ns in found] == texts


@pytest.mark.parametrize("newest_first", [False, True])
def test_several_ticks_of_one_second_are_of_one_hour(newest_first: bool) -> None:
    texts = ["2024-11-03 01:15:00", "2024-11-03 01:15:00", "2024-11-03 01:15:01"]
    again = ["2024-11-03 01:00:00", "2024-11-03 01:00:00"]
    cells = texts + again
    column = TimeColumn(zone=zone("America/New_York"), newest_first=newest_first)
    found = read_all(column, cells[::-1] if newest_first else cells)
    found = found[::-1] if newest_first else found
    first = ns_of(datetime(2024, 11, 3, 5, 15))
    assert found == [first, first, first + SECOND, first + 2700 * SECOND, first + 2700 * SECOND]


def test_each_instrument_has_an_order_of_its_own() -> None:
    column = TimeColumn(zone=zone("America/New_York"), is_regular=True)
    rows = [(text, sid) for text in ("2024-11-03 01:00", "2024-11-03 01:30") for sid in "AB"]
    found = [column.one(text, sid)[1] for text, sid in rows + rows]
    first = ns_of(datetime(2024, 11, 3, 5))
    half = HOUR // 2
    assert found == [first + n * half for n in (0, 0, 1, 1, 2, 2, 3, 3)]


def test_a_combined_time_is_written_as_one_instant() -> None:
    assert one("2024.01.10 09:30", is_combined=True)[0] == "2024-01-10T09:30:00Z"
    assert (
        one("2024.01.10 09:30", is_combined=True, zone=zone("Asia/Tokyo"))[0]
        == "2024-01-10T09:30:00+09:00"
    )
    # the time of day may be missing: then it is a date
    assert one("2024.01.10", is_combined=True)[1] % DAY == 0


OPTIONS: list[dict[str, Any]] = [
    {},
    {"unit": "s"},
    {"unit": "excel", "zone": zone("America/New_York")},
    {"time_format": "%Y-%m-%d %H:%M"},
    {"time_format": "%Y-%m-%d %H:%M", "zone": zone("America/New_York")},
    {"zone": zone("America/New_York")},
    {"zone": zone("America/New_York"), "is_regular": True},
    {"zone": zone("America/New_York"), "is_regular": True, "newest_first": True},
    {"is_combined": True},
    {"is_combined": True, "zone": zone("America/New_York")},
]
some_cells = st.sampled_from(
    [
        *("2024-11-03 01:30", "2024-11-03 01:00", "2024-11-03 02:00", "2024-03-10 02:30"),
        *("2024-01-10 09:30", "2024-01-10", "20240110", "1704704400", "45292", "45292.5", "t", ""),
        *(1704704400, 45292.5, 7, None, datetime(2024, 1, 10, 9, 30), "2024-01-10T09:30:00Z"),
    ]
)


@given(
    st.sampled_from(OPTIONS),
    st.lists(st.tuples(some_cells, st.sampled_from("AB")), min_size=1, max_size=6),
)
def test_a_column_gives_what_its_cells_give(
    options: dict[str, Any], cells: list[tuple[Any, str]]
) -> None:
    """A column gives what its cells give or leaves them to be read one by one."""
    columns, single = TimeColumn(**options), TimeColumn(**options)
    if options.get("is_combined"):
        cells = [(str(cell), key) for cell, key in cells]  # as both cells are joined
    written, keys = zip(*cells, strict=True)
    for _ in range(2):  # what was read before decides about an hour that comes twice
        try:
            found = list(zip(*columns.column(written, keys), strict=True))
        except (ValueError, TypeError):
            found = [one_or_none(columns, *each) for each in cells]
        assert found == [one_or_none(single, *each) for each in cells]
        assert columns.twice == single.twice


def one_or_none(column: TimeColumn, cell: Any, key: str) -> Any:
    try:
        return column.one(cell, key)
    except InvalidQuoteError:
        return None


@pytest.mark.parametrize("cells", [[None], ["2024-01-10", None], [1.5, 2.5], ["", "2024-01-10"]])
def test_a_column_with_any_doubt_is_read_cell_by_cell(cells: list[Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        TimeColumn().column(cells, [None] * len(cells))
