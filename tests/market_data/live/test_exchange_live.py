"""`market-data live --exchange`, the command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from market_data.commands.main import main
from tests.market_data.live.exchange_reader import BTC, numbers
from tests.market_data.subscriber import Subscriber
from tests.support.brokers import Broker
from tests.support.exchanges.binance import BinanceServer
from tests.support.exchanges.binance_messages import FIRST
from tests.support.processes import ROOT, Process, eventually

SECRETS = {"apiKey": "k3y-of-the-account", "secret": "s3cret-of-the-account"}


@pytest.fixture
def live(
    binance: BinanceServer, start: Callable[..., Process], tmp_path: Path
) -> Callable[..., Process]:
    """Starts the command."""
    config = tmp_path / "binance.json"
    config.write_text(json.dumps({**binance.config, **SECRETS}))

    def starter(broker: Broker, *options: object) -> Process:
        return start(
            *("market-data", "live", "--exchange", "binance", "--symbol", "BTC/USDT"),
            *("--exchange-config", config, "--log-level", "debug", "--mqtt", broker.url, *options),
        )

    return starter


def test_the_command_publishes_trades_and_reports_gaps_with_their_bounds_and_no_secret(
    mosquitto: Broker,
    binance: BinanceServer,
    live: Callable[..., Process],
    subscribe: Callable[..., Subscriber],
) -> None:
    subscriber, errors = subscribe(mosquitto.port), subscribe(mosquitto.port, "errors/binance")
    everything = subscribe(mosquitto.port, "#")
    process = live(mosquitto)
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
    command = Path(f"/proc/{process.popen.pid}/cmdline").read_text()
    shown = process.output + command + json.dumps(everything.messages)
    assert [secret for secret in SECRETS.values() if secret in shown] == []
    # lines of ccxt: they have the headers of requests, and some exchanges want the key there
    assert "Request: " not in process.output


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
    subscriber.await_count(2)
    binance.trade(BTC)
    found = [message["id"] for message in subscriber.await_count(3)]
    assert found == [f"binance:BTCUSDT:{number}" for number in (1000, 1010, 1011)]


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
