"""Which intervals bars may have, and where they begin."""

import pytest

from market_data import ReadOptionError, parse_interval
from portfolio.times import instant, iso_8601_full


@pytest.mark.parametrize(
    ("text", "name"),
    [("5m", "5m"), ("60m", "1h"), ("90m", "90m"), ("24h", "1d"), ("7d", "1w"), ("30s", "30s")],
)
def test_an_interval_has_one_name(text: str, name: str) -> None:
    assert parse_interval(text, "--bars").name == name


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("5m", "2024-01-10T10:00:00Z"),
        ("4h", "2024-01-10T08:00:00Z"),
        ("1d", "2024-01-10T00:00:00Z"),
        ("1w", "2024-01-08T00:00:00Z"),  # a Monday
    ],
)
def test_bars_begin_at_multiples_of_their_length_and_weeks_on_mondays(
    text: str, start: str
) -> None:
    interval = parse_interval(text, "--bars")
    assert iso_8601_full(interval.start(instant("2024-01-10T10:04:59.5Z"))) == start
    assert interval.start(instant(start)) == instant(start)


def test_times_before_1970_have_intervals_too() -> None:
    start = parse_interval("1d", "--bars").start(instant("1950-03-01T10:00:00Z"))
    assert iso_8601_full(start) == "1950-03-01T00:00:00Z"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("5", "it is no interval"),
        ("0m", "it is no interval"),
        ("5 min", "it is no interval"),
        ("1M", "months and years are of several lengths, and m is minutes"),
        ("7m", "it divides no day"),
        ("36h", "it is not a whole number of days"),
        ("400d", "it is longer than 366 days"),
    ],
)
def test_others_are_refused(text: str, reason: str) -> None:
    with pytest.raises(ReadOptionError, match=f"^--every is '{text}': {reason}"):
        parse_interval(text, "--every")
