"""`market-data record --to` a database, killed again and again, and read back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from market_data import FeedError, Quote, as_message, open_feed
from market_data.commands.main import main
from market_data.record.table import Table
from tests.market_data.record.messages import quote, received
from tests.market_data.subscriber import Subscriber
from tests.support.brokers import Broker
from tests.support.postgres import Postgres
from tests.support.processes import Process, eventually

QUOTES = 1_500
KILLS = 3
QUERY = "SELECT topic, payload, bytes FROM messages ORDER BY seq"


def test_a_recorder_that_is_killed_again_and_again_keeps_each_quote_once_in_order(
    mosquitto: Broker,
    postgres: Postgres,
    start: Callable[..., Process],
    subscribe: Callable[..., Subscriber],
    tmp_path: Path,
) -> None:
    name = postgres.new_database()
    url = postgres.url(name)
    prices = tmp_path / "prices.csv"
    lines = (f"{1_700_000_000 + n},{100 + n % 7}" for n in range(QUOTES))
    prices.write_text("\n".join(["ts,price", *lines]))
    record = ("market-data", "record", "--to", url, "--mqtt", mosquitto.url)
    recorder = start(*record)
    recorder.wait_for(f"^recording quotes/# of .* to the table messages of postgresql://.*/{name}")
    replay = start(
        *("market-data", "replay", prices, "--topic", "quotes/goog", "--run", "r"),
        *("--mqtt", mosquitto.url, "--rate", "1500"),
    )
    with postgres.connect(name) as connection:

        def kept() -> int:
            [(count,)] = connection.execute("SELECT count(*) FROM messages").fetchall()
            return int(count)

        for n in range(1, KILLS + 1):
            eventually(lambda: kept() >= QUOTES // (KILLS + 1) * n, "progress")  # noqa: B023
            recorder.kill()
            recorder = start(*record)
        assert replay.wait() == 0
        eventually(lambda: kept() == QUOTES, "all quotes")
    recorder.wait_for("^recording ")
    assert recorder.stop() == 0
    read = [as_message(each, "another run") for each in open_feed(url, query=QUERY)]
    assert [message["id"] for message in read] == [f"prices:r:{n}" for n in range(1, QUOTES + 1)]
    assert {message["channel"] for message in read} == {"quotes/goog"}
    assert [message["quote"] for message in read] == [100 + n % 7 for n in range(QUOTES)]
    # and published where they were recorded
    subscriber = subscribe(mosquitto.port, "quotes/goog")
    again = start("market-data", "replay", url, "--query", QUERY, "--max", "--mqtt", mosquitto.url)
    assert again.wait() == 0, again.output
    subscriber.await_count(QUOTES)
    assert subscriber.first_appearances() == [message["id"] for message in read]


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Messages in SQLite: quotes of every form, and what is none."""
    url = f"sqlite:///{tmp_path}/recorded.db"
    table = Table(url, "the database", "messages", print)
    table.keep(
        [
            quote(2),
            received("hello", "orders/sma_cross"),
            quote(1),
            received('[{"s": "AAPL", "p": 3, "n": "1"}, {"s": "AAPL", "p": 4}]', "trades/x"),
            received(b"\xff"),
            received('{"goog": 5}', "quotes/shorthand"),
        ]
    )
    table.close()
    return url


def test_recorded_messages_are_read_in_the_order_of_arrival_as_the_bridge_reads_them(
    url: str,
) -> None:
    skipped: list[str] = []
    feed = open_feed(
        url,
        query=QUERY,
        fields="trades/#:sid=s,quote=p",
        on_skip=lambda row: skipped.append(f"{row.row} {row.code}"),
    )
    assert [as_message(each, "r") for each in feed] == [
        {"sid": "GOOG", "quote": 102.0, "id": "r:2", "channel": "quotes"},
        {"sid": "GOOG", "quote": 101.0, "id": "r:1", "channel": "quotes"},
        {"sid": "AAPL", "quote": 3.0, "id": "recorded:r:4/1", "channel": "trades/x"}
        | {"s": "AAPL", "p": 3, "n": "1"},
        {"sid": "AAPL", "quote": 4.0, "id": "recorded:r:4/2", "channel": "trades/x"}
        | {"s": "AAPL", "p": 4},
        {"sid": "goog", "quote": 5.0, "id": "recorded:r:6/goog", "channel": "quotes/shorthand"},
    ]
    assert skipped == ["5 not_utf8"]


def test_messages_as_json_of_postgresql_are_read_too(postgres: Postgres) -> None:
    name = postgres.new_database()
    message = {"sid": "GOOG", "quote": 1.5, "id": "a", "ts": "2024-01-10"}
    with postgres.connect(name) as connection:
        connection.execute("CREATE TABLE log (topic text, payload jsonb)")
        connection.execute("INSERT INTO log VALUES ('quotes', %s)", [json.dumps(message)])
    [found] = open_feed(postgres.url(name), query="SELECT topic, payload FROM log")
    assert isinstance(found, Quote)
    assert as_message(found, "") == {**message, "channel": "quotes"}


@pytest.mark.parametrize(
    ("query", "options", "sentence"),
    [
        (QUERY, {"time_unit": "ms"}, "--time-unit is 'ms': the query gives messages, for they"),
        (
            "SELECT 'A' AS sid, 1 AS quote, 1 AS ts",
            {"fields": "sid=s,quote=p"},
            "the query gives no messages, which would have the columns topic and payload",
        ),
    ],
)
def test_an_option_that_does_not_apply_to_what_a_query_gives_is_refused(
    url: str, query: str, options: dict[str, str], sentence: str
) -> None:
    with pytest.raises(FeedError) as caught:
        list(open_feed(url, query=query, **options))  # type: ignore[arg-type]
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "expected one of --out FOLDER and --to URL."),
        (["--out", "x", "--to", "sqlite:///x"], "expected one of --out FOLDER and --to URL."),
        (["--to", "ann:s3cret@h"], "h: no database has such a URL; expected sqlite:///FILE"),
        (["--to", "mysql+nodriver://ann:s3cret@h/m"], "mysql+nodriver://h/m: no database has such"),
    ],
)
def test_a_mistake_is_a_sentence_without_a_password(arguments: list[str], sentence: str) -> None:
    result = CliRunner().invoke(main, ["record", *arguments])
    assert result.exit_code == 2
    assert sentence in result.output
    assert "s3cret" not in result.output
