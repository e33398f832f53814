"""What bars are made of, and when each is complete."""

from __future__ import annotations

import json
import math
import random
from typing import Any

import pytest

from market_data import Aggregator, UnusableQuoteError, parse_interval
from market_data.bars.aggregator import MAX_FILLED
from portfolio.times import SECOND, instant, iso_8601_full

DAY = "2024-01-10"


def quote(time: str, price: float, sid: str = "GOOG", **fields: Any) -> dict[str, Any]:
    """A quote of this time on 2024-01-10 (UTC), or of a whole `ts`."""
    ts = f"{DAY}T{time}Z" if ":" in time and "T" not in time else time
    return {"sid": sid, "quote": price, "ts": ts, **fields}


def bars(quotes: list[dict[str, Any]], every: str = "5m", **options: Any) -> list[dict[str, Any]]:
    """The bars that quotes come to, without their ids."""
    aggregator = Aggregator(parse_interval(every, "--bars"), **options)
    made = [bar.message() for each in quotes for bar in aggregator.take(each)]
    return [{key: value for key, value in bar.items() if key != "id"} for bar in made]


def bar(
    end: str,
    prices: tuple[float, float, float, float],
    volume: float | None = None,
    sid: str = "GOOG",
) -> dict[str, Any]:
    names = ("open", "high", "low", "close")
    ts = f"{DAY}T{end}Z" if "T" not in end else end
    made = {"sid": sid, "quote": prices[3], "ts": ts, **dict(zip(names, prices, strict=True))}
    return made if volume is None else {**made, "volume": volume}


def test_a_bar_is_published_at_the_first_quote_of_a_later_interval() -> None:
    aggregator = Aggregator(parse_interval("5m", "--bars"))
    for each in [
        quote("10:00:00", 10, size=1),
        quote("10:01:00", 12, size=2.5),
        quote("10:04:59.999999999", 11, size=3),
    ]:
        assert aggregator.take(each) == []
    assert list(aggregator.unfinished()) == [("GOOG", instant(f"{DAY}T10:05:00Z"))]
    (made,) = aggregator.take(quote("10:05:00", 20))
    assert made.message() == {
        "sid": "GOOG",
        "quote": 11.0,
        "ts": "2024-01-10T10:04:59.999Z",
        "id": "5m:GOOG:2024-01-10T10:04:59.999Z",
        "open": 10,
        "high": 12,
        "low": 10,
        "close": 11,
        "volume": 6.5,
    }


def test_bars_of_one_instrument_are_the_same_in_whatever_order_others_come() -> None:
    draw = random.Random(5)
    streams = {
        sid: [
            quote(iso_8601_full(1_704_880_800 * SECOND + second * SECOND), draw.random() + 1, sid)
            for second in sorted(draw.choices(range(7200), k=300))
        ]
        for sid in "ABC"
    }
    found = []
    for _ in range(5):
        left = {sid: list(stream) for sid, stream in streams.items()}
        mixed = []
        while left:
            sid = draw.choice(sorted(left))
            mixed.append(left[sid].pop(0))
            if not left[sid]:
                del left[sid]
        made = bars(mixed, "1m", fill=True)
        found.append({sid: [bar for bar in made if bar["sid"] == sid] for sid in streams})
    assert found[0] == found[1] == found[2] == found[3] == found[4]
    assert all(len(made) > 100 for made in found[0].values())


def test_within_an_interval_the_time_tells_what_opens_and_what_closes_it() -> None:
    made = bars(
        [
            quote("10:02:00", 3),
            quote("10:01:00", 2),
            quote("10:03:00", 5),
            quote("10:02:30", 1),
            quote("10:01:00", 2.5),
            quote("10:03:00", 4),
            quote("10:06:00", 9),
        ]
    )
    assert made == [bar("10:04:59.999", (2, 5, 1, 4))]


def test_a_late_quote_is_left_out_and_counted() -> None:
    aggregator = Aggregator(parse_interval("5m", "--bars"))
    aggregator.take(quote("10:01:00", 1))
    aggregator.take(quote("10:06:00", 2))
    for price in (7, 8):
        assert aggregator.take(quote("10:04:00", price)) == []
    (made,) = aggregator.take(quote("10:11:00", 3))
    assert (made.high, aggregator.late) == (2, 2)
    assert aggregator.lines() == [
        "2 quotes late, left out: their bar was complete; the first GOOG at 7 of"
        " 2024-01-10T10:04:00Z"
    ]


def test_an_empty_interval_has_no_bar_or_one_of_the_last_close() -> None:
    quotes = [quote("10:01:00", 1, size=2), quote("10:02:00", 3), quote("10:16:00", 2)]
    first = bar("10:04:59.999", (1, 3, 1, 3), 2)
    assert bars(quotes) == [first]
    assert bars(quotes, fill=True) == [
        first,
        bar("10:09:59.999", (3, 3, 3, 3), 0),
        bar("10:14:59.999", (3, 3, 3, 3), 0),
    ]


def test_a_gap_is_filled_up_to_a_bound() -> None:
    start = instant(f"{DAY}T00:00:00Z")
    for count, filled in ((MAX_FILLED, MAX_FILLED), (MAX_FILLED + 1, 0)):
        aggregator = Aggregator(parse_interval("1s", "--bars"), fill=True)
        aggregator.take(quote(iso_8601_full(start), 1))
        after = quote(iso_8601_full(start + (count + 1) * SECOND), 2)
        assert len(aggregator.take(after)) == 1 + filled
    assert aggregator.lines() == [
        "1 quote after a gap of more than 10,000 bars, which is not filled; the first GOOG at 2 of"
        " 2024-01-10T02:46:42Z"
    ]


def minute(end: str, prices: tuple[float, float, float, float], volume: float) -> dict[str, Any]:
    names = ("open", "high", "low", "close")
    return quote(end, prices[3], **dict(zip(names, prices, strict=True)), volume=volume)


@pytest.mark.parametrize("ends", ["0{}:00", "0{}:59.999", "0{}:59.999999"])
def test_bars_become_longer_bars_at_once_however_their_ends_are_written(ends: str) -> None:
    minutes = [n if ends.endswith(":00") else n - 1 for n in range(1, 6)]
    quotes = [
        minute(f"10:{ends.format(n)}", (price, price + 3, price - 1, price + 1), 10)
        for n, price in zip(minutes, (10, 20, 30, 20, 15), strict=True)
    ]
    assert bars(quotes[:4]) == []
    assert bars(quotes) == [bar("10:04:59.999", (10, 33, 9, 16), 50)]


def test_bars_of_bars_of_quotes_are_the_bars_of_the_quotes() -> None:
    draw = random.Random(3)
    quotes = [
        quote(iso_8601_full(1_704_880_800 * SECOND + second * SECOND), draw.randint(1, 99), size=1)
        for second in sorted(draw.choices(range(36_000), k=2000))
    ]
    minutes = bars(quotes, "1m")
    assert bars(minutes, "1h") == bars(quotes, "1h")[: len(bars(minutes, "1h"))]
    assert len(bars(minutes, "1h")) >= 8


def test_a_date_names_its_day() -> None:
    days = [
        quote(f"2024-01-{n:02}", n, open=n, high=n + 1, low=n - 0.5, close=n, volume=n)
        for n in (8, 9, 10, 14, 15)
    ]
    assert bars(days, "1w") == [bar("2024-01-14T23:59:59.999Z", (8, 15, 7.5, 14), 41)]
    assert [each["ts"] for each in bars(days, "1d")] == [
        f"2024-01-{n:02}T23:59:59.999Z" for n in (8, 9, 10, 14, 15)
    ]


def test_open_high_and_low_that_do_not_hold_the_price_are_left_out() -> None:
    aggregator = Aggregator(parse_interval("5m", "--bars"))
    aggregator.take(quote("10:01:00", 5, open=50, high=60, low=40))
    (made,) = aggregator.take(quote("10:06:00", 5))
    assert (made.open, made.high, made.low) == (5, 5, 5)
    assert aggregator.lines() == [
        "1 quote with an open, high and low that do not hold their price, of which the price alone"
        " counts; the first GOOG at 5 of 2024-01-10T10:01:00Z"
    ]


@pytest.mark.parametrize(
    ("fields", "volume"),
    [
        ({"size": 3, "volume": 900}, 3),
        ({"volume": 4}, 4),
        ({"size": "2.5"}, 2.5),
        ({"size": None, "volume": 4}, 4),
        ({"bid": 1, "ask": 2}, None),
        ({"open": 1, "high": 1, "low": 1, "size": 3, "volume": 7}, 7),
    ],
)
def test_the_size_of_a_quote_or_else_its_volume_and_the_volume_of_a_bar_is_summed(
    fields: dict[str, Any], volume: float | None
) -> None:
    (made,) = bars([quote("10:01:00", 1, **fields), quote("10:06:00", 1)])
    assert made == bar("10:04:59.999", (1, 1, 1, 1), volume)


@pytest.mark.parametrize("size", [-1, math.nan, math.inf, True, "much", 1e300])
def test_a_volume_that_is_none_is_left_out_and_counted(size: Any) -> None:
    aggregator = Aggregator(parse_interval("5m", "--bars"))
    aggregator.take(quote("10:01:00", 1, size=2))
    aggregator.take(quote("10:02:00", 1, size=size))
    (made,) = aggregator.take(quote("10:06:00", 1))
    assert made.volume == 2
    assert aggregator.lines() == [
        "1 quote with a volume that is not a number of 0 or above, left out of the sum; the first"
        " GOOG at 1 of 2024-01-10T10:02:00Z"
    ]


def test_the_sum_of_volumes_is_exact() -> None:
    draw = random.Random(1)
    sizes = [draw.random() * 10.0 ** draw.randint(-12, 12) for _ in range(1000)]
    aggregator = Aggregator(parse_interval("1d", "--bars"))
    for size in sizes:
        aggregator.take(quote("10:01:00", 1, size=size))
    (made,) = aggregator.take(quote("2024-01-11T00:00:00Z", 1))
    assert made.volume == math.fsum(sizes)


@pytest.mark.parametrize(
    ("ts", "found"),
    [
        (None, "it has no ts, which tells the interval"),
        ("soon", "its ts is not a time: "),
        ("2024-01-10", "its ts is a date, without a time of day"),
    ],
)
def test_a_quote_of_no_interval_is_refused(ts: str | None, found: str) -> None:
    aggregator = Aggregator(parse_interval("5m", "--bars"))
    sentence = f'^no bar of 5m can be made of the quote of GOOG with the id "7": {found}'
    with pytest.raises(UnusableQuoteError, match=sentence):
        aggregator.take({"sid": "GOOG", "quote": 1, "ts": ts, "id": "7"})


def test_a_state_in_the_middle_changes_no_bar() -> None:
    draw = random.Random(2)
    quotes = [
        quote(
            iso_8601_full(1_704_880_800 * SECOND + second * SECOND // 10),
            draw.random() + 1,
            draw.choice("AB"),
            size=draw.random(),
        )
        for second in sorted(range(5000), key=lambda second: second + draw.random() * 50)
    ]
    interval = parse_interval("5s", "--bars")
    whole = Aggregator(interval, fill=True)
    expected = [made for each in quotes for made in whole.take(each)]
    found = []
    aggregator = Aggregator(interval, fill=True)
    for each in quotes:
        restarted = Aggregator(interval, fill=True)
        restarted.load(json.loads(json.dumps(aggregator.save())))
        aggregator = restarted
        found += aggregator.take(each)
    assert found == expected
    assert aggregator.lines() == whole.lines()
    assert whole.late > 0


def test_a_gap_after_a_state_is_filled() -> None:
    interval = parse_interval("1m", "--bars")
    before, after = Aggregator(interval, fill=True), Aggregator(interval, fill=True)
    assert len(before.take(minute("10:01:00", (1, 3, 1, 2), 5))) == 1
    after.load(json.loads(json.dumps(before.save())))
    made = [each.message() for each in after.take(quote("10:02:30", 9))]
    assert [(each["ts"][11:], each["quote"], each["volume"]) for each in made] == [
        ("10:01:59.999Z", 2, 0)
    ]


def test_the_state_of_another_interval_is_refused() -> None:
    state = Aggregator(parse_interval("1m", "--bars")).save()
    with pytest.raises(ValueError, match=r"^it is the state of bars of 1m, not of 5m$"):
        Aggregator(parse_interval("5m", "--bars")).load(state)


def test_memory_does_not_grow_with_the_quotes() -> None:
    aggregator = Aggregator(parse_interval("1d", "--bars"))
    draw = random.Random(4)
    sizes = set()
    for n in range(20_000):
        aggregator.take(quote("10:01:00", draw.random() + 1, size=draw.random()))
        if n % 1000 == 999:
            sizes.add(len(json.dumps(aggregator.save())) // 200)
    assert max(sizes) <= 2


def test_a_bar_names_the_quote_whose_price_it_has_also_after_a_restart_and_where_it_is_empty() -> (
    None
):
    def given(time: str, price: float, name: str) -> dict[str, Any]:
        return {**quote(time, price), "id": name, "channel": "quotes"}

    interval = parse_interval("1m", "--bars")
    aggregator = Aggregator(interval, fill=True)
    bars = []
    for each in (
        given("10:00:50", 2, "last"),
        given("10:00:10", 1, "earlier"),
        given("10:03:00", 3, "next"),
        quote("10:04:00", 4),
        quote("10:05:00", 5),
    ):
        bars += aggregator.take(each)
        saved = json.loads(json.dumps(aggregator.save()))
        aggregator = Aggregator(interval, fill=True)
        aggregator.load(saved)
    of = ["quotes", "last", given("10:00:50", 2, "")["ts"]]
    assert [bar.message().get("of") for bar in bars[:3]] == [of] * 3
    assert bars[3].of == ["quotes", "next", given("10:03:00", 3, "")["ts"]]
    assert "of" not in bars[4].message()  # its quote was not published


def test_a_state_of_before_bars_named_their_quotes_is_read() -> None:
    interval = parse_interval("1m", "--bars")
    before, after = Aggregator(interval), Aggregator(interval)
    before.take(quote("10:00:50", 2))
    state = before.save()
    ((start, close, has_volume, bar, _last),) = state["instruments"].values()
    state["instruments"] = {"GOOG": [start, close, has_volume, bar[:-1]]}
    after.load(state)
    assert after.take(quote("10:01:00", 3)) == before.take(quote("10:01:00", 3))
