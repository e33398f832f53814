"""Quotes of several sources in the order of time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from market_data import Quote, open_feed
from market_data.feeds.merge import between, in_order, merge, sort
from market_data.feeds.timed import Timed

T = 1577836800000


def feeds(*, ordered: bool) -> st.SearchStrategy[list[list[Timed]]]:
    """Several feeds in batches of any size; few times, so that many are equal."""

    def number(batches: list[list[list[int]]]) -> list[list[Timed]]:
        made = []
        for place, feed in enumerate(batches):
            times = [time for batch in feed for time in batch]
            rows = iter(sorted(times) if ordered else times)
            row = 0
            timed = []
            for batch in feed:
                own = [next(rows) for _ in batch]
                quotes = []
                for time in own:
                    row += 1
                    quotes.append(Quote("A", 1.0, time, row, str(place)))
                timed.append(Timed(own, quotes))
            made.append(timed)
        return made

    batch = st.lists(st.integers(0, 9), max_size=8)
    return st.lists(st.lists(batch, max_size=5), max_size=5).map(number)


def pairs(batches: Iterator[Timed]) -> list[tuple[int | None, Quote]]:
    return [pair for batch in batches for pair in zip(*batch, strict=True)]


@given(feeds(ordered=True))
def test_a_merge_is_in_order_stable_and_loses_nothing(made: list[list[Timed]]) -> None:
    every = [pair for feed in made for pair in pairs(iter(feed))]
    # sorted() is stable, and the feeds stand one behind the other
    assert pairs(merge(made)) == sorted(every, key=lambda pair: pair[0] or 0)


@given(feeds(ordered=True), st.integers(-1, 11), st.integers(-1, 11))
def test_a_span_picks_what_is_in_it_and_nothing_else(
    made: list[list[Timed]], start: int, end: int
) -> None:
    for feed in made:
        batches = [batch for batch in feed if batch.quotes]
        every = pairs(iter(batches))
        expected = [pair for pair in every if pair[0] is not None and start <= pair[0] < end]
        assert pairs(between(batches, start, end)) == expected


@given(feeds(ordered=False))
def test_sorting_is_stable_and_loses_nothing(made: list[list[Timed]]) -> None:
    for feed in made:
        expected = sorted(pairs(iter(feed)), key=lambda pair: pair[0] or 0)
        assert pairs(sort(feed)) == expected
        assert pairs(in_order(sort(feed), "a")) == expected


def test_sources_of_every_kind_are_merged_in_the_order_of_time(
    tmp_path: Path,
) -> None:
    """Sources of every kind are merged and equal times keep the order of the sources."""
    (tmp_path / "a.csv").write_text("sid,ts,quote\nA,2020-01-01,1\nA,2020-01-03,2\n")
    (tmp_path / "b.jsonl").write_text(
        '{"sid": "B", "quote": 3, "ts": 1577836800000}\n'
        '{"sid": "B", "quote": 4, "ts": "2020-01-02T01:00+01:00"}\n'
        '{"sid": "B", "quote": 5, "ts": "2020-01-03 00:00"}\n'
    )
    a, b = str(tmp_path / "a.csv"), str(tmp_path / "b.jsonl")
    # a day's price is known at its end, unless somebody says that its time is that
    feeds = (open_feed(sources, bar_time="close") for sources in ([a, b], [b, a]))
    assert [[quote.quote for quote in feed] for feed in feeds] == [[1, 3, 4, 2, 5], [3, 1, 4, 5, 2]]


def test_a_merge_reads_no_further_than_it_must(tmp_path: Path) -> None:
    for name in ("a", "b"):
        rows = "".join(f"A,{T + n},1\n" for n in range(10_000))
        (tmp_path / f"{name}.csv").write_text(f"sid,ts,quote\n{rows}A,{T},1\n")
    quotes = iter(open_feed([str(tmp_path / "a.csv"), str(tmp_path / "b.csv")]))
    # the row that is out of order is not reached yet
    assert [next(quotes).source for _ in range(4)] == ["a", "b", "a", "b"]
