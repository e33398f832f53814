"""`market-data download` from an exchange of the tests, through ccxt."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from market_data import open_feed
from market_data.commands.main import main
from tests.support.exchanges.binance import BinanceServer
from tests.support.exchanges.binance_messages import SINCE
from tests.support.exchanges.klines import MINUTE, row
from tests.support.processes import Process, eventually
from tests.support.told import Told, described

DAY = 1440 * MINUTE
START = SINCE - 2 * DAY
COUNT = 2 * 1440 + 300
NOW = START + COUNT * MINUTE + 30_000  # in the middle of a candle
SINCE_TEXT = "2023-12-30"


@pytest.fixture
def exchange() -> Iterator[BinanceServer]:
    """An exchange with two days of December, and five hours of January."""
    server = BinanceServer()
    server.klines.first, server.klines.now = START, NOW
    yield server
    server.close()


@pytest.fixture
def words(exchange: BinanceServer, tmp_path: Path) -> list[str]:
    """The command, which keeps the candles in `prices`."""
    config = tmp_path / "exchange.json"
    config.write_text(json.dumps(exchange.config))
    return [
        *("download", "--exchange", "binance", "--symbol", "BTC/USDT", "--since", SINCE_TEXT),
        *("--out", str(tmp_path / "prices"), "--exchange-config", str(config)),
    ]


def run(words: list[str]) -> Result:
    return CliRunner().invoke(main, words)


def expected() -> list[tuple[str, float]]:
    """Times and closes of all candles that are closed."""
    rows = [row(START + n * MINUTE, MINUTE, NOW) for n in range(COUNT)]
    return [(str(each[0]), float(each[4])) for each in rows]


def found(folder: Path) -> list[tuple[str, float]]:
    quotes = open_feed(folder)
    ends = [(each, batch.times[n]) for batch in quotes.batches() for n, each in enumerate(batch[1])]
    return [(str((ns // 10**6 + 1) - MINUTE), each.quote) for each, ns in ends if ns is not None]


def klines(exchange: BinanceServer) -> list[str]:
    return [path for path in exchange.requests if path.startswith("/api/v3/klines")]


def test_the_history_is_there_up_to_the_last_candle_that_is_closed(
    exchange: BinanceServer, words: list[str], tmp_path: Path
) -> None:
    """By the clock of the exchange; later the same command adds what has come since."""
    result = run(words)
    assert result.output.splitlines() == [
        "downloading",
        f"{COUNT:,} candles of BTCUSDT are in {tmp_path / 'prices'}",
        "no candle is missing",
    ]
    assert found(tmp_path / "prices") == expected()
    asked = len(klines(exchange))
    assert run(words).exit_code == 0
    assert len(klines(exchange)) == asked
    exchange.klines.now += MINUTE
    result = run(words)
    assert f"{COUNT + 1:,} candles" in result.output
    assert len(klines(exchange)) == asked + 1


def test_gaps_of_the_exchange_are_reported_with_their_bounds(
    exchange: BinanceServer, words: list[str], tmp_path: Path
) -> None:
    """In the output and in a file; nothing is written in their place."""
    exchange.klines.missing = [(START, START + MINUTE), (START + DAY, START + DAY + 90 * MINUTE)]
    output = run(words).output.splitlines()
    file = tmp_path / "prices" / "_download" / "gaps.jsonl"
    assert output[-3:] == [
        f"91 candles are missing at the exchange, in 2 gaps, which are in {file}:",
        "  BTCUSDT from 2023-12-30T00:00:00Z to 2023-12-30T00:01:00Z: 1",
        "  BTCUSDT from 2023-12-31T00:00:00Z to 2023-12-31T01:30:00Z: 90",
    ]
    assert [json.loads(line) for line in file.read_text().splitlines()] == [
        {"sid": "BTCUSDT", "from": f"{start}Z", "to": f"{end}Z", "candles": count}
        for start, end, count in (
            ("2023-12-30T00:00:00", "2023-12-30T00:01:00", 1),
            ("2023-12-31T00:00:00", "2023-12-31T01:30:00", 90),
        )
    ]
    assert len(found(tmp_path / "prices")) == COUNT - 91


def test_candles_that_one_answer_lacks_are_there(
    exchange: BinanceServer, words: list[str], tmp_path: Path
) -> None:
    exchange.klines.forgets_at = 2
    assert "no candle is missing" in run(words).output
    assert found(tmp_path / "prices") == expected()


def test_killed_in_the_middle_it_continues_and_no_candle_is_there_twice(
    exchange: BinanceServer,
    words: list[str],
    start: Callable[..., Process],
    tmp_path: Path,
) -> None:
    """What was written, a month, is not asked for again."""
    exchange.klines.holds_at = 4
    process = start("market-data", *words)
    eventually(lambda: exchange.klines.served == 4, "the request that is not answered")
    process.popen.kill()
    process.wait()
    assert len(found(tmp_path / "prices")) == 2 * 1440
    asked = len(klines(exchange))
    assert run(words).exit_code == 0
    assert found(tmp_path / "prices") == expected()
    (continued,) = klines(exchange)[asked:]
    assert f"startTime={SINCE}" in continued


def test_sigterm_keeps_what_has_come(
    exchange: BinanceServer,
    words: list[str],
    start: Callable[..., Process],
    tmp_path: Path,
) -> None:
    exchange.klines.holds_at = 2
    process = start("market-data", *words)
    eventually(lambda: exchange.klines.served == 2, "the request that is not answered")
    assert process.stop() == 0
    assert process.output.splitlines()[-1] == "stopped; the same command goes on from here"
    assert found(tmp_path / "prices") == expected()[:1000]


def test_it_waits_as_long_as_the_exchange_asks(
    exchange: BinanceServer,
    words: list[str],
    start: Callable[..., Process],
    tmp_path: Path,
) -> None:
    exchange.refuse("/api/v3/klines", 429, Retry_After="1")
    process = start("market-data", *words)
    line = process.wait_for("trying again")
    assert line.startswith("warning: binance: ")
    assert line.endswith("; trying again in 1.0 s")
    exchange.accept("/api/v3/klines")
    assert process.wait() == 0
    assert found(tmp_path / "prices") == expected()


def test_it_tells_over_http_what_it_fetched_and_why_it_waits(
    exchange: BinanceServer, words: list[str], start: Callable[..., Process]
) -> None:
    exchange.refuse("/api/v3/klines", 429, Retry_After="1")
    exchange.klines.holds_at = 2
    told = Told()
    process = start("market-data", *words, "--http", told.port)
    told.await_reason("^binance: .*; trying again in 1.0 s$")
    assert told.values()["tickwire_download_rows_total"] == 0
    exchange.accept("/api/v3/klines")
    told.await_value("tickwire_download_rows_total", 1000)
    assert told.reasons() == []
    assert told.get("/healthz")[0] == 200
    assert told.metrics() == described("Every process", "market-data download")
    assert process.stop() == 0


def test_a_ban_of_hours_ends_it(exchange: BinanceServer, words: list[str]) -> None:
    exchange.refuse("/api/v3/klines", 418, Retry_After="7200")
    result = run(words)
    assert result.exit_code == 2
    assert result.output.splitlines()[-1].endswith(
        "; it asks to wait 7200 s; the same command goes on from here"
    )
    assert len(klines(exchange)) == 1


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--exchange", "binanc", 'there is no exchange "binanc": did you mean "binance"?'),
        ("--symbol", "BTC/USD", 'there is no symbol of binance "BTC/USD": did you mean'),
        ("--every", "7m", "--every is '7m': it divides no day"),
        ("--every", "45s", "--every is '45s': binance has 1s, 1m, 3m"),
        ("--since", "01/02/2024", "--since is '01/02/2024': "),
        ("--since", "2024-02-01", "at binance it is 2024-01-01T05:00:30Z"),
        (
            "--exchange-config",
            "README.md",
            "README.md: it is not JSON; expected a JSON object",
        ),
    ],
)
def test_a_mistake_is_a_sentence(
    words: list[str], option: str, value: str, sentence: str, tmp_path: Path
) -> None:
    result = run([*words, option, value])
    assert result.exit_code == 2
    assert sentence in result.output
    assert not list((tmp_path / "prices").rglob("*.parquet"))
