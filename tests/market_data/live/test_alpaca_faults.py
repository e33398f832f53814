"""How `market-data live --alpaca` takes refusals, losses and silence."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from market_data.errors import FeedError
from market_data.live.source import SourceLostError
from tests.support.processes import eventually

pytest.importorskip("websockets", reason="the extra `live` is not installed")
pytest.importorskip("aiohttp", reason="the server of these tests needs it")

from market_data.live.alpaca.quiet import QUIET, Quiet
from market_data.live.alpaca.stream import Stream
from tests.market_data.live.alpaca_reader import Reader, credentials
from tests.support.exchanges.alpaca import AlpacaServer

Start = Callable[..., Reader]


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
