"""When a receiver is told something."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from algo_service.notify.pacing import MAX_ATTEMPTS, MAX_DELAY, Pacing, Turn
from algo_service.notify.quiet_hours import QuietHours, QuietHoursError

NIGHT = QuietHours.parse("22:00-07:00", ZoneInfo("Europe/Zurich"))


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


DAY, MIDNIGHT = at("2026-11-28T12:00"), at("2026-11-28T23:30")


def turn(pacing: Pacing, now: float, wall: float = DAY, *, urgent: bool = False) -> Turn:
    return pacing.turn(now, wall, has_urgent=urgent, has_other=not urgent)


def test_the_first_message_goes_at_once_and_the_next_one_after_the_pause() -> None:
    pacing = Pacing(60, None)
    assert turn(pacing, 0.0).may_send
    pacing.sent(0.0)
    assert turn(pacing, 20.0) == Turn(may_send=False, wait=40.0)
    assert turn(pacing, 60.0).may_send


def test_what_is_urgent_waits_five_seconds_at_most() -> None:
    pacing = Pacing(60, None)
    pacing.sent(0.0)
    assert turn(pacing, 1.0, urgent=True) == Turn(may_send=False, wait=4.0)
    assert turn(pacing, 5.0, urgent=True) == Turn(may_send=True)
    short = Pacing(0, None)
    short.sent(0.0)
    assert turn(short, 0.0, urgent=True).may_send


def test_in_quiet_hours_only_what_is_urgent_may_be_sent() -> None:
    pacing = Pacing(60, NIGHT)
    assert not turn(pacing, 0.0, MIDNIGHT).may_send
    assert turn(pacing, 0.0, MIDNIGHT, urgent=True) == Turn(may_send=True, urgent_only=True)
    assert turn(pacing, 0.0, DAY).may_send


def test_nothing_is_sent_where_nothing_waits() -> None:
    assert not Pacing(0, None).turn(0.0, DAY, has_urgent=False, has_other=False).may_send


def test_the_delays_after_failures_grow_to_their_bound_and_begin_anew() -> None:
    pacing = Pacing(0, None)
    now, waits = 0.0, []
    for _ in range(12):
        assert turn(pacing, now).may_send
        pacing.failed(now)
        waits.append(turn(pacing, now).wait)
        # urgent or not, a receiver that is broken is left alone
        assert not turn(pacing, now, urgent=True).may_send
        now += waits[-1]
    assert waits[:4] == [1.0, 2.0, 4.0, 8.0]
    assert waits[-1] == MAX_DELAY
    pacing.sent(now)
    pacing.failed(now)
    assert turn(pacing, now).wait == 1.0


def test_a_receiver_that_is_broken_for_days_is_still_tried() -> None:
    pacing = Pacing(0, None)
    for _ in range(2000):
        pacing.failed(0.0)
    assert turn(pacing, 0.0).wait == MAX_DELAY


def test_a_message_is_given_up_after_so_many_attempts() -> None:
    pacing = Pacing(0, None)
    given_up = [pacing.failed(0.0) for _ in range(2 * MAX_ATTEMPTS)]
    assert [number for number, is_so in enumerate(given_up, 1) if is_so] == [
        MAX_ATTEMPTS,
        2 * MAX_ATTEMPTS,
    ]


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("22:00-07:00", ["22:00", "23:59", "00:00", "06:59"], ["07:00", "12:00", "21:59"]),
        ("9:30-17:00", ["09:30", "16:59"], ["09:29", "17:00", "23:00"]),
    ],
)
def test_a_period_may_pass_midnight(text: str, inside: list[str], outside: list[str]) -> None:
    quiet = QuietHours.parse(text, UTC)
    assert all(quiet.has(at(f"2026-11-28T{clock}")) for clock in inside)
    assert not any(quiet.has(at(f"2026-11-28T{clock}")) for clock in outside)


def test_a_period_is_by_the_clock_of_its_zone_in_summer_and_in_winter() -> None:
    assert NIGHT.has(at("2026-07-01T20:00"))
    assert not NIGHT.has(at("2026-12-01T20:00"))
    assert NIGHT.has(at("2026-12-01T21:00"))


@pytest.mark.parametrize("text", ["22-7", "24:00-07:00", "22:00", "22:60-7:00", "", "٢٢:00-07:00"])
def test_another_form_is_refused_with_the_right_one(text: str) -> None:
    with pytest.raises(QuietHoursError, match=r"is no period of the day: write 22:00-07:00$"):
        QuietHours.parse(text, None)


def test_a_period_of_no_length_is_refused() -> None:
    with pytest.raises(QuietHoursError, match="begins when it ends"):
        QuietHours.parse("07:00-7:00", None)
