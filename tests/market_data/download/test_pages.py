"""Pages of an exchange become a history: each candle once, none that is still open."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise

import pytest

from market_data.download.candle import Candle
from market_data.download.gaps import Gap, find_gaps
from market_data.download.pages import read_pages

LENGTH = 10
LIMIT = 4

Fetch = Callable[[int], list[Candle]]


def candle(at: int) -> Candle:
    return Candle(at, 1.0, 2.0, 0.5, 1.5, 3.0)


def next_ones(times: list[int]) -> Fetch:
    """As Binance answers: with the next candles, however late they are."""
    return lambda since: [candle(at) for at in times if at >= since][:LIMIT]


def in_a_window(times: list[int]) -> Fetch:
    """As Coinbase answers: with what there is in so many intervals."""
    return lambda since: [candle(at) for at in times if since <= at < since + LIMIT * LENGTH]


def disordered(times: list[int]) -> Fetch:
    """The latest first, one twice, and one from before."""

    def fetch(since: int) -> list[Candle]:
        found = next_ones(times)(since)[::-1]
        return [*found, *found[:1], candle(since - LENGTH)]

    return fetch


@pytest.mark.parametrize("answer", [next_ones, in_a_window, disordered])
@pytest.mark.parametrize(
    "times",
    [
        list(range(100, 300, 10)),
        [100, 110, *range(200, 300, 10)],  # no candle for two pages
        list(range(250, 300, 10)),  # listed later
        [100],
        [],
    ],
)
def test_every_closed_candle_comes_once_whatever_pages_look_like(
    answer: Callable[[list[int]], Fetch], times: list[int]
) -> None:
    """The candle of 290 is open at 295."""
    pages = list(read_pages(answer(times), 100, 295, LENGTH, LIMIT))
    found = [each.at for page in pages for each in page.candles]
    assert found == [at for at in times if at < 290]
    untils = [page.until for page in pages]
    assert untils == sorted(untils)


def test_a_page_that_lacks_candles_is_asked_for_once_more() -> None:
    """And no other page: an exchange that has not all of them takes no request more than that."""
    asked: list[int] = []

    def fetch(since: int) -> list[Candle]:
        asked.append(since)
        found = next_ones(list(range(100, 300, 10)))(since)
        return found[::2] if asked == [100, 140] else found

    pages = list(read_pages(fetch, 100, 300, LENGTH, LIMIT))
    assert [each.at for page in pages for each in page.candles] == list(range(100, 300, 10))
    assert asked == [100, 140, 140, 180, 220, 260]


def test_gaps_and_candles_together_are_the_whole_time() -> None:
    """At the beginning, in between, and at the end."""
    chance = random.Random(1)
    for _ in range(200):
        times = [at for at in range(100, 300, 10) if chance.random() < 0.7]
        gaps = list(find_gaps("A", times, 100, 305, LENGTH))
        missing = [at for gap in gaps for at in range(gap.start, gap.end, 10)]
        assert sorted([*times, *missing]) == list(range(100, 300, 10))
        assert [gap.candles * 10 for gap in gaps] == [gap.end - gap.start for gap in gaps]
        assert all(one.end < other.start for one, other in pairwise(gaps))


def test_a_gap_has_its_bounds_as_text() -> None:
    gap = Gap("A", 1_704_067_200_000, 1_704_067_260_000, 1)
    expected = {"sid": "A", "from": "2024-01-01T00:00:00Z", "to": "2024-01-01T00:01:00Z"}
    assert gap.fields() == {**expected, "candles": 1}
