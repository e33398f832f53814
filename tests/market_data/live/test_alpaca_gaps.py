"""How `market-data live --alpaca` fills what it has missed, or reports it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from market_data.errors import FeedError
from market_data.live.source import Bound
from portfolio.times import iso_8601_full

pytest.importorskip("websockets", reason="the extra `live` is not installed")
pytest.importorskip("aiohttp", reason="the server of these tests needs it")

from market_data.live.alpaca.fill import LAG, MAX_WAIT
from tests.market_data.live.alpaca_reader import Reader
from tests.support.exchanges.alpaca import SINCE, AlpacaServer, as_live, id_of

Start = Callable[..., Reader]


def test_a_gap_of_500_trades_is_filled_before_the_live_ones_go_on(
    alpaca: AlpacaServer, begin: Start
) -> None:
    reader = begin()
    alpaca.page = 150
    before = alpaca.trade("AAPL", 3)
    reader.await_trades(*before)
    alpaca.cut()
    missed = alpaca.trade("AAPL", 500, sent=False)
    other = alpaca.trade("MSFT", 5, sent=False)
    reader.read_until(lambda: reader.losses, "the loss")
    assert reader.losses == ["the connection broke"]
    live = alpaca.trade("AAPL", 2)
    reader.await_trades(*before, *missed, *live)
    other += alpaca.trade("MSFT")
    reader.await_trades(*other, symbol="MSFT")
    reader.await_trades(*before, *missed, *live, *alpaca.trade("AAPL"))
    assert reader.reports == []
    assert sum("page_token" in question for question in alpaca.questions) >= 3


def test_what_is_missed_before_the_first_trade_is_filled(
    alpaca: AlpacaServer, begin: Start
) -> None:
    alpaca.trade("AAPL", sent=False)
    alpaca.now += 10**9
    reader = begin()
    alpaca.cut()
    missed = alpaca.trade("AAPL", 2, sent=False)
    reader.await_trades(*missed)


def test_a_trade_that_is_reported_late_during_the_loss_is_found(
    alpaca: AlpacaServer, begin: Start
) -> None:
    reader = begin()
    alpaca.now += 20 * 10**9
    before = alpaca.trade("AAPL", 3)
    reader.await_trades(*before)
    alpaca.cut()
    late = alpaca.trade("AAPL", sent=False, t=iso_8601_full(alpaca.now - 5 * 10**9))
    reader.await_trades(*before, *late)


def test_live_trades_wait_for_a_history_that_lags_behind(
    alpaca: AlpacaServer, begin: Start
) -> None:
    reader = begin()
    before = alpaca.trade("AAPL")
    reader.await_trades(*before)
    alpaca.cut()
    alpaca.is_late = True
    missed = alpaca.trade("AAPL", 3, sent=False)
    reader.read_until(lambda: len(alpaca.questions) >= 2, "the first questions")
    live = alpaca.trade("AAPL", 2)
    asked = len(alpaca.questions)
    reader.read_until(lambda: len(alpaca.questions) >= asked + 2, "more questions")
    assert len(reader.ids()) == 1
    alpaca.catch_up()
    reader.await_trades(*before, *missed, *live)
    assert reader.reports == []


def test_a_history_that_never_has_the_live_trade_leaves_a_gap(
    alpaca: AlpacaServer, begin: Start
) -> None:
    reader = begin()
    (before,) = alpaca.trade("AAPL")
    reader.await_trades(before)
    alpaca.cut()
    alpaca.is_late = True
    reader.read_until(lambda: len(alpaca.questions) >= 2, "the first questions")
    (live,) = alpaca.trade("AAPL")
    reader.read()
    reader.read()
    assert reader.reports == []
    reader.later = MAX_WAIT
    [report] = reader.await_reports("gap")
    assert report.gap is not None
    assert report.gap.sid == "AAPL"
    assert report.gap.after == Bound(before["t"], id_of("AAPL", before))
    assert report.gap.before == Bound(live["t"], id_of("AAPL", live))
    reader.await_trades(before, live, *alpaca.trade("AAPL"))


def test_a_history_that_is_refused_leaves_a_gap_with_bounds(
    alpaca: AlpacaServer, begin: Start
) -> None:
    reader = begin(symbols=("AAPL",), feed="sip")
    (before,) = alpaca.trade("AAPL")
    reader.await_trades(before)
    alpaca.refuse("AAPL", 403, "subscription does not permit querying recent SIP data")
    alpaca.cut()
    alpaca.trade("AAPL", 5, sent=False)
    [report] = reader.await_reports("gap")
    until = iso_8601_full(SINCE + 10**9)
    assert report.gap is not None
    assert report.gap.after == Bound(before["t"], id_of("AAPL", before))
    assert report.gap.before == Bound(until)
    assert report.reason == (
        f"trades of AAPL may be missing between {id_of('AAPL', before)} and {until}: its history"
        " is refused: subscription does not permit querying recent SIP data (status 403)"
    )
    assert reader.position == {"AAPL": [until]}
    alpaca.now += 10**9
    reader.await_trades(before, *alpaca.trade("AAPL", 2))
    assert "feed=sip" in alpaca.questions[0]


def test_the_credentials_do_not_follow_a_redirection(alpaca: AlpacaServer, begin: Start) -> None:
    reader = begin(symbols=("AAPL",))
    elsewhere = "/v2/stocks/MSFT/trades?start=2024-01-10&end=2024-01-11&limit=1"
    alpaca.refuse("AAPL", 302, "moved", Location=elsewhere)
    alpaca.cut()
    reader.await_reports("gap")
    assert [question for question in alpaca.questions if "MSFT" in question] == []


@pytest.mark.parametrize("status", [429, 500])
def test_a_history_that_is_away_is_asked_again(
    alpaca: AlpacaServer, begin: Start, status: int
) -> None:
    reader = begin(symbols=("AAPL",))
    before = alpaca.trade("AAPL")
    reader.await_trades(*before)
    headers = {"Retry_After": "30"} if status == 429 else {}
    alpaca.refuse("AAPL", status, "too many requests.", **headers)
    alpaca.cut()
    missed = alpaca.trade("AAPL", 2, sent=False)
    reader.read_until(lambda: alpaca.questions, "a question")
    alpaca.accept("AAPL")
    live = alpaca.trade("AAPL")
    if status == 429:
        for _ in range(3):
            reader.read()
        assert len(alpaca.questions) == 1
        reader.later = 30
    reader.await_trades(*before, *missed, *live)


def test_a_new_process_goes_on_behind_the_position_of_the_old_one(
    alpaca: AlpacaServer, begin: Start
) -> None:
    old = begin()
    before = alpaca.trade("AAPL", 2) + alpaca.trade("AAPL", sent=False)
    alpaca.send(*(as_live("AAPL", trade) for trade in before[2:]))
    old.await_trades(*before)
    old.source.close()
    missed = alpaca.trade("AAPL", 3, sent=False)
    new = begin(position=old.position)
    new.await_trades(*missed, *alpaca.trade("AAPL"))


def test_of_trades_at_one_time_a_new_process_publishes_those_that_are_missing(
    alpaca: AlpacaServer, begin: Start
) -> None:
    old = begin(symbols=("AAPL",))
    at = {"t": iso_8601_full(alpaca.now)}
    before = alpaca.trade("AAPL", 2, **at)
    old.await_trades(*before)
    old.source.close()
    missed = alpaca.trade("AAPL", 2, sent=False, **at)
    begin(symbols=("AAPL",), position=old.position).await_trades(*missed)


def test_a_live_trade_long_after_the_loss_ends_the_wait(alpaca: AlpacaServer, begin: Start) -> None:
    reader = begin(symbols=("AAPL",))
    before = alpaca.trade("AAPL")
    reader.await_trades(*before)
    alpaca.cut()
    alpaca.is_late = True
    missed = alpaca.trade("AAPL", sent=False)
    reader.read_until(lambda: alpaca.questions, "a question")
    reader.later = LAG
    asked = len(alpaca.questions)
    reader.read_until(lambda: len(alpaca.questions) > asked, "the last question for now")
    alpaca.catch_up()
    for _ in range(5):
        reader.read()
    assert len(alpaca.questions) == asked + 1
    reader.await_trades(*before)
    alpaca.now += 60 * 10**9
    reader.await_trades(*before, *missed, *alpaca.trade("AAPL"))


def test_a_pause_that_the_history_asks_for_holds_for_all_symbols(
    alpaca: AlpacaServer, begin: Start
) -> None:
    reader = begin()
    alpaca.refuse("AAPL", 429, "too many requests.", Retry_After="30")
    alpaca.refuse("MSFT", 429, "too many requests.", Retry_After="30")
    alpaca.cut()
    reader.read_until(lambda: alpaca.questions, "a question")
    for _ in range(4):
        reader.read()
    assert len(alpaca.questions) == 1


def test_a_symbol_that_was_not_asked_for_yet_is_not_given_up(
    alpaca: AlpacaServer, begin: Start
) -> None:
    reader = begin()
    alpaca.refuse("AAPL", 429, "too many requests.", Retry_After="3600")
    alpaca.cut()
    missed = alpaca.trade("MSFT", 2, sent=False)
    reader.read_until(lambda: alpaca.questions, "a question")
    reader.later = MAX_WAIT
    [report] = reader.await_reports("gap")
    assert report.gap is not None
    assert report.gap.sid == "AAPL"
    reader.later += 3600
    reader.await_trades(*missed, symbol="MSFT")
    reader.await_reports("gap")


@pytest.mark.parametrize("position", [7, {"AAPL": 7}, {"AAPL": ["soon"]}, {"after": None}])
def test_a_position_of_something_else_is_refused(alpaca: AlpacaServer, position: object) -> None:
    with pytest.raises(FeedError, match="is not of Alpaca"):
        Reader(alpaca, position).connect()


def test_the_delayed_feed_is_filled_by_the_history_of_all_exchanges_up_to_its_own_time(
    alpaca: AlpacaServer, begin: Start
) -> None:
    reader = begin(symbols=("AAPL",), feed="delayed_sip")
    alpaca.cut()
    reader.read_until(lambda: alpaca.questions, "a question")
    assert "feed=sip" in alpaca.questions[0]
    assert "end=2024-01-10T14%3A45%3A00Z" in alpaca.questions[0]
