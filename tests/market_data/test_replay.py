"""`market-data replay` as a process, against a real mosquitto."""

from __future__ import annotations

import gzip
import json
import re
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.market_data.page import Page
from tests.market_data.subscriber import Subscriber
from tests.support.brokers import Broker
from tests.support.processes import ROOT, Process, eventually, free_port

Start = Callable[..., Process]
Subscribe = Callable[..., Subscriber]

THREE = "date,symbol,price\n2020-01-01,A,1\n2020-01-02,B,2.5\n2020-01-03,A,3\n"


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """A file with three quotes."""
    path = tmp_path / "three.csv"
    path.write_text(THREE)
    return path


def test_the_whole_sample_arrives_once_and_in_order(
    mosquitto: Broker, start: Start, subscribe: Subscribe
) -> None:
    subscriber = subscribe(mosquitto.port)
    process = start(
        "market-data", "replay", "goog", "--max", "--run", "r1", "--mqtt", mosquitto.url
    )
    assert process.wait() == 0
    received = subscriber.await_count(2148)
    assert received[0] == {
        "sid": "GOOG",
        "quote": 100.335,
        "ts": "2004-08-19",
        "id": "goog:r1:1",
        "open": 100.01,
        "high": 104.06,
        "low": 95.96,
        "close": 100.335,
        "volume": 44659000,
    }
    assert received[-1]["quote"] == 806.19
    assert [message["id"] for message in received] == [f"goog:r1:{row}" for row in range(1, 2149)]
    assert subscriber.retained == 0
    first, last = process.output.splitlines()
    assert first == (
        f"replaying goog: 2148 quotes of GOOG as run r1 to quotes on {mosquitto.url},"
        " as fast as it goes"
    )
    assert last.startswith("sent 2148 quotes in ")


def test_a_file_is_replayed_at_a_rate_and_skipped_rows_are_counted(
    mosquitto: Broker, start: Start, subscribe: Subscribe, three: Path
) -> None:
    """A file is replayed at a rate on the topic and skipped rows are counted."""
    subscriber = subscribe(mosquitto.port, "other/topic")
    three.write_text(THREE + "2020-01-04,A,\n2020-01-05,A,5\n2020-01-06,,1\n")
    process = start(
        *("market-data", "replay", three, "--rate", "100", "--run", "r"),
        *("--topic", "other/topic", "--mqtt", mosquitto.url),
    )
    assert process.wait() == 0
    assert subscriber.await_count(4) == [
        {"sid": "A", "quote": 1.0, "ts": "2020-01-01", "id": "three:r:1"},
        {"sid": "B", "quote": 2.5, "ts": "2020-01-02", "id": "three:r:2"},
        {"sid": "A", "quote": 3.0, "ts": "2020-01-03", "id": "three:r:3"},
        {"sid": "A", "quote": 5.0, "ts": "2020-01-05", "id": "three:r:5"},
    ]
    output = process.output
    assert f"replaying {three} as run r to other/topic on {mosquitto.url}, 100 per second" in output
    assert output.count("row 4 skipped: no price") == output.count("skipped: ") == 1
    assert "sent 4 quotes" in output
    assert "skipped 2 rows, the first of them row 4 of three: no price\n" in output


def test_sources_of_several_kinds_are_replayed_in_the_order_of_time(
    mosquitto: Broker, start: Start, subscribe: Subscribe, three: Path, tmp_path: Path
) -> None:
    live = tmp_path / "live.jsonl"
    live.write_text(
        '{"sid": "C", "quote": "4", "ts": "2020-01-02T12:00:00Z", "id": "x", "volume": 5}\n'
        '{"c": 5, "ts": "2020-01-02"}\n'
        "nonsense\n"
    )
    database = tmp_path / "prices.db"
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE daily AS SELECT 'D' AS symbol, '2020-01-04' AS date, 6 AS p")
    connection.commit()
    connection.close()
    three.write_text(THREE.replace("price", "p"))
    subscriber = subscribe(mosquitto.port)
    process = start(
        *("market-data", "replay", three, live, database, "--max", "--run", "r"),
        *("--columns", "quote=P", "--query", "SELECT * FROM daily", "--sort"),
        # a day's price is known at its end, unless somebody says that its time is that
        *("--bar-time", "close"),
        *("--mqtt", mosquitto.url, "--state", tmp_path / "state"),
    )
    assert process.wait() == 0
    assert subscriber.await_count(6) == [
        {"sid": "A", "quote": 1.0, "ts": "2020-01-01", "id": "three:r:1"},
        {"sid": "B", "quote": 2.5, "ts": "2020-01-02", "id": "three:r:2"},
        {"sid": "c", "quote": 5.0, "ts": "2020-01-02", "id": "live:r:2/c"},
        {"sid": "C", "quote": 4.0, "ts": "2020-01-02T12:00:00Z", "id": "x", "volume": 5},
        {"sid": "A", "quote": 3.0, "ts": "2020-01-03", "id": "three:r:3"},
        {"sid": "D", "quote": 6.0, "ts": "2020-01-04", "id": "prices:r:1"},
    ]
    assert f"replaying {three}, {live}, {database} as run r to quotes" in process.output
    process.wait_for("^warning: row 3 of live skipped: not JSON: ")
    state = json.loads((tmp_path / "state").read_text())
    assert (state["source"], state["confirmed"]) == ("three+live+prices", [1, 6])


EUROPEAN = "Tag;Uhr;Kurs\n02.01.2020;09:30;1.234,5\n03.01.2020;09:30;1.235,5\n06.01.2020;09:30;7\n"


@pytest.mark.parametrize("by", ["options", "environment"])
def test_a_file_of_another_country_is_replayed_as_it_is_said_to_be_read(
    mosquitto: Broker, start: Start, subscribe: Subscribe, tmp_path: Path, by: str
) -> None:
    path = tmp_path / "kurse.csv.gz"
    path.write_bytes(gzip.compress(EUROPEAN.encode("utf-16-le")))
    options = {
        "--columns": "ts=Tag+Uhr,quote=Kurs",
        "--delimiter": ";",
        "--encoding": "utf-16-le",
        "--decimal": ",",
        "--thousands": ".",
        "--time-format": "%d.%m.%Y %H:%M",
        "--timezone": "Europe/Berlin",
        "--from": "2020-01-02",
        "--to": "2020-01-03",
    }
    words = [word for option in options.items() for word in option]
    env = {}
    if by == "environment":
        words = []
        for option, value in options.items():
            env["MARKET_DATA_" + option.removeprefix("--").replace("-", "_").upper()] = value
    subscriber = subscribe(mosquitto.port)
    process = start(
        *("market-data", "replay", path, "--max", "--run", "r", "--mqtt", mosquitto.url, *words),
        env=env,
    )
    assert process.wait() == 0
    assert subscriber.await_count(2) == [
        {"sid": "KURSE", "quote": 1234.5, "ts": "2020-01-02T09:30:00+01:00", "id": "kurse:r:1"},
        {"sid": "KURSE", "quote": 1235.5, "ts": "2020-01-03T09:30:00+01:00", "id": "kurse:r:2"},
    ]
    assert "sent 2 quotes" in process.output


def test_without_a_header_columns_are_named_by_position(
    mosquitto: Broker, start: Start, subscribe: Subscribe, tmp_path: Path
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("45292,1.5\n45293,2.5\n")
    subscriber = subscribe(mosquitto.port)
    process = start(
        *("market-data", "replay", path, "--max", "--run", "r", "--mqtt", mosquitto.url),
        *("--no-header", "--columns", "ts=1,quote=2", "--time-unit", "excel"),
        *("--bar-time", "open", "--strict"),
    )
    assert process.wait() == 0
    assert [(each["quote"], each["ts"]) for each in subscriber.await_count(2)] == [
        (1.5, "2024-01-01T23:59:59.999Z"),
        (2.5, "2024-01-02T23:59:59.999Z"),
    ]


def test_bars_are_replayed_and_continued_by_their_number(
    mosquitto: Broker, start: Start, subscribe: Subscribe, tmp_path: Path
) -> None:
    path, state = tmp_path / "mine.csv", tmp_path / "state"
    rows = [f"2024-01-10T10:{n:02}:30Z,{n + 100},1" for n in range(12)]
    path.write_text("\n".join(["ts,price,size", *rows, ""]))
    words = ("market-data", "replay", path, "--bars", "5m", "--max", "--run", "r")
    words += ("--mqtt", mosquitto.url, "--state", state)
    subscriber = subscribe(mosquitto.port)
    process = start(*words)
    assert process.wait() == 0
    first, second = subscriber.await_count(2)
    assert first == {
        "sid": "MINE",
        "quote": 104.0,
        "ts": "2024-01-10T10:04:59.999Z",
        "id": "mine:r:5m:MINE:2024-01-10T10:04:59.999Z",
        "open": 100,
        "high": 104,
        "low": 100,
        "close": 104,
        "volume": 5,
    }
    assert second["id"] == "mine:r:5m:MINE:2024-01-10T10:09:59.999Z"
    process.wait_for(
        "^warning: bars of 5m: 1 is not complete at the end, and left out; the first, of"
    )
    # the file grows, and the bar that was left out is complete
    path.write_text(path.read_text() + "2024-01-10T10:15:00Z,120,1\n")
    saved = json.loads(state.read_text())
    assert (saved["source"], saved["confirmed"]) == ("mine in bars of 5m", [1, 2])
    state.write_text(json.dumps(saved | {"again_from": [1, 3], "complete": False}))
    assert start(*words).wait() == 0
    assert subscriber.await_count(3)[2]["quote"] == 111
    other = start(*words[:3], "--bars", "1m", *words[5:])
    assert other.wait() == 2
    other.wait_for('it is of the source "mine in bars of 5m"; expected "mine in bars of 1m"')


def test_strict_stops_at_the_first_invalid_row(
    mosquitto: Broker, start: Start, subscribe: Subscribe, tmp_path: Path
) -> None:
    """Strict stops at the first row that is no quote and says what was published."""
    path = tmp_path / "mine.csv"
    rows = "".join(f"{1577836800000 + n},1\n" for n in range(2000))
    path.write_text(f"ts,quote\n{rows}t,1\n")
    subscriber = subscribe(mosquitto.port)
    process = start("market-data", "replay", path, "--max", "--strict", "--mqtt", mosquitto.url)
    assert process.wait() == 2
    process.wait_for('^Error: mine: row 2001: the time is "t": .*; without --strict it is skipped$')
    words = process.wait_for("stopped after").split()
    published, confirmed = int(words[4]), int(words[7])
    assert published == confirmed == len(subscriber.await_count(published))
    # the batch that the row is in is lost with it
    assert published == 1024


def test_what_is_known_of_a_file_is_said_before_and_what_was_odd_after_it(
    mosquitto: Broker, start: Start, subscribe: Subscribe, tmp_path: Path
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(
        "Date,Time,Open,High,Low,Close,Volume\n"
        "2024.02.05,09:30,1,2,1,1.5,30\n"
        "2024.02.05,09:31,1,2,1,,30\n"
        "2024.02.05,09:31,1,2,1,1.6,30\n"
        "2024.02.05,09:31,1,2,1,1.6,30\n"
        "2024.02.05,09:32,1,2,1,-1,30\n"
        "2024.02.05,09:32,1,2,1,3.2,30\n"
    )
    subscribe(mosquitto.port)
    process = start("market-data", "replay", path, "--max", "--mqtt", mosquitto.url)
    assert process.wait() == 0
    lines = process.output.splitlines()
    assert lines[:2] == [
        "warning: row 2 skipped: no price",
        "warning: row 5 skipped: the price '-1' is not above 0",
    ]
    assert lines[2].startswith(f"replaying {path} as run ")
    assert lines[3:6] == [
        "layout: MetaTrader 4",
        "time zone: unknown, so UTC is taken (or --timezone)",
        "the times open bars of 1 minute: each quote gets the time of its bar's end, when its"
        " price is known",
    ]
    assert lines[6].startswith("sent 3 quotes in ")
    assert lines[7:] == [
        "warning: skipped row 2 of mine: no price",
        "warning: skipped row 5 of mine: the price '-1' is not above 0; profit and drawdown do not"
        " contain it",
        "warning: dropped 1 repeated bar, the first of them row 4 of mine",
        "warning: 1 jump of a price by about 2, 3, 5, 10 or more, which may be a split: the first"
        " of them row 6 of mine, MINE from 1.6 to 3.2",
    ]


def test_an_hour_that_comes_twice_is_said(
    mosquitto: Broker, start: Start, subscribe: Subscribe
) -> None:
    subscribe(mosquitto.port)
    process = start(
        *("market-data", "replay", ROOT / "tests" / "cases" / "09b-dst-no-offset.csv", "--max"),
        *("--timezone", "America/New_York", "--mqtt", mosquitto.url),
    )
    assert process.wait() == 0
    note = "4 times of 09b-dst-no-offset are of an hour that comes twice, from 2024-11-03 01:00:00"
    assert process.output.count(note) == 1


def test_options_come_from_the_environment_where_they_are_not_empty(
    mosquitto: Broker, start: Start, subscribe: Subscribe, three: Path
) -> None:
    subscriber = subscribe(mosquitto.port, "elsewhere")
    process = start(
        *("market-data", "replay", three, "--max"),
        env={
            "MARKET_DATA_MQTT": mosquitto.url,
            "MARKET_DATA_TOPIC": "elsewhere",
            # the command line's --max is nearer than this
            "MARKET_DATA_RATE": "0.001",
            "MARKET_DATA_MAX": "",
            "MARKET_DATA_LOOP": "",
            "MARKET_DATA_RUN": "",
            "MARKET_DATA_COLUMNS": "",
            "MARKET_DATA_QUERY": "",
            "MARKET_DATA_SORT": "",
            "MARKET_DATA_FROM": "",
            "MARKET_DATA_TO": "",
            "MARKET_DATA_DELIMITER": "",
            "MARKET_DATA_ENCODING": "",
            "MARKET_DATA_DECIMAL": "",
            "MARKET_DATA_THOUSANDS": "",
            "MARKET_DATA_NO_HEADER": "",
            "MARKET_DATA_TIME_UNIT": "",
            "MARKET_DATA_TIME_FORMAT": "",
            "MARKET_DATA_TIMEZONE": "",
            "MARKET_DATA_BAR_TIME": "",
            "MARKET_DATA_STRICT": "",
            "MARKET_DATA_STATE": "",
            "MARKET_DATA_WHEN_READY": "",
        },
    )
    assert process.wait() == 0
    # an empty run counts as unset: the time of the start
    run = process.wait_for("as run").split("as run ")[1].split(" ")[0]
    assert len(run) == len("20261123T013000.000Z")
    ids = [message["id"] for message in subscriber.await_count(3)]
    assert ids == [f"three:{run}:{row}" for row in (1, 2, 3)]


def test_each_pass_of_a_loop_has_a_run_of_its_own(
    mosquitto: Broker, start: Start, subscribe: Subscribe, three: Path
) -> None:
    subscriber = subscribe(mosquitto.port)
    process = start(
        *("market-data", "replay", three, "--rate", "200", "--loop", "--run", "r"),
        *("--mqtt", mosquitto.url),
    )
    ids = [message["id"] for message in subscriber.await_count(9)[:9]]
    assert ids == [f"three:{run}:{row}" for run in ("r", "r.2", "r.3") for row in (1, 2, 3)]
    assert process.stop() == 0


def test_after_a_kill_of_the_broker_everything_is_confirmed(
    mosquitto: Broker, start: Start, subscribe: Subscribe
) -> None:
    """A broker that is killed and comes back is told once and everything is confirmed."""
    subscriber = subscribe(mosquitto.port)
    process = start(
        *("market-data", "replay", "goog", "--loop", "--rate", "1000", "--run", "r"),
        *("--mqtt", mosquitto.url),
    )
    subscriber.await_count(300)
    mosquitto.process.kill()
    process.wait_for("lost the broker")
    mosquitto.start()
    process.wait_for("is back")
    assert process.stop() == 0
    assert process.output.count("lost the broker") == 1
    assert process.output.count("is back") == 1
    assert "waiting for the broker at" not in process.output
    words = process.wait_for("stopped after").split()
    assert words[4] == words[7]  # published, and confirmed


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_all_that_was_published_confirmed(
    mosquitto: Broker, start: Start, subscribe: Subscribe, number: signal.Signals
) -> None:
    subscriber = subscribe(mosquitto.port)
    process = start(
        *("market-data", "replay", "goog", "--loop", "--rate", "200"), "--mqtt", mosquitto.url
    )
    subscriber.await_count(20)
    process.signal(number)
    assert process.wait() == 0
    words = process.wait_for("stopped after").split()
    published, confirmed = int(words[4]), int(words[7])
    assert 20 <= published == confirmed
    assert len(subscriber.await_count(published)) == published


def test_a_broker_that_is_away_at_the_start_is_awaited_and_told_once(
    mosquitto: Broker, start: Start, subscribe: Subscribe, three: Path
) -> None:
    mosquitto.process.kill()
    process = start("market-data", "replay", three, "--max", "--mqtt", mosquitto.url)
    process.wait_for(f"waiting for the broker at {mosquitto.url}: Connection refused")
    mosquitto.start()
    subscribe(mosquitto.port)
    assert process.wait() == 0
    assert process.output.count("the broker at") == 2
    assert f"\nwarning: connected to the broker at {mosquitto.url}\n" in process.output
    process.wait_for("^sent 3 quotes in ")


def test_a_signal_ends_it_while_the_broker_is_away(start: Start) -> None:
    url = f"mqtt://ann:secret@127.0.0.1:{free_port()}"
    process = start("market-data", "replay", "goog", "--mqtt", url)
    process.wait_for("waiting for the broker")
    assert process.stop() == 0
    assert "secret" not in process.output


def test_quotes_wait_for_a_subscriber(
    mosquitto: Broker, start: Start, subscribe: Subscribe
) -> None:
    process = start(
        *("market-data", "replay", "goog", "--max", "--run", "r", "--mqtt", mosquitto.url)
    )
    process.wait_for("^warning: nobody is subscribed to quotes; waiting for a subscriber$")
    subscriber = subscribe(mosquitto.port)
    assert process.wait() == 0
    ids = [message["id"] for message in subscriber.await_count(2148)]
    assert ids == [f"goog:r:{row}" for row in range(1, 2149)]
    assert process.output.count("subscribed to quotes") == 2
    process.wait_for("^warning: somebody is subscribed to quotes$")


def test_a_signal_ends_it_while_a_subscriber_is_awaited(mosquitto: Broker, start: Start) -> None:
    process = start("market-data", "replay", "goog", "--mqtt", mosquitto.url)
    process.wait_for("nobody is subscribed")
    assert process.stop() == 0
    process.wait_for("stopped after .* 1 quotes published, 0 confirmed")


@pytest.mark.parametrize("status", [503, 204])
def test_no_quote_leaves_before_the_page_answers_200(
    mosquitto: Broker, start: Start, subscribe: Subscribe, three: Path, page: Page, status: int
) -> None:
    page.status = status
    subscriber = subscribe(mosquitto.port)
    process = start(
        *("market-data", "replay", three, "--max", "--when-ready", page.url),
        *("--mqtt", mosquitto.url),
    )
    process.wait_for(f"waiting for {re.escape(page.url)} to be ready")
    eventually(lambda: page.asked >= 3, "three requests")
    assert subscriber.messages == []
    page.status = 200
    assert process.wait() == 0
    assert len(subscriber.await_count(3)) == 3
    assert process.output.count("to be ready") == 1


def test_a_rate_of_the_command_line_is_nearer_than_max_of_the_environment(start: Start) -> None:
    url = f"mqtt://127.0.0.1:{free_port()}"
    process = start(
        *("market-data", "replay", "goog", "--rate", "5", "--mqtt", url),
        env={"MARKET_DATA_MAX": "1"},
    )
    process.wait_for(f"{url}, 5 per second")


def test_a_signal_ends_it_while_the_page_is_awaited(start: Start) -> None:
    process = start(
        "market-data", "replay", "goog", "--when-ready", f"http://127.0.0.1:{free_port()}/"
    )
    process.wait_for("to be ready")
    assert process.stop() == 0
