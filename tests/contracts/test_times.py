"""The table of times, against the Python side; the bridge's tests run the same."""

import json
from typing import Any

import pytest

from algo_service.engine.quotes import accept
from algo_service.errors import QuoteError
from portfolio import InvalidTimeError
from portfolio.times import instant
from tests.support.processes import ROOT

TABLE = json.loads((ROOT / "contracts" / "examples" / "time.json").read_text())
GUIDE = (ROOT / "contracts" / "README.md").read_text()
VALID = [pytest.param(each["ts"], int(each["ns"]), id=repr(each["ts"])) for each in TABLE["valid"]]
INVALID = [pytest.param(each["ts"], each["code"], id=repr(each["ts"])) for each in TABLE["invalid"]]


def quote(ts: object) -> dict[str, Any]:
    return {"sid": "GOOG", "quote": 345.0, "id": "1", "channel": "quotes", "ts": ts}


@pytest.mark.parametrize(("ts", "ns"), VALID)
def test_a_time_is_an_instant_in_nanoseconds(ts: Any, ns: int) -> None:
    assert instant(ts) == ns


@pytest.mark.parametrize(("ts", "code"), INVALID)
def test_what_is_no_time_is_refused_by_the_code_of_the_table(ts: Any, code: str) -> None:
    with pytest.raises(InvalidTimeError, match=r'^"ts" is ') as refused:
        instant(ts)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("ts", "code"),
    [
        (float("nan"), "time_type"),
        (float("inf"), "time_type"),
        (b"2013-03-01", "time_type"),
        (2**64 - 1, "time_unsafe"),
        ("1" * 100_000, "time_range"),
        ("-" + "1" * 100_000, "time_range"),
        ("0." + "0" * 100_000 + "1", "time_range"),
    ],
)
def test_what_json_cannot_hold_or_is_very_long_is_refused_too(ts: Any, code: str) -> None:
    with pytest.raises(InvalidTimeError) as refused:
        instant(ts)
    assert refused.value.code == code
    assert len(str(refused.value)) < 300


def test_every_code_is_in_the_table_and_in_the_guide() -> None:
    codes = {each["code"] for each in TABLE["invalid"]}
    assert len(codes) == 6
    assert {code for code in codes if f"| `{code}` |" in GUIDE} == codes


@pytest.mark.parametrize(("ts", "ns"), VALID)
def test_the_engine_accepts_a_time_and_leaves_it_as_it_is(ts: Any, ns: int) -> None:
    accepted = accept(quote(ts))["ts"]
    assert accepted is ts


@pytest.mark.parametrize(("ts", "code"), INVALID)
def test_the_engine_refuses_what_is_no_time_by_the_same_sentence(ts: Any, code: str) -> None:
    with pytest.raises(InvalidTimeError) as expected:
        instant(ts)
    with pytest.raises(QuoteError) as refused:
        accept(quote(ts))
    assert str(refused.value) == str(expected.value)


def test_a_quote_whose_time_is_none_has_no_time() -> None:
    assert accept(quote(None)) == quote(None)


def days() -> list[str]:
    """Days that there are and days that there are not, in years whose rules for them differ."""
    years = [1699, 1700, 1799, 1800, 1899, 1900, 1904, 1999, 2000, 2023, 2024, 2100, 2199]
    return [
        f"{year}-{month:02}-{day:02}"
        for year in [*years, 2200, 2201]
        for month in range(14)
        for day in range(33)
    ]


@pytest.mark.parametrize("tail", ["", "T23:59:59.999Z", " 00:00", "T00:00:00+23:59"])
def test_what_the_engine_takes_unread_is_what_the_parser_takes(tail: str) -> None:
    for day in days():
        assert is_accepted(day + tail) == is_time(day + tail), day + tail


@pytest.mark.parametrize("size", [1, 10**3, 10**6])
@pytest.mark.parametrize("edge", [315_532_800, 7_289_654_400])
def test_numbers_near_the_ends_of_a_range_agree_with_the_parser(size: int, edge: int) -> None:
    """Numbers near the ends of a range are taken as the parser takes them."""
    for number in [edge * size + step for step in (-1, -0.5, 0, 0.5, 1)]:
        for ts in (number, float(number)):
            assert is_accepted(ts) == is_time(ts), ts


def is_accepted(ts: object) -> bool:
    try:
        return accept(quote(ts)) is not None
    except QuoteError:
        return False


def is_time(ts: object) -> bool:
    try:
        return instant(ts) is not None
    except InvalidTimeError:
        return False
