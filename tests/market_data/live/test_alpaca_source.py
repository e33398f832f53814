"""The source of `market-data live --alpaca`, against a server of its protocol, with faults."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from market_data.errors import FeedError
from market_data.feeds.quote import as_message
from market_data.live.credentials import Credentials
from market_data.live.source import Bound, Report, SourceLostError
from portfolio.times import iso_8601_full
from tests.support.processes import eventually

pytest.importorskip("websockets", reason="the extra `live` is not installed")
pytest.importorskip("aiohttp", reason="the server of these tests needs it")

from market_data.live.alpaca.fill import LAG, MAX_WAIT
from market_data.live.alpaca.quiet import QUIET, Quiet
from market_data.live.alpaca.source import AlpacaSource, Settings
from market_data.live.alpaca.stream import Stream
from tests.support.exchanges.alpaca import KEY, SECRET, SINCE, AlpacaServer, as_live, id_of

Start = Callable[..., "Reader"]


@pytest.fixture
def alpaca() -> Iterator[AlpacaServer]:
    server = AlpacaServer()
    yield server
    server.close()


def credentials(secret: str = SECRET) -> Credentials:
    return Credentials({"APCA_API_KEY_ID": KEY, "APCA_API_SECRET_KEY": secret}, "a file")


class Reader:
    """Reads a source as the pump does, and connects it again."""

    def __init__(
        self,
        server: AlpacaServer,
        position: Any = None,
        secret: str = SECRET,
        feed: str = "iex",
        symbols: tuple[str, ...] = ("AAPL", "MSFT"),
    ):
        self.quotes: list[dict[str, Any]] = []
        self.reports: list[Report] = []
        self.losses: list[str] = []
        self.position = position
        self.later = 0.0
        address = f"127.0.0.1:{server.port}"
        settings = Settings(symbols, feed, f"ws://{address}/", f"http://{address}/")
        self.source = AlpacaSource(
            settings, credentials(secret), lambda: time.monotonic() + self.later
        )

    def connect(self) -> Reader:
        self.source.connect(self.position)
        return self

    def read(self) -> None:
        """Read once, or connect again."""
        try:
            batch = self.source.read(0.05)
        except SourceLostError as error:
            self.losses.append(str(error))
            self.source.close()
            self.connect()
            return
        if batch is not None:
            self.quotes += [as_message(quote, "") for quote in batch.quotes]
            self.reports += batch.reports
            # as the state file has it
            self.position = json.loads(json.dumps(batch.position))

    def read_until(self, condition: Callable[[], object], what: str) -> None:
        eventually(lambda: self.read() or condition(), what, interval=0)

    def ids(self, symbol: str = "AAPL") -> list[str]:
        return [quote["id"] for quote in self.quotes if quote["sid"] == symbol]

    def await_trades(self, *trades: dict[str, Any], symbol: str = "AAPL") -> None:
        """Read until these are published, and see that no other one was, in this order."""
        expected = [id_of(symbol, trade) for trade in trades]
        self.read_until(lambda: len(self.ids(symbol)) >= len(expected), f"{len(expected)} trades")
        assert self.ids(symbol) == expected

    def await_reports(self, *codes: str) -> list[Report]:
        self.read_until(lambda: len(self.reports) >= len(codes), f"{len(codes)} reports")
        assert [report.code for report in self.reports] == list(codes)
        return self.reports


@pytest.fixture
def begin(alpaca: AlpacaServer) -> Iterator[Start]:
    """Makes readers that are connected."""
    made: list[Reader] = []

    def beginner(**options: Any) -> Reader:
        made.append(Reader(alpaca, **options))
        made[-1].connect().read()
        return made[-1]

    yield beginner
    for reader in made:
        reader.source.close()


def test_a_trade_is_a_quote_with_the_latest_bid_and_ask(alpaca: AlpacaServer, begin: Start) -> None:
    reader = begin()
    before = {"t": "2024-01-10T15:00:00.123456789Z", "c": []}
    first = alpaca.trade("AAPL", **before)
    alpaca.quote("AAPL", 185.9, 186.1)
    second = alpaca.trade("AAPL", x="V")
    alpaca.quote("AAPL", 0, 186.2)
    third = alpaca.trade("AAPL")
    reader.await_trades(*first, *second, *third)
    assert reader.quotes == [
        {
            "sid": "AAPL",
            "quote": 101.5,
            "ts": "2024-01-10T15:00:00.123456789Z",
            "id": "alpaca:AAPL:1704898800123456789:D:1",
            "channel": "quotes",
            "size": 2,
            "exchange": "D",
        },
        {
            "sid": "AAPL",
            "quote": 102.5,
            "ts": "2024-01-10T15:00:00.02Z",
            "id": "alpaca:AAPL:1704898800020000000:V:2",
            "channel": "quotes",
            "bid": 185.9,
            "ask": 186.1,
            "size": 3,
            "exchange": "V",
            "conditions": ["@", "I"],
        },
        {
            **reader.quotes[2],
            "ask": 186.2,
        },
    ]
    assert "bid" not in reader.quotes[2]
    assert alpaca.commands == [
        {"action": "subscribe", "trades": ["AAPL", "MSFT"], "quotes": ["AAPL", "MSFT"]}
    ]


def test_trades_that_come_twice_or_late_are_published_once_as_they_come(
    alpaca: AlpacaServer, begin: Start
) -> None:
    reader = begin()
    one, two, three = alpaca.trade("AAPL", 3, sent=False)
    alpaca.send(*(as_live("AAPL", trade) for trade in (two, one, two)))
    alpaca.send(as_live("AAPL", one), as_live("AAPL", three))
    reader.await_trades(two, one, three)


def test_numbers_of_trades_that_begin_again_are_other_trades(
    alpaca: AlpacaServer, begin: Start
) -> None:
    reader = begin()
    trades = alpaca.trade("AAPL", i=7) + alpaca.trade("AAPL", i=7, x="V")
    alpaca.now += 24 * 3600 * 10**9
    reader.await_trades(*trades, *alpaca.trade("AAPL", i=7))


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


def test_corrections_and_cancellations_are_reported_and_not_traded(
    alpaca: AlpacaServer, begin: Start
) -> None:
    reader = begin()
    (trade,) = alpaca.trade("AAPL")
    times = {"t": "2024-01-10T15:00:01Z", "z": "C"}
    old = {"oi": 1, "op": 101.5, "os": 2, "oc": ["@"]}
    new = {"ci": 2, "cp": 101.25, "cs": 2, "cc": ["@"]}
    correction = {"T": "c", "S": "AAPL", "x": "D", **old, **new, **times}
    cancel = {"T": "x", "S": "AAPL", "i": 2, "x": "D", "p": 101.25, "s": 2, "a": "C", **times}
    alpaca.send(correction, cancel)
    corrected, cancelled = reader.await_reports("corrected", "cancelled")
    assert corrected.reason == (
        "the trade 1 of AAPL on D, 2 at 101.5, is corrected to 2 at 101.25, as number 2"
    )
    assert cancelled.reason == "the trade 2 of AAPL on D, 2 at 101.25, is cancelled"
    assert [json.loads(r.payload) for r in (corrected, cancelled)] == [correction, cancel]
    reader.await_trades(trade, *alpaca.trade("AAPL"))


def test_what_the_history_has_taken_back_is_reported_once_and_not_traded(
    alpaca: AlpacaServer, begin: Start
) -> None:
    reader = begin(symbols=("AAPL",))
    before = alpaca.trade("AAPL")
    reader.await_trades(*before)
    alpaca.cut()
    for update in ("canceled", "incorrect", "corrected"):
        alpaca.trade("AAPL", sent=False, u=update)
    missed = alpaca.trade("AAPL", sent=False)
    reader.read_until(lambda: len(alpaca.questions) >= 2, "two questions")
    reader.await_trades(*before, *missed, *alpaca.trade("AAPL"))
    reader.await_reports("cancelled", "corrected", "corrected")


def test_a_trade_that_is_no_quote_is_reported_and_stops_nothing(
    alpaca: AlpacaServer, begin: Start
) -> None:
    reader = begin()
    alpaca.trade("AAPL", p=0)
    alpaca.trade("AAPL", p="many")
    alpaca.trade("AAPL", t="soon")
    alpaca.trade("AAPL", i=None)
    reader.await_trades(*alpaca.trade("AAPL"))
    first, *_ = reader.await_reports(*["unreadable"] * 4)
    assert first.reason == "a trade of AAPL is not published: its price is 0"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (lambda server: server.close_streams(1008, b"policy"), "(1008 policy)"),
        (lambda server: server.close_streams(1001), "(1001)"),
        (lambda server: server.send_text("half a mess"), "no array of objects"),
        (lambda server: server.send_text('{"T":"t"}'), "no array of objects"),
        (lambda server: server.send_text("[1]"), "no array of objects"),
        (
            lambda server: server.fail(407, "slow client"),
            "as fast as trades come: slow client",
        ),
        (lambda server: server.fail(500, "internal error"), "internal error (error 500)"),
    ],
)
def test_after_any_loss_each_trade_is_published_once(
    alpaca: AlpacaServer, begin: Start, fault: Callable[[AlpacaServer], None], reason: str
) -> None:
    reader = begin(symbols=("AAPL",))
    before = alpaca.trade("AAPL", 2)
    reader.await_trades(*before)
    fault(alpaca)
    missed = alpaca.trade("AAPL", 2, sent=False)
    reader.await_trades(*before, *missed, *alpaca.trade("AAPL"))
    [loss] = reader.losses
    assert reason in loss


def test_a_stream_that_stops_without_closing_is_lost_and_the_gap_is_filled(
    alpaca: AlpacaServer, begin: Start
) -> None:
    reader = begin()
    before = alpaca.trade("AAPL", 2)
    reader.await_trades(*before)
    reader.later = QUIET
    reader.read_until(lambda: len(alpaca.questions) == 2, "a question for each symbol")
    assert reader.losses == []
    missed = alpaca.trade("AAPL", 3, sent=False)
    reader.later += 2 * QUIET
    reader.await_trades(*before, *missed)
    reader.await_trades(*before, *missed, *alpaca.trade("AAPL"))
    assert reader.losses == ["it has stopped sending trades of AAPL"]
    assert reader.reports == []


def test_a_quiet_market_without_a_history_is_left_alone(alpaca: AlpacaServer, begin: Start) -> None:
    reader = begin(symbols=("AAPL",))
    alpaca.refuse("AAPL", 403, "no")
    reader.later = QUIET
    reader.read_until(lambda: alpaca.questions, "a question")
    reader.await_trades(*alpaca.trade("AAPL"))
    assert (reader.losses, reader.reports) == ([], [])


def test_in_a_silence_the_history_is_asked_ever_more_rarely() -> None:
    now = [0.0]
    quiet = Quiet(["AAPL", "MSFT"], lambda: now[0])
    asked = []
    for now[0] in range(3600):
        if (symbol := quiet.next()) is not None:
            asked.append((now[0], symbol))
    times = [30, 90, 210, 450, 930, 1530, 2130, 2730, 3330]
    symbols = ("AAPL", "MSFT")
    assert asked == [(at + n, symbol) for at in times for n, symbol in enumerate(symbols)]
    quiet.heard()
    assert quiet.next() is None


def test_trades_that_are_not_read_for_a_while_are_not_lost(
    alpaca: AlpacaServer, begin: Start
) -> None:
    reader = begin()
    trades = [trade for _ in range(2_000) for trade in alpaca.trade("AAPL")]
    reader.await_trades(*trades)
    assert reader.losses == []


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


def test_bid_and_ask_of_before_a_loss_are_not_those_of_a_trade_behind_it(
    alpaca: AlpacaServer, begin: Start
) -> None:
    reader = begin(symbols=("AAPL",))
    alpaca.quote("AAPL", 185.9, 186.1)
    trades = alpaca.trade("AAPL")
    reader.await_trades(*trades)
    alpaca.cut()
    alpaca.is_late = True
    reader.read_until(lambda: alpaca.questions, "a question")
    trades += alpaca.trade("AAPL")
    alpaca.quote("AAPL", 186.0, 186.2)
    trades += alpaca.trade("AAPL")
    asked = len(alpaca.questions)
    reader.read_until(lambda: len(alpaca.questions) >= asked + 2, "questions for the live trades")
    alpaca.catch_up()
    reader.await_trades(*trades)
    assert [quote.get("bid") for quote in reader.quotes] == [185.9, None, 186.0]


def test_a_trade_before_the_subscription_is_confirmed_is_published(
    alpaca: AlpacaServer, begin: Start
) -> None:
    (early,) = alpaca.trade("AAPL", sent=False)
    alpaca.early = [as_live("AAPL", early)]
    begin().await_trades(early)


@pytest.mark.parametrize("position", [7, {"AAPL": 7}, {"AAPL": ["soon"]}, {"after": None}])
def test_a_position_of_something_else_is_refused(alpaca: AlpacaServer, position: object) -> None:
    with pytest.raises(FeedError, match="is not of Alpaca"):
        Reader(alpaca, position).connect()


def test_wrong_credentials_end_it_with_a_sentence_that_does_not_hold_them(
    alpaca: AlpacaServer,
) -> None:
    with pytest.raises(FeedError) as refused:
        Reader(alpaca, secret="wr0ng").connect()
    assert str(refused.value) == (
        "Alpaca refuses the key and the secret of a file: auth failed for *** (error 402);"
        " expected APCA_API_KEY_ID and APCA_API_SECRET_KEY"
    )


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_connection_that_is_refused_for_good_ends_it(alpaca: AlpacaServer, status: int) -> None:
    alpaca.refuse("stream", status, "no")
    with pytest.raises(FeedError, match=f"Alpaca refuses .*: status {status}; expected"):
        Reader(alpaca).connect()


@pytest.mark.parametrize("status", [429, 503])
def test_a_connection_that_is_refused_for_now_is_tried_again(
    alpaca: AlpacaServer, status: int
) -> None:
    alpaca.refuse("stream", status, "later")
    with pytest.raises(SourceLostError, match=f"the status {status}"):
        Reader(alpaca).connect()


@pytest.mark.parametrize(
    ("code", "text"), [(405, "symbol limit exceeded"), (409, "insufficient subscription")]
)
def test_a_plan_that_allows_less_ends_it_with_a_sentence(
    alpaca: AlpacaServer, begin: Start, code: int, text: str
) -> None:
    reader = begin()
    alpaca.fail(code, text)
    with pytest.raises(FeedError, match=f"{text} .error {code}.; expected"):
        reader.read_until(lambda: False, "the end")


def test_a_second_connection_of_the_account_is_named_as_the_cause(alpaca: AlpacaServer) -> None:
    alpaca.is_limited = True
    with pytest.raises(SourceLostError, match="the account has another connection to this stream"):
        Reader(alpaca).connect()


def test_a_server_that_says_nothing_is_lost(alpaca: AlpacaServer) -> None:
    alpaca.is_mute = True
    with pytest.raises(SourceLostError, match=r"no answer within 0.1 s"):
        Stream(f"ws://127.0.0.1:{alpaca.port}/v2/iex", credentials(), ["AAPL"], 0.1)


def test_a_ping_is_answered(alpaca: AlpacaServer, begin: Start) -> None:
    begin()
    alpaca.ping(b"are you there")
    eventually(lambda: alpaca.pongs == [b"are you there"], "a pong")


def test_the_delayed_feed_is_filled_by_the_history_of_all_exchanges_up_to_its_own_time(
    alpaca: AlpacaServer, begin: Start
) -> None:
    reader = begin(symbols=("AAPL",), feed="delayed_sip")
    alpaca.cut()
    reader.read_until(lambda: alpaca.questions, "a question")
    assert "feed=sip" in alpaca.questions[0]
    assert "end=2024-01-10T14%3A45%3A00Z" in alpaca.questions[0]
