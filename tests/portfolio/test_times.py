"""Times of every spelling of the contract, and their order."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from market_data.feeds.times import is_iso_8601, iso_8601

from market_data import epoch_ns
from tests.processes import ROOT

SECOND = 10**9
NOON = 1362139200 * SECOND  # 2013-03-01T12:00:00Z

TS = json.loads((ROOT / "contracts" / "quote.schema.json").read_text())["$defs"]["ts"]
PATTERN = re.compile(TS["anyOf"][0]["pattern"])


@pytest.mark.parametrize(
    ("ts", "ns"),
    [
        ("1970-01-01", 0),
        ("2013-03-01T12:00:00Z", NOON),
        ("2013-03-01 12:00:00", NOON),
        ("2013-03-01T12:00", NOON),
        ("2013-03-01T12:00Z", NOON),
        ("2013-03-01T13:00:00+01:00", NOON),
        ("2013-03-01T13:00+0100", NOON),
        ("2013-03-01T06:30:00-05:30", NOON),
        ("2013-03-02T02:00:00+14", NOON),
        ("2013-03-01T12:00:00.5Z", NOON + SECOND // 2),
        ("2013-03-01T12:00:00,000000001", NOON + 1),
        ("1969-12-31T23:59:59.999999999Z", -1),
        (1362139200000, NOON),
        (1362139200000.0, NOON),
        (1362139200000.5, NOON + 500_000),
        (-1, -1_000_000),
    ],
)
def test_a_time_is_its_nanoseconds_since_1970_whatever_its_spelling(
    ts: str | float, ns: int
) -> None:
    assert epoch_ns(ts) == ns


@pytest.mark.parametrize(
    "ts",
    [
        *("", "t", "2013", "2013-03", "20130301", "2013-W09-5", "2013-3-01", "2013-02-30"),
        *("2013-13-01", "2013-03-01T", "2013-03-01T12", "2013-03-01T24:00", "2013-03-01T12:60"),
        *("2013-03-01T12:00:60", "2013-03-01T12:00:00.", "2013-03-01T12:00:00.0000000001"),
        *("2013-03-01T12:00:00z", "2013-03-01T12:00:00 Z", "2013-03-01X12:00:00"),
        *("2013-03-01T12:00:00+1", "2013-03-01T12:00:00+01:00:00", "2013-03-01T120000"),
        *("2013-03-01T12:00:00Z\n", " 2013-03-01", "\uff12013-03-01", "0000-01-01", "2013-03-01Z"),
        *(None, float("nan"), float("inf"), 10**400, 1e300, 10**17),
    ],
)
def test_what_is_no_time_is_none(ts: str | float | None) -> None:
    assert epoch_ns(ts) is None


@given(
    st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1)),
    st.integers(-840, 840),
    st.sampled_from("T "),
)
def test_it_agrees_with_datetime(naive: datetime, minutes: int, separator: str) -> None:
    moment = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    expected = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
    assert epoch_ns(moment.isoformat(separator)) == expected
    assert epoch_ns(naive.isoformat()) == epoch_ns(naive.replace(tzinfo=UTC).isoformat())


@given(st.from_regex(PATTERN, fullmatch=True) | st.text(alphabet="0123456789-:.,TZ+ ", max_size=35))
def test_a_text_is_iso_8601_if_the_contract_says_so_and_a_time_only_then(text: str) -> None:
    # \d is ASCII in the schema's dialect of regular expressions (ECMA-262), and $ no line end
    assert is_iso_8601(text) == (
        text.isascii() and "\n" not in text and PATTERN.match(text) is not None
    )
    if epoch_ns(text) is not None:
        assert is_iso_8601(text)


@given(st.integers(-62_000_000_000, 250_000_000_000), st.integers(0, 999_999))
def test_a_time_that_is_told_is_the_time_that_was_meant(seconds: int, micros: int) -> None:
    ns = seconds * SECOND + micros * 1000
    assert epoch_ns(iso_8601(ns)) == ns


def test_midnight_is_told_as_a_date() -> None:
    assert iso_8601(NOON - 12 * 3600 * SECOND) == "2013-03-01"
    assert iso_8601(NOON + 1_500_000) == "2013-03-01T12:00:00.001500Z"
