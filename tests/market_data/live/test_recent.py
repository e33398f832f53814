"""Trades whose ids say nothing: each once, in the order of the exchange, or a gap."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from market_data.live.exchange.recent import MAX_ATTEMPTS, MAX_WAITING, PAUSE, RecentTrades
from market_data.live.exchange.trade import Ask, Place, Trade, TradeGap

# what the exchange has: ids in no order, and two trades in each millisecond
IDS = [f"{n * 7919 % 1000:03}" for n in range(1000)]
MARKET = [Trade(Place(own_id, n // 2), 1.0, 1.0) for n, own_id in enumerate(IDS)]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def page(ask: Ask, up_to: int, limit: int = 50) -> list[Trade]:
    return [trade for trade in MARKET[:up_to] if trade.place.at >= (ask.at or 0)][:limit]


def test_it_begins_behind_the_first_trade_and_gives_each_once() -> None:
    recent = RecentTrades(None, Clock())
    assert not recent.begin()
    recent.add(MARKET[:3])
    assert recent.begin()
    assert not recent.begin()
    recent.add(MARKET[1:5])
    assert recent.take() == MARKET[1:5]
    assert recent.last == MARKET[4].place
    assert recent.ask() is None


def test_after_a_connection_the_history_is_read_until_it_overlaps_with_the_stream() -> None:
    recent = RecentTrades(MARKET[9].place, Clock())
    recent.connected()
    assert recent.ask() == Ask(None, 4)
    recent.add_history(page(Ask(None, 4), 30, limit=10), False)
    assert recent.take() == MARKET[10:18]
    # took place between that answer and the subscription
    recent.add(MARKET[40:42])
    assert recent.take() == []
    while ask := recent.ask():
        recent.add_history(page(ask, 45, limit=10), False)
    assert recent.take() == MARKET[18:42]
    recent.add(MARKET[41:50])
    assert recent.take() == MARKET[42:50]


def test_a_history_that_begins_later_is_a_gap() -> None:
    recent = RecentTrades(MARKET[9].place, Clock())
    recent.connected()
    recent.add_history(MARKET[100:120], False)
    assert recent.give_up() == TradeGap(MARKET[9].place, MARKET[100].place, None)
    assert recent.take() == MARKET[100:120]
    assert recent.give_up() is None


def test_a_trade_that_the_history_never_has_is_a_possible_gap() -> None:
    clock = Clock()
    recent = RecentTrades(MARKET[9].place, clock)
    recent.connected()
    recent.add(MARKET[20:22])
    for _ in range(MAX_ATTEMPTS):
        assert recent.give_up() is None
        clock.now += PAUSE
        assert recent.ask() is not None
        recent.add_history(MARKET[8:10], False)
    assert recent.give_up() == TradeGap(MARKET[9].place, MARKET[20].place, None)
    assert recent.take() == MARKET[20:22]


def test_what_there_is_no_room_for_is_read_from_the_history() -> None:
    recent = RecentTrades(Place("0", 0), Clock())
    recent.connected()
    stream = [Trade(Place(str(n), n), 1.0, 1.0) for n in range(2 * MAX_WAITING)]
    recent.add(stream[5:])
    while ask := recent.ask():
        assert ask.at is not None
        recent.add_history(stream[ask.at : ask.at + 1000], False)
    taken = recent.take()
    recent.add(stream[-1:])
    while ask := recent.ask():
        assert ask.at is not None
        recent.add_history(stream[ask.at : ask.at + 1000], False)
    assert taken + recent.take() == stream[1:]


@given(st.randoms(use_true_random=False))
def test_whatever_happens_no_trade_is_lost_or_given_twice(
    chance: random.Random,
) -> None:
    clock = Clock()
    recent = RecentTrades(MARKET[0].place, clock)
    taken: list[Trade] = []
    happened, sent = 1, 1
    recent.connected()
    for _ in range(60):
        what = chance.choice(["trades", "trades", "history", "lost", "twice", "overflow"])
        if what == "trades":
            sent, happened = happened, min(happened + chance.randrange(12), len(MARKET))
            recent.add(MARKET[sent:happened])
        elif what == "twice":
            recent.add(MARKET[max(sent - 3, 0) : happened] if recent.ask() is None else [])
        elif what == "lost":
            happened = min(happened + chance.randrange(80), len(MARKET))
            recent.connected()
        elif what == "overflow":
            happened = min(happened + chance.randrange(80), len(MARKET))
            recent.lost()
        elif ask := recent.ask():
            recent.add_history(page(ask, happened), False)
        assert recent.give_up() is None
        taken += recent.take()
    recent.add(MARKET[happened : happened + 1])
    for _ in range(50):
        clock.now += PAUSE
        if ask := recent.ask():
            recent.add_history(page(ask, happened + 1), False)
        taken += recent.take()
    assert taken == MARKET[1 : happened + 1]
