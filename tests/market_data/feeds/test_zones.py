"""Zones: which instants a local time means, and how an instant is written in a zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_data import ReadOptionError
from market_data.feeds.zones import Zone, find_zone
from portfolio.times import SECOND, instant

ZONES = [
    *("UTC", "Europe/London", "America/New_York", "Asia/Tokyo", "Asia/Kolkata", "Asia/Kathmandu"),
    # half an hour of daylight saving; at midnight; a day that is missing
    *("Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia", "Africa/Casablanca"),
]
EPOCH = datetime(1970, 1, 1)
zones = st.sampled_from(ZONES)
# the last offset of seconds as well, Monrovia's, is of 1972
moments = st.datetimes(min_value=datetime(1973, 1, 1), max_value=datetime(2100, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0)
)


def ns_of(naive: datetime) -> int:
    return (naive - EPOCH) // timedelta(seconds=1) * SECOND


def near_transitions() -> st.SearchStrategy[datetime]:
    """Local times of the hours around changes of the clock in 2024."""
    days = [datetime(2024, 3, 10), datetime(2024, 3, 31), datetime(2024, 10, 27)]
    days += [datetime(2024, 11, 3), datetime(2024, 4, 7), datetime(2024, 10, 6)]
    return st.tuples(st.sampled_from(days), st.integers(-60, 300)).map(
        lambda pair: pair[0] + timedelta(minutes=pair[1])
    )


@given(zones, moments | near_transitions())
def test_a_local_time_means_the_instants_that_are_shown_as_it(name: str, naive: datetime) -> None:
    zone = ZoneInfo(name)
    candidates = {
        naive.replace(tzinfo=zone, fold=fold).astimezone(UTC).replace(tzinfo=None)
        for fold in (0, 1)
    }
    expected = sorted(
        ns_of(utc)
        for utc in candidates
        if utc.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None, fold=0) == naive
    )
    assert list(Zone(zone).instants(ns_of(naive))) == expected


@given(zones, moments | near_transitions())
def test_an_instant_is_written_with_its_offset_and_read_as_itself(
    name: str, naive: datetime
) -> None:
    zone = ZoneInfo(name)
    text = Zone(zone).text(ns_of(naive))
    assert instant(text) == ns_of(naive)
    shown = naive.replace(tzinfo=UTC).astimezone(zone)
    assert text[:19] == shown.isoformat()[:19]


def test_of_utc_the_text_has_a_z_and_of_other_zones_an_offset() -> None:
    noon = ns_of(datetime(2024, 1, 10, 12))
    for zone, text in [
        (Zone(), "2024-01-10T12:00:00Z"),
        (Zone(UTC), "2024-01-10T12:00:00Z"),
        (Zone(ZoneInfo("Europe/London")), "2024-01-10T12:00:00+00:00"),
        (Zone(ZoneInfo("America/New_York")), "2024-01-10T07:00:00-05:00"),
        (Zone(ZoneInfo("Asia/Kolkata")), "2024-01-10T17:30:00+05:30"),
        (Zone(timezone(timedelta(hours=-3, minutes=-30))), "2024-01-10T08:30:00-03:30"),
    ]:
        assert zone.text(noon) == text
    assert Zone().text(noon + 1) == "2024-01-10T12:00:00.000000001Z"


def test_an_hour_comes_twice_and_another_one_never() -> None:
    zone = Zone(find_zone("America/New_York"))
    twice = zone.instants(ns_of(datetime(2024, 11, 3, 1, 30)))
    assert [zone.text(ns) for ns in twice] == [
        "2024-11-03T01:30:00-04:00",
        "2024-11-03T01:30:00-05:00",
    ]
    assert zone.instants(ns_of(datetime(2024, 3, 10, 2, 30))) == ()
    assert len(zone.instants(ns_of(datetime(2024, 3, 10, 3, 0)))) == 1


@pytest.mark.parametrize(
    ("name", "minutes"), [("-05:00", -300), ("+09:00", 540), ("+05:30", 330), ("-03:30", -210)]
)
def test_a_zone_may_be_an_offset(name: str, minutes: int) -> None:
    assert find_zone(name).utcoffset(None) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "Europe/Lodnon",
            "--timezone is 'Europe/Lodnon': there is no such zone: did you mean \"Europe/London\"?",
        ),
        ("", "there is no such zone; write an IANA name such as Europe/London"),
        ("../etc/passwd", "there is no such zone"),
        ("/etc/localtime", "there is no such zone"),
        ("+", "there is no such zone"),
        ("-5", "there is no such zone"),
        ("+25:00", "there is no such zone"),
        ("-x", "there is no such zone"),
    ],
)
def test_a_zone_that_there_is_not_is_refused(name: str, sentence: str) -> None:
    with pytest.raises(ReadOptionError) as caught:
        find_zone(name)
    assert sentence in str(caught.value)


def test_an_offset_without_a_colon_is_read_as_it_is_meant_or_refused() -> None:
    try:
        offset = find_zone("+0530").utcoffset(None)
    except ReadOptionError:
        return
    assert offset == timedelta(minutes=330)
