"""Trades with consecutive numbers: each once, in order, or a gap."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from market_data.live.exchange.numbered import (
    GRACE,
    MAX_ATTEMPTS,
    MAX_WAITING,
    PAUSE,
    NumberedTrades,
)
from market_data.live.exchange.trade import Ask, Place, Trade, TradeGap


def trades(*numbers: int) -> list[Trade]:
    return [Trade(Place(str(n), 10 * n), 1.0, 1.0) for n in numbers]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_trade_that_comes_a_little_late_is_not_asked_for() -> None:
    clock = Clock()
    following = NumberedTrades(None, clock)
    following.add(trades(5, 7))
    assert following.begin()
    assert following.take() == trades(5)
    assert following.ask() is None
    clock.now += GRACE / 2
    following.add(trades(6))
    assert following.take() == trades(6, 7)
    clock.now += GRACE
    assert following.ask() is None


def test_what_is_missing_is_asked_for_by_its_number() -> None:
    clock = Clock()
    following = NumberedTrades(None, clock)
    following.add(trades(5, 9))
    following.begin()
    following.take()
    assert following.ask() is None
    clock.now += GRACE
    assert following.ask() == Ask(6, None)
    assert following.add_history(trades(6, 7, 8, 9, 10), is_all=True)
    assert following.take() == trades(6, 7, 8, 9, 10)
    following.add(trades(9, 10, 11))
    assert following.take() == trades(11)
    # what came twice is not behind a hole
    following.add(trades(9, 10))
    assert following.ask() is None
    clock.now += GRACE
    assert following.ask() is None


def test_what_the_history_does_not_have_is_a_gap() -> None:
    clock = Clock()
    following = NumberedTrades(Place("4", 40), clock)
    following.connected()
    for _ in range(MAX_ATTEMPTS):
        assert following.give_up() is None
        clock.now += PAUSE
        assert following.ask() == Ask(5, None)
        assert not following.add_history(trades(8, 9), is_all=True)
        assert following.take() == []
    assert following.give_up() == TradeGap(Place("4", 40), Place("8", 80), 3)
    assert following.take() == trades(8, 9)
    assert following.ask() is None


def test_behind_a_gap_only_so_many_trades_wait() -> None:
    clock = Clock()
    following = NumberedTrades(Place("0", 0), clock)
    following.add(trades(*range(2, 2 * MAX_WAITING)))
    following.add_history(trades(1), is_all=True)
    assert len(following.take()) == MAX_WAITING + 1
    # the others are found missing by the next one
    following.add(trades(2 * MAX_WAITING))
    assert following.ask() is None
    clock.now += GRACE
    assert following.ask() == Ask(MAX_WAITING + 2, None)


@given(st.lists(st.lists(st.integers(1, 60), max_size=20), max_size=10))
def test_whatever_comes_each_trade_is_taken_once_and_in_order(arrivals: list[list[int]]) -> None:
    clock = Clock()
    following = NumberedTrades(Place("0", 0), clock)
    taken: list[Trade] = []
    for arrived in [*arrivals, [61]]:
        following.add(trades(*arrived))
        taken += following.take()
        clock.now += GRACE / 2
        if ask := following.ask():
            assert ask.number is not None
            page = range(ask.number, min(ask.number + 7, 62))
            following.add_history(trades(*page), is_all=61 in page or not page)
            taken += following.take()
    for _ in range(30):
        clock.now += GRACE
        if ask := following.ask():
            assert ask.number is not None
            following.add_history(trades(*range(ask.number, 62)), is_all=True)
            taken += following.take()
    assert taken == trades(*range(1, 62))
