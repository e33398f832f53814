"""`market-data live --exchange`, against a server that speaks Binance's protocol, with faults."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from market_data.commands.main import main
from market_data.feeds.quote import as_message
from market_data.live.exchange.dialect import Dialect
from market_data.live.exchange.settings import Settings
from market_data.live.source import Gap, SourceLostError
from tests.market_data.subscriber import Subscriber
from tests.support.brokers import Broker
from tests.support.exchanges.binance import FIRST, BinanceServer
from tests.support.processes import ROOT, Process, eventually

pytest.importorskip("ccxt", reason="the extra `live` is not installed")

from market_data.live.exchange import source
from market_data.live.exchange.source import ExchangeSource

BTC, ETH = "BTCUSDT", "ETHUSDT"


@pytest.fixture
def binance() -> Iterator[BinanceServer]:
    server = BinanceServer()
    yield server
    server.close()


class Reader:
    """Reads a source as the pump does, and connects it again."""

    def __init__(
        self,
        server: BinanceServer,
        clock: Callable[[], float] = time.monotonic,
        **settings: Any,
    ):
        self.told: list[str] = []
        self.quotes: list[dict[str, Any]] = []
        self.gaps: list[Gap] = []
        self.losses: list[str] = []
        self.position: Any = None
        config = {**server.config, "timeout_on_exit": 0, **settings.pop("config", {})}
        chosen = {"symbols": ["BTC/USDT", "ETH/USDT"], **settings}
        self._server = server
        made = Settings("binance", config=config, **chosen)
        self.source = ExchangeSource(made, self.told.append, clock)

    def connect(self, stream: str) -> None:
        self.source.connect(self.position)
        self.await_subscription(stream)

    def await_subscription(self, stream: str = "aggTrade") -> None:
        """Read on, which is what sends the subscription, until it has arrived."""
        eventually(
            lambda: self.read_on() or self._server.is_subscribed(BTC, stream), "a subscription"
        )

    def read(self, timeout: float = 0.05) -> bool:
        """Read once; tell whether something came."""
        batch = self.source.read(timeout)
        if batch is not None:
            self.quotes += [as_message(quote, "") for quote in batch.quotes]
            self.gaps += batch.gaps
            self.position = batch.position
        return batch is not None

    def read_on(self) -> None:
        """Read once, or connect again."""
        try:
            self.read()
        except SourceLostError as error:
            self.losses.append(str(error))
            self.source.close()
            eventually(self._connects, "a connection")

    def _connects(self) -> bool:
        try:
            self.source.connect(self.position)
        except SourceLostError as error:
            self.losses.append(str(error))
            self.source.close()
            return False
        return True

    def has_book(self, symbol: str) -> bool:
        client = self.source._client
        assert client is not None
        return bool(client.best(symbol))

    def numbers(self, sid: str) -> list[int]:
        """Those of the trades of an instrument that were published, in order."""
        ids = [quote["id"] for quote in self.quotes if quote["sid"] == sid]
        return [int(own_id.rpartition(":")[2]) for own_id in ids]

    def await_trades(self, sid: str, numbers: list[int]) -> None:
        eventually(
            lambda: self.read_on() or len(self.numbers(sid)) >= len(numbers),
            f"{len(numbers)} trades",
        )
        assert self.numbers(sid) == numbers


@pytest.fixture
def read(binance: BinanceServer) -> Iterator[Callable[..., Reader]]:
    """Makes readers that are connected, and closes them."""
    made: list[Reader] = []

    def reader(stream: str = "aggTrade", **settings: Any) -> Reader:
        made.append(Reader(binance, **settings))
        made[-1].connect(stream)
        return made[-1]

    yield reader
    for each in made:
        each.source.close()


def numbers(*counts: int) -> list[int]:
    return list(range(FIRST, FIRST + sum(counts)))


def test_trades_become_quotes_with_the_ids_of_the_exchange(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    reader = read()
    binance.trade(BTC)
    binance.trade(ETH, 2)
    reader.await_trades(BTC, numbers(1))
    reader.await_trades(ETH, numbers(2))
    assert [quote for quote in reader.quotes if quote["sid"] == ETH][1] == {
        "sid": "ETHUSDT",
        "quote": 101.5,
        "ts": "2024-01-01T00:00:00.010Z",
        "id": "binance:ETHUSDT:1001",
        "channel": "quotes",
        "size": 0.2,
    }


def test_a_trade_has_the_best_bid_and_ask_that_came_before_it(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    reader = read()
    reader.await_subscription("bookTicker")
    binance.book(BTC, "99.5", "100.5")
    # two connections of their own: what comes on one says nothing about the other
    eventually(lambda: not reader.read() and reader.has_book("BTC/USDT"), "the bid")
    binance.trade(BTC)
    binance.trade(ETH)
    reader.await_trades(BTC, numbers(1))
    reader.await_trades(ETH, numbers(1))
    both = {quote["sid"]: (quote.get("bid"), quote.get("ask")) for quote in reader.quotes}
    assert both == {BTC: (99.5, 100.5), ETH: (None, None)}


def test_trades_while_it_was_not_connected_are_fetched(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    reader = read()
    binance.trade(BTC, 2)
    reader.await_trades(BTC, numbers(2))
    binance.cut()
    binance.trade(BTC, 2500)
    reader.await_trades(BTC, numbers(2502))
    assert reader.losses == ["Connection closed by remote server, closing code 1006"]
    assert binance.connections == 4


def test_trades_that_come_twice_or_out_of_order_are_published_once_and_in_order(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    reader = read()
    made = binance.trade(BTC, 3)
    held = binance.trade(BTC, 3, sent=False)
    binance.send(held[2], held[0], made[1], held[1], held[0], held[2])
    reader.await_trades(BTC, numbers(6))
    assert not [path for path in binance.requests if "aggTrades" in path]


def test_trades_that_the_stream_leaves_out_are_fetched(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    reader = read()
    binance.trade(BTC, 2)
    binance.trade(BTC, 500, sent=False)
    binance.trade(BTC, 2)
    reader.await_trades(BTC, numbers(504))
    assert not reader.losses
    assert not reader.gaps


def test_trades_that_the_exchange_does_not_have_are_a_gap_with_its_bounds(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    reader = read()
    binance.trade(BTC, 2)
    reader.await_trades(BTC, numbers(2))
    binance.trade(BTC, 500, sent=False)
    binance.forgotten[BTC] = FIRST + 400
    binance.trade(BTC, 1)
    reader.await_trades(BTC, [*numbers(2), *numbers(503)[400:]])
    assert [gap._asdict() for gap in reader.gaps] == [
        {
            "sid": BTC,
            "after": {"id": "binance:BTCUSDT:1001", "ts": "2024-01-01T00:00:00.010Z"},
            "before": {"id": "binance:BTCUSDT:1400", "ts": "2024-01-01T00:00:04.000Z"},
            "missing": 398,
        }
    ]


@pytest.mark.parametrize(
    "end",
    [
        lambda binance: binance.close_streams(1000),
        lambda binance: binance.close_streams(1008, b"Too many requests"),
        lambda binance: binance.announce_shutdown(),
        lambda binance: binance.send_text('{"e":"aggTrade","E":17040672'),
    ],
    ids=["after 24 hours", "a rule was broken", "serverShutdown", "half a message"],
)
def test_whatever_ends_a_connection_no_trade_is_lost(
    binance: BinanceServer, read: Callable[..., Reader], end: Callable[[BinanceServer], None]
) -> None:
    reader = read()
    binance.trade(BTC, 2)
    reader.await_trades(BTC, numbers(2))
    binance.trade(ETH, 1, sent=False)
    end(binance)
    binance.trade(BTC, 3, sent=False)
    reader.await_trades(BTC, numbers(5))
    assert len(reader.losses) == 1
    # it has subscribed again
    reader.await_subscription()
    binance.trade(BTC, 2)
    reader.await_trades(BTC, numbers(7))


@pytest.fixture
def without_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exchange is read as one whose ids say nothing."""
    options = {"fetchMarkets": {"types": ["spot"]}, "fetchCurrencies": False}
    monkeypatch.setattr(source, "dialect_of", lambda _: Dialect(options=options))


@pytest.mark.usefixtures("without_numbers")
def test_without_numbers_the_history_is_read_until_it_overlaps_with_the_stream(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    reader = read("trade")
    binance.trade(BTC, 3)
    # it begins behind the first one
    reader.await_trades(BTC, numbers(3)[1:])
    binance.cut()
    binance.trade(BTC, 1500, sent=False)
    reader.await_trades(BTC, numbers(1503)[1:])
    reader.await_subscription("trade")
    binance.trade(BTC, 300, sent=False)
    binance.trade(BTC, 2)
    reader.await_trades(BTC, numbers(1805)[1:])
    assert not reader.gaps


@pytest.mark.usefixtures("without_numbers")
def test_without_numbers_and_history_there_is_a_gap_of_unknown_size(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    reader = read("trade")
    binance.trade(BTC, 3)
    reader.await_trades(BTC, numbers(3)[1:])
    binance.trade(BTC, 100, sent=False)
    binance.forgotten[BTC] = FIRST + 50
    binance.cut()
    reader.await_trades(BTC, [*numbers(3)[1:], *numbers(103)[50:]])
    (gap,) = reader.gaps
    assert (gap.after["id"], gap.before["id"]) == ("binance:BTCUSDT:1002", "binance:BTCUSDT:1050")
    assert gap.missing is None


@pytest.mark.usefixtures("without_numbers")
def test_what_ccxt_has_dropped_is_read_from_the_history(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    reader = read("trade")
    binance.trade(BTC, 4000)
    binance.trade(BTC, 1)
    eventually(lambda: reader.read_on() or reader.numbers(BTC)[-1:] == [FIRST + 4000], "the last")
    assert reader.numbers(BTC) == list(range(reader.numbers(BTC)[0], FIRST + 4001))
    assert not reader.gaps


@pytest.mark.parametrize("numbered", [True, False])
def test_an_exchange_without_a_stream_is_polled(
    binance: BinanceServer, request: pytest.FixtureRequest, numbered: bool
) -> None:
    if not numbered:
        request.getfixturevalue("without_numbers")
    has = {"watchTradesForSymbols": False, "watchTrades": False, "watchBidsAsks": False}
    reader = Reader(binance, every=0.02, config={"has": has})
    binance.trade(BTC, 5)
    reader.source.connect(None)
    eventually(lambda: reader.read(), "a beginning")
    # the newest trade is the beginning: what has a number begins with it, the others behind it
    first = numbers(5)[4] if numbered else FIRST + 5
    for _ in range(3):
        binance.trade(BTC, 1100)
        reader.await_trades(BTC, list(range(first, FIRST + len(binance.trades[BTC]))))
    assert binance.connections == 0
    reader.source.close()


def test_requests_stop_for_as_long_as_the_exchange_asks(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    now = [0.0]
    reader = read(clock=lambda: now[0])
    binance.trade(BTC, 2)
    reader.await_trades(BTC, numbers(2))
    binance.refuse("/api/v3/aggTrades", 429, Retry_After="40")
    binance.trade(BTC, 2, sent=False)
    binance.trade(BTC, 1)
    eventually(lambda: reader.read() or advance(now, 0.3) or reader.told, "a refusal")
    assert "it asks for no more requests for 40 s" in reader.told[0]
    binance.accept("/api/v3/aggTrades")
    asked = len(binance.requests)
    until = now[0] + 39
    while now[0] < until:
        reader.read(0.001)
        advance(now, 1)
    assert len(binance.requests) == asked
    assert reader.numbers(BTC) == numbers(2)
    advance(now, 2)
    reader.await_trades(BTC, numbers(5))
    assert not reader.losses


def test_a_ban_is_waited_for_before_the_next_connection(binance: BinanceServer) -> None:
    now = [0.0]
    reader = Reader(binance, clock=lambda: now[0])
    binance.refuse("/api/v3/exchangeInfo", 418, Retry_After="120")
    with pytest.raises(SourceLostError, match="it asks for no more requests for 120 s"):
        reader.source.connect(None)
    reader.source.close()
    binance.accept("/api/v3/exchangeInfo")
    asked = len(binance.requests)
    advance(now, 119)
    with pytest.raises(SourceLostError, match="it has asked for a pause of requests"):
        reader.source.connect(None)
    assert len(binance.requests) == asked
    advance(now, 2)
    reader.source.connect(None)
    reader.source.close()


@pytest.mark.parametrize("status", [406, 429, 503])
def test_a_stream_that_is_refused_is_tried_again(
    binance: BinanceServer, read: Callable[..., Reader], status: int
) -> None:
    reader = read()
    binance.trade(BTC, 2)
    reader.await_trades(BTC, numbers(2))
    binance.refuse("/stream/ws", status)
    binance.close_streams(1000)
    eventually(lambda: reader.read_on() or len(reader.losses) > 2, "refusals")
    assert str(status) in reader.losses[-1]
    binance.accept("/stream/ws")
    reader.await_subscription()
    binance.trade(BTC, 3)
    reader.await_trades(BTC, numbers(5))


def test_a_stream_that_says_nothing_more_is_noticed_and_replaced(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    reader = read(quiet=0.3)
    binance.trade(BTC, 2)
    reader.await_trades(BTC, numbers(2))
    binance.is_deaf = True
    binance.trade(BTC, 50)
    reader.await_trades(BTC, numbers(52))
    eventually(lambda: reader.read_on() or reader.losses, "a loss")
    assert reader.losses == ["it has stopped sending trades of BTC/USDT"]
    binance.is_deaf = False
    reader.await_subscription()
    binance.trade(BTC, 1)
    reader.await_trades(BTC, numbers(53))


def test_pings_are_answered_with_their_payload(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    reader = read()
    binance.ping(b"1704067200000")
    eventually(lambda: not reader.read() and binance.pongs, "a pong")
    assert set(binance.pongs) == {b"1704067200000"}


def test_a_reader_that_is_slow_gets_every_trade_later(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    reader = read()
    binance.trade(BTC, 1)
    reader.await_trades(BTC, numbers(1))
    # more than ccxt keeps, and more than the history gives at once
    binance.trade(BTC, 4000)
    reader.await_trades(BTC, numbers(4001))
    assert not reader.gaps


def test_a_wrong_clock_changes_nothing(
    binance: BinanceServer, read: Callable[..., Reader], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = read()
    binance.trade(BTC, 2)
    reader.await_trades(BTC, numbers(2))
    right = time.time
    for years in (-30, 30):
        monkeypatch.setattr(time, "time", lambda apart=years: right() + apart * 365 * 86_400)
        binance.cut()
        binance.trade(BTC, 10)
        before = len(reader.numbers(BTC))
        reader.await_trades(BTC, numbers(before + 10))
    assert reader.quotes[-1]["ts"] == "2024-01-01T00:00:00.210Z"


def advance(now: list[float], seconds: float) -> None:
    now[0] += seconds


@pytest.fixture
def live(
    binance: BinanceServer, start: Callable[..., Process], tmp_path: Path
) -> Callable[..., Process]:
    """Starts the command."""
    config = tmp_path / "binance.json"
    config.write_text(json.dumps(binance.config))

    def starter(broker: Broker, *options: object) -> Process:
        return start(
            *("market-data", "live", "--exchange", "binance", "--symbol", "BTC/USDT"),
            *("--exchange-config", config, "--mqtt", broker.url, *options),
        )

    return starter


def test_the_command_publishes_trades_and_reports_gaps_with_their_bounds(
    broker: Broker,
    binance: BinanceServer,
    live: Callable[..., Process],
    subscribe: Callable[..., Subscriber],
) -> None:
    subscriber, errors = subscribe(broker.port), subscribe(broker.port, "errors/binance")
    process = live(broker)
    process.wait_for("publishing BTC/USDT of binance as binance to quotes")
    eventually(lambda: binance.is_subscribed(BTC), "a subscription")
    binance.trade(BTC, 100)
    subscriber.await_count(100)
    binance.cut()
    binance.trade(BTC, 1400, sent=False)
    process.wait_for("BTC/USDT of binance is unavailable: .* 1006; trying again")
    subscriber.await_count(1500)
    binance.trade(BTC, 500, sent=False)
    binance.forgotten[BTC] = FIRST + 1900
    eventually(lambda: binance.is_subscribed(BTC), "a subscription")
    binance.trade(BTC)
    found = [message["id"] for message in subscriber.await_count(1601)]
    expected = [*numbers(1500), *numbers(2001)[1900:]]
    assert found == [f"binance:BTCUSDT:{number}" for number in expected]
    report = errors.await_count(1)[0]
    assert (report["topic"], report["code"]) == ("quotes", "gap")
    assert report["gap"] == {
        "sid": BTC,
        "after": {"id": "binance:BTCUSDT:2499", "ts": "2024-01-01T00:00:14.990Z"},
        "before": {"id": "binance:BTCUSDT:2900", "ts": "2024-01-01T00:00:19.000Z"},
        "missing": 400,
    }
    jsonschema.validate(report, json.loads((ROOT / "contracts/error.schema.json").read_text()))


def test_nobody_has_to_read_the_reports_about_gaps(
    mosquitto: Broker,
    binance: BinanceServer,
    live: Callable[..., Process],
    subscribe: Callable[..., Subscriber],
) -> None:
    subscriber = subscribe(mosquitto.port)
    live(mosquitto)
    eventually(lambda: binance.is_subscribed(BTC), "a subscription")
    binance.trade(BTC)
    subscriber.await_count(1)
    binance.trade(BTC, 9, sent=False)
    binance.forgotten[BTC] = FIRST + 10
    binance.trade(BTC)
    assert subscriber.await_count(2)[-1]["id"] == "binance:BTCUSDT:1010"


def test_killed_and_started_again_it_goes_on_where_it_was(
    mosquitto: Broker,
    binance: BinanceServer,
    live: Callable[..., Process],
    subscribe: Callable[..., Subscriber],
    tmp_path: Path,
) -> None:
    subscriber, state = subscribe(mosquitto.port), tmp_path / "live.json"
    process = live(mosquitto, "--state", state)
    eventually(lambda: binance.is_subscribed(BTC), "a subscription")
    binance.trade(BTC, 100)
    subscriber.await_count(100)
    eventually(lambda: json.loads(state.read_text())["position"], "a beginning")
    process.kill()
    binance.trade(BTC, 1200)
    live(mosquitto, "--state", state).wait_for("continuing BTC/USDT of binance")
    eventually(lambda: len(subscriber.first_appearances()) == 1300, "the other trades")
    found = subscriber.first_appearances()
    assert found == [f"binance:BTCUSDT:{number}" for number in numbers(1300)]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], "--exchange needs --symbol, such as --symbol BTC/USDT"),
        (
            ["--symbol", "BTC/USDT", "--exchange-config", "none.json"],
            "none.json: it cannot be read: No such file or directory; expected a JSON object",
        ),
        (
            ["--symbol", "BTC/USDT", "--exchange", "binanec"],
            'there is no exchange "binanec" with public trades; did you mean "binance"?',
        ),
        (["--sql", "x.db", "--symbol", "BTC/USDT"], "--symbol is not for the source of --sql"),
    ],
)
def test_a_mistake_is_a_sentence_and_status_2(options: list[str], sentence: str) -> None:
    given = ["--exchange", "binance", *options] if "--sql" not in options else options
    result = CliRunner().invoke(main, ["live", *given])
    assert result.exit_code == 2
    assert sentence in result.output


def test_a_market_that_the_exchange_does_not_have_ends_the_command(
    mosquitto: Broker, live: Callable[..., Process]
) -> None:
    process = live(mosquitto, "--symbol", "ETH/USDC")
    assert process.wait() == 2
    assert 'binance has no market "ETH/USDC"; did you mean "ETH/USDT"?' in process.output
    assert "Traceback" not in process.output
