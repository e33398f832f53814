"""`market-data live --alpaca`: the whole command, against a server of its protocol."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from market_data.commands.main import main
from tests.market_data.subscriber import Subscriber
from tests.support.brokers import Broker
from tests.support.processes import ROOT, Process, eventually

pytest.importorskip("websockets", reason="the extra `live` is not installed")
pytest.importorskip("aiohttp", reason="the server of these tests needs it")

from tests.support.exchanges.alpaca import KEY, SECRET, AlpacaServer, id_of

VARIABLES = {"APCA_API_KEY_ID": KEY, "APCA_API_SECRET_KEY": SECRET}
HIDDEN = [SECRET, base64.b64encode(SECRET.encode()).decode().rstrip("=")]


@pytest.fixture
def live(start: Callable[..., Process], alpaca: AlpacaServer) -> Callable[..., Process]:
    """Starts the command."""

    def starter(broker: Broker, *options: object, env: dict[str, str] | None = None) -> Process:
        symbols = ("--symbol", "AAPL", "--symbol", "MSFT")
        return start(
            *("market-data", "live", "--alpaca", *symbols, "--mqtt", broker.url),
            *(*alpaca.options, *options),
            env=VARIABLES if env is None else env,
        )

    return starter


def test_trades_are_published_and_a_gap_is_reported_and_no_secret_shown(
    mosquitto: Broker,
    alpaca: AlpacaServer,
    live: Callable[..., Process],
    subscribe: Callable[..., Subscriber],
    tmp_path: Path,
) -> None:
    file = tmp_path / "alpaca.env"
    file.write_text("".join(f"{name}={value}\n" for name, value in VARIABLES.items()))
    quotes, errors = subscribe(mosquitto.port), subscribe(mosquitto.port, "errors/#")
    everything = subscribe(mosquitto.port, "#")
    alpaca.is_limited = True
    process = live(mosquitto, "--credentials", file, "--max-silence", "700ms", env={})
    process.wait_for(r"publishing AAPL, MSFT of Alpaca \(iex\) as alpaca to quotes on mqtt://")
    process.wait_for("is unavailable: the account has another connection to this stream")
    alpaca.is_limited = False
    eventually(lambda: alpaca.is_subscribed("AAPL"), "a subscription")
    process.wait_for(r"AAPL, MSFT of Alpaca \(iex\) is back")
    [trade] = alpaca.trade("AAPL")
    [published] = quotes.await_count(1)
    assert published == {
        "sid": "AAPL",
        "quote": 101.5,
        "ts": "2024-01-10T15:00:00.01Z",
        "id": id_of("AAPL", trade),
        "size": 2,
        "exchange": "D",
        "conditions": ["@", "I"],
    }
    process.wait_for("no quote of alpaca for 1 s")
    alpaca.refuse("AAPL", 403, f"not for {KEY} and {SECRET}")
    alpaca.cut()
    report = errors.await_count(1)[0]
    schema = json.loads((ROOT / "contracts/error.schema.json").read_text())
    Draft202012Validator(schema).validate(report)
    assert (report["topic"], report["code"]) == ("quotes", "gap")
    assert report["gap"]["after"] == {"ts": trade["t"], "id": published["id"]}
    process.wait_for(r"trades of AAPL may be missing between .*: not for \*\*\* and \*\*\*")
    alpaca.trade("MSFT")
    quotes.await_count(2)
    process.wait_for("quotes of alpaca again, after")
    shown = [
        process.output,
        Path(f"/proc/{process.popen.pid}/cmdline").read_text(),
        json.dumps(everything.messages),
    ]
    assert [text for text in shown for secret in (*HIDDEN, KEY) if secret in text] == []
    process.popen.terminate()
    process.wait_for("2 quotes and 1 reports published, 3 confirmed")


def test_wrong_credentials_end_the_command_with_a_sentence(
    mosquitto: Broker, live: Callable[..., Process]
) -> None:
    process = live(mosquitto, env={**VARIABLES, "APCA_API_SECRET_KEY": "wr0ng"})
    assert process.wait() == 2
    assert "Alpaca refuses the key and the secret of the environment: auth failed" in process.output
    assert "wr0ng" not in process.output
    assert "Traceback" not in process.output


def test_killed_and_started_again_every_trade_is_published_in_order(
    mosquitto: Broker,
    alpaca: AlpacaServer,
    live: Callable[..., Process],
    subscribe: Callable[..., Subscriber],
    tmp_path: Path,
) -> None:
    subscriber = subscribe(mosquitto.port)
    state = tmp_path / "live.json"
    trades = []
    for life in range(3):
        process = live(mosquitto, "--state", state)
        eventually(lambda: alpaca.is_subscribed("AAPL"), "a subscription")
        if life == 0:
            # the first state is where it begins
            eventually(lambda: '"AAPL"' in state.read_text(), "a state")
        trades += alpaca.trade("AAPL", 300)
        some = len(trades) - 150
        eventually(
            lambda some=some: len(subscriber.first_appearances()) >= some, "some of the trades"
        )
        process.kill()
        trades += alpaca.trade("AAPL", 100, sent=False)
    live(mosquitto, "--state", state)
    eventually(lambda: len(subscriber.first_appearances()) == len(trades), "all trades")
    assert subscriber.first_appearances() == [id_of("AAPL", trade) for trade in trades]
    text = state.read_text()
    assert [secret for secret in (*HIDDEN, KEY) if secret in text] == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "--alpaca needs --symbol, such as --symbol AAPL"),
        (["--symbol", "*"], "'*' names no equity; expected one such as AAPL"),
        (["--symbol", "AAPL"], "APCA_API_KEY_ID is not in the environment; expected the variable"),
        (
            ["--symbol", "AAPL", "--stream-url", "https://u:p@h"],
            '--stream-url: the URL has the scheme "https"; expected wss://HOST',
        ),
        (
            ["--symbol", "AAPL", "--history-url", "h"],
            "--history-url: the URL has no scheme; expected https://HOST",
        ),
        (["--symbol", "AAPL", "--feed", "opra"], "'opra' is not one of 'iex'"),
    ],
)
def test_a_mistake_is_a_sentence_and_status_2(arguments: list[str], sentence: str) -> None:
    result = CliRunner(env=dict.fromkeys(VARIABLES)).invoke(main, ["live", "--alpaca", *arguments])
    assert (result.exit_code, sentence in result.output) == (2, True), result.output


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("websockets", "market_data.live.alpaca.source", "market_data.live.alpaca.stream"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "websockets", None)
    monkeypatch.setitem(sys.modules, "websockets.exceptions", None)
    arguments = ["live", "--alpaca", "--symbol", "AAPL"]
    result = CliRunner(env=VARIABLES).invoke(main, arguments)
    assert result.exit_code == 2
    assert "needs websockets, which is not installed; pip install 'tickwire[live]'" in result.output
