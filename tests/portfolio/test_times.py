"""Times in general; the table of examples is tested in tests/contracts/test_times.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio import InvalidTimeError, MissingTimeError
from portfolio.times import (
    DAY,
    MAX_SAFE,
    SECOND,
    UNITS,
    instant,
    instant_of,
    instants,
    is_local,
    iso_8601,
    iso_8601_full,
    names_day,
    nanoseconds,
    span,
)

MAY_BE_TICKS = range(624_511_296_000_000_000, 694_252_512_000_000_000)
"""Nanoseconds that may be ticks of .NET."""
NOON = 1362139200 * SECOND  # 2013-03-01T12:00:00Z
EPOCH = datetime(1970, 1, 1)
YEAR_1980, YEAR_2201 = 315_532_800, 7_289_654_400

datetimes = st.datetimes(min_value=datetime(1700, 1, 2), max_value=datetime(2200, 12, 30))
offsets = st.integers(-1439, 1439)


def ns_of(naive: datetime) -> int:
    return (naive - EPOCH) // timedelta(microseconds=1) * 1000


@given(datetimes, offsets, st.sampled_from("T "))
def test_a_text_agrees_with_datetime(naive: datetime, minutes: int, separator: str) -> None:
    moment = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    ns = ns_of(naive)
    assert instant(moment.isoformat(separator)) == ns - minutes * 60 * SECOND
    # without an offset it is UTC
    assert instant(naive.isoformat(separator)) == ns
    assert instant(naive.isoformat(separator) + "Z") == ns
    assert instant(naive.date().isoformat()) == ns // DAY * DAY


@given(
    datetimes,
    st.sampled_from(["%Y-%m-%d", "%Y%m%d", "%Y.%m.%d", "%Y/%m/%d"]),
    st.sampled_from(["T", " ", "  "]),
    st.sampled_from(["%H:%M:%S", "%H%M%S"]),
    st.sampled_from(["", ".%f", ",%f"]),
    st.sampled_from(["", "Z", " Z", "UTC", " UTC", "+00", "-0000", " +00:00"]),
)
def test_every_spelling_of_an_instant_is_the_same_instant(
    naive: datetime, day: str, separator: str, clock: str, fraction: str, zone: str
) -> None:
    ns = ns_of(naive) if fraction else ns_of(naive) // SECOND * SECOND
    # strftime does not pad years everywhere, and they are of four digits here
    assert instant(naive.strftime(day + separator + clock + fraction) + zone) == ns
    minutes = naive.strftime(day + separator + clock.removesuffix(":%S").removesuffix("%S")) + zone
    assert instant(minutes) == ns // (60 * SECOND) * 60 * SECOND


@given(st.integers(YEAR_1980, YEAR_2201 - 1), st.integers(0, SECOND - 1))
def test_a_number_is_told_apart_by_its_magnitude(whole: int, fraction: int) -> None:
    ns = whole * SECOND + fraction
    for size in UNITS.values():
        number = ns // size
        if number in MAY_BE_TICKS:
            continue
        assert instant(str(number)) == number * size
        if number <= MAX_SAFE:
            assert instant(number) == number * size
    assert instant(f"{whole}.{fraction:09}") == ns


@given(st.floats(YEAR_1980, 4e9) | st.floats(YEAR_1980 * 1e3, 4e12))
def test_a_fraction_is_read_by_its_shortest_decimal_text(number: float) -> None:
    size = 10**9 if number < YEAR_2201 else 10**6
    assert instant(number) == int(Decimal(repr(number)) * size)
    assert instant(repr(number)) == instant(number)


@given(datetimes)
def test_a_date_may_be_written_in_digits(naive: datetime) -> None:
    ns = ns_of(naive)
    for digits, size in [("%Y%m%d", DAY), ("%Y%m%d%H%M", 60 * SECOND), ("%Y%m%d%H%M%S", SECOND)]:
        text = naive.strftime(digits)
        assert instant(text) == instant(int(text)) == ns // size * size


def outcome(call: Callable[[Any], Any], value: Any) -> Any:
    try:
        return call(value)
    except InvalidTimeError as error:
        return error.code, str(error)


def one_by_one(column: Sequence[Any]) -> Any:
    return [instant(cell) for cell in column]


common = datetimes.map(lambda moment: moment.replace(microsecond=0).isoformat())
texts = st.one_of(
    common,
    common.map(lambda text: text.replace("T", " ") + "Z"),
    common.map(lambda text: text + "+05:30"),
    common.map(lambda text: text + ".125-04:00"),
    common.map(lambda text: text[:10]),
    common.map(lambda text: text[:16]),
    common.map(lambda text: text.replace("-", ".")),
    common.map(lambda text: text.replace("-", "").replace(":", "")),
    st.integers(0, 2**63).map(str),
    st.sampled_from(["", "t", "2013-02-30", "2013-03-01T25:00:00", "1699-12-31", "2201-01-01"]),
    st.sampled_from(["1700-01-01T00:00:00+01:00", "2200-12-31T23:59:59-01:00", "01/02/2020"]),
    st.sampled_from(
        ["2013-03-01T12:00:00+24:00", "2013-03-01 12:00:0\u0663", "2013-03-01x12:00:00"]
    ),
    st.text(alphabet="0123456789-:.,TZ+ ", max_size=35),
)
numbers = st.one_of(
    st.integers(YEAR_1980, YEAR_2201),
    st.integers(YEAR_1980 * 1000, YEAR_2201 * 1000),
    st.integers(YEAR_1980 * 10**6, YEAR_2201 * 10**6),
    st.integers(17000101, 22001231),
    st.sampled_from([YEAR_1980 - 1, YEAR_1980, YEAR_2201 - 1, YEAR_2201, 0, -1, 2**53, 10**18]),
)


def columns_of(
    cells: st.SearchStrategy[Any], *kinds: st.SearchStrategy[Any]
) -> st.SearchStrategy[list[Any]]:
    """Columns of one kind, as they mostly are, and of all kinds."""
    chosen = st.sampled_from([cells, *kinds])
    return chosen.flatmap(lambda kind: st.lists(kind, min_size=1, max_size=5))


@given(
    columns_of(texts, common, common.map(lambda text: text[:10]), common.map(lambda t: t + "+01"))
)
def test_a_column_of_texts_gives_what_its_cells_give(column: list[str]) -> None:
    assert outcome(instants, column) == outcome(one_by_one, column)


@given(columns_of(numbers, *(st.integers(YEAR_1980 * n, YEAR_2201 * n) for n in (1, 10**3, 10**6))))
def test_a_column_of_numbers_gives_what_its_cells_give(column: list[int]) -> None:
    assert outcome(instants, column) == outcome(one_by_one, column)


def test_the_first_cell_of_a_column_that_is_no_time_is_named() -> None:
    column = ["2013-03-01", "2013-02-30", "2013-02-31"]
    with pytest.raises(InvalidTimeError, match='"ts" is "2013-02-30": there is no such day'):
        instants(column)


@given(st.integers(-8_520_336_000 * SECOND, YEAR_2201 * SECOND - 1))
def test_a_time_that_is_told_is_the_time_that_was_meant(ns: int) -> None:
    assert instant(iso_8601(ns)) == ns
    assert instant(iso_8601_full(ns)) == ns
    assert "T" in iso_8601_full(ns)
    assert iso_8601_full(ns).endswith("Z")


def test_midnight_is_told_as_a_date_unless_all_is_asked_for() -> None:
    midnight = NOON - 12 * 3600 * SECOND
    assert iso_8601(midnight) == "2013-03-01"
    assert iso_8601_full(midnight) == "2013-03-01T00:00:00Z"
    for show in (iso_8601, iso_8601_full):
        assert show(NOON) == "2013-03-01T12:00:00Z"
        assert show(NOON + 1_500_000) == "2013-03-01T12:00:00.0015Z"
        assert show(midnight + 1) == "2013-03-01T00:00:00.000000001Z"
        assert show(-1) == "1969-12-31T23:59:59.999999999Z"


def test_both_ends_of_a_span_are_told_in_one_format() -> None:
    assert span(0, DAY) == ("1970-01-01", "1970-01-02")
    assert span(0, DAY + SECOND) == ("1970-01-01T00:00:00Z", "1970-01-02T00:00:01Z")
    assert span(SECOND, DAY) == ("1970-01-01T00:00:01Z", "1970-01-02T00:00:00Z")


@pytest.mark.parametrize(
    "ts", ["2013-03-01", "2013.03.01", "2013/03/01", "20130301", 20130301, 20130301.0]
)
def test_a_date_names_a_day_and_is_no_local_time(ts: Any) -> None:
    assert names_day(ts)
    assert not is_local(ts)


@pytest.mark.parametrize(
    "ts",
    [
        *("2013-03-01T12:00", "2013-03-01 12:00:00", "2013-03-01T12:00:00.5", "20130301 120000"),
        *("2013.03.01 12:00", "20130301T1200", "2013-03-01  12:00"),
        *("201303011200", "20130301120000", 201303011200, 20130301120000, 20130301120000.0),
    ],
)
def test_a_time_of_day_without_an_offset_is_local(ts: Any) -> None:
    assert is_local(ts)
    assert not names_day(ts)


@pytest.mark.parametrize(
    "ts",
    [
        *("2013-03-01T12:00Z", "2013-03-01 12:00:00 UTC", "2013-03-01T12:00:00+01:00"),
        *("2013-03-01T12:00-0500", "2013-03-01T12:00:00.5 +01", "20130301T120000Z"),
        *("1362139200", 1362139200, "1362139200000", 1362139200000, 1362139200000.5),
        *(1362139200000000, "1362139200000000000", None, ""),
    ],
)
def test_what_tells_its_instant_is_neither_local_nor_a_day(ts: Any) -> None:
    assert not is_local(ts)
    assert not names_day(ts)


def test_the_time_of_a_quote_is_its_instant_or_says_who_needs_it() -> None:
    assert instant_of({"ts": "2013-03-01T12:00:00.5Z"}, "rebalance") == NOON + SECOND // 2
    for data, found in [
        ({"sid": "A"}, "it has no ts"),
        ({"sid": "A", "ts": None}, "it has no ts"),
        ({"sid": "A", "ts": "t"}, '"ts" is "t": a time is ISO 8601 text'),
    ]:
        with pytest.raises(MissingTimeError) as caught:
            instant_of(data, "rebalance")
        assert str(caught.value).startswith(
            f"rebalance reads the time of every quote, and this one of A lacks one: {found}"
        )


@given(st.integers(0, 10**9), st.integers(0, 999_999))
def test_seconds_become_nanoseconds_by_their_decimal_text(whole: int, micros: int) -> None:
    assert nanoseconds(float(f"{whole}.{micros:06}")) == whole * SECOND + micros * 1000
    assert nanoseconds(whole) == whole * SECOND
