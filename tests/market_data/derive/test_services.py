"""`market-data indicators` and `market-data bars` as processes, over real brokers."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from indicators import parse
from market_data.bars.aggregator import Aggregator
from market_data.bars.interval import parse_interval
from market_data.commands.main import main
from market_data.derive.store import Store
from tests.support.brokers import Broker
from tests.support.processes import Process
from tests.support.watcher import Watcher

Start = Callable[..., Process]
Watch = Callable[..., Watcher]


@pytest.fixture
def watch() -> Iterator[Watch]:
    with ExitStack() as stack:

        def watcher(*arguments: Any) -> Watcher:
            made = Watcher(*arguments)
            stack.callback(made.close)
            return made

        yield watcher


def quote(number: int, sid: str = "GOOG", price: float | None = None) -> dict[str, Any]:
    return {
        "sid": sid,
        "quote": price or 100.0 + number % 7,
        "ts": 1_700_000_000 + 10 * number,
        "id": f"q{number}",
    }


def sma(quotes: list[dict[str, Any]], spec: str) -> list[dict[str, Any]]:
    """The messages of an indicator that nothing disturbs."""
    indicator = parse(spec)
    messages = []
    for each in quotes:
        value = indicator.update(each)
        if value is not None:
            messages.append(
                {
                    "sid": each["sid"],
                    "ts": each["ts"],
                    "values": indicator.values(value),
                    "of": ["quotes", each["id"]],
                    "id": f"quotes:{each['id']}",
                }
            )
    return messages


def test_each_quote_becomes_a_message_of_each_indicator_that_has_a_value(
    mosquitto: Broker, start: Start, watch: Watch
) -> None:
    """In the order of the quotes, whatever their form, and a bad one is reported and stops none."""
    watcher = watch(mosquitto, "indicators/#", "errors/#")
    watcher.publish_retained = watcher.client.publish(  # type: ignore[attr-defined]
        "quotes", json.dumps(quote(99)), qos=1, retain=True
    ).wait_for_publish(30)
    options = ("--indicator", "sma:2", "--indicator", "ema:3", "--mqtt", mosquitto.url)
    service = start("market-data", "indicators", *options)
    service.wait_for("subscribed")
    quotes = [quote(number) for number in range(5)]
    for each in quotes[:3]:
        watcher.publish(each)
    watcher.publish("GOOG 345")
    watcher.publish({"sid": "GOOG", "quote": 1.0, "id": "q0"})
    watcher.publish(json.dumps(quotes[1:]))  # with two that come again
    watcher.publish({"BTC/USDT": 1, "id": "s1"})
    watcher.publish({"BTC/USDT": 2, "id": "s2"})
    assert watcher.wait("indicators/sma-2/BTC%2FUSDT") == [
        {
            "sid": "BTC/USDT",
            "values": {"sma": 1.5},
            "of": ["quotes", "s2/BTC/USDT"],
            "id": "quotes:s2/BTC/USDT",
        }
    ]
    assert watcher.of("indicators/sma-2/GOOG") == sma(quotes, "sma:2")
    assert watcher.of("indicators/ema-3/GOOG") == sma(quotes, "ema:3")
    refused = watcher.wait("errors/market-data-indicators", 2)
    assert [record["code"] for record in refused] == ["not_json", "algorithm"]
    assert refused[1]["reason"] == 'id used before: "q0" on quotes, with other content'
    assert service.stop() == 0
    lines = service.output.splitlines()
    assert lines[:3] == [
        f"publishing sma-2, ema-3 of quotes on {mosquitto.url}, session market-data-indicators",
        "without --state FILE: after a restart it begins again from nothing",
        "subscribed",
    ]
    count = len(watcher.of("indicators/sma-2/GOOG")) + len(watcher.of("indicators/ema-3/GOOG")) + 3
    assert lines[-1].partition(" s: ")[2] == (
        "7 quotes taken, 2 duplicates, 1 retained copies dropped, 2 refused,"
        f" {count} messages published, {count} confirmed"
    )


def test_bars_are_those_of_the_aggregator_and_late_quotes_are_reported(
    mosquitto: Broker, start: Start, watch: Watch
) -> None:
    watcher = watch(mosquitto, "site1/bars/#", "site1/errors/#")
    options = ("--every", "1m", "--mqtt", mosquitto.url, "--prefix", "site1/", "--empty", "fill")
    service = start("market-data", "bars", *options)
    service.wait_for("subscribed")
    expected = Aggregator(parse_interval("1m", ""), fill=True)
    bars = []
    late = {**quote(3), "id": "late"}
    for each in (*map(quote, (*range(20), 50)), late, quote(60)):
        bars += expected.take({**each, "channel": "quotes"})
        watcher.publish(each, "site1/quotes")
    watcher.publish({"sid": "GOOG", "quote": 1.0, "id": "untimed"}, "site1/quotes")
    topic = "site1/bars/1m/GOOG"
    assert watcher.wait(topic, len(bars)) == [bar.message() for bar in bars]
    reasons = [each["reason"] for each in watcher.wait("site1/errors/market-data-bars-1m", 2)]
    assert reasons[0] == (
        'the quote "late" of GOOG is late: its bar of 1m at 2023-11-14T22:13:50Z was complete,'
        " since the quotes of GOOG have reached 2023-11-14T22:21:00Z"
    )
    assert "it has no ts" in reasons[1]
    service.signal(signal.SIGINT)
    assert service.wait() == 0
    assert "1 bar is not complete: what there is so far is lost" in service.output


def test_with_a_state_it_goes_on_where_it_was_and_takes_what_came_meanwhile(
    broker: Broker, start: Start, watch: Watch, tmp_path: Path
) -> None:
    """Of other indicators the new ones warm up, and the state of one that is gone is given up."""
    watcher = watch(broker, "indicators/#")
    state = tmp_path / "state"

    def service(*specs: str) -> Process:
        given = [word for spec in specs for word in ("--indicator", spec)]
        command = ("market-data", "indicators", *given, "--mqtt", broker.url, "--state", state)
        started = start(*command)
        started.wait_for("subscribed")
        return started

    quotes = [quote(number) for number in range(10)]
    topic = "indicators/sma-3/GOOG"
    first = service("sma:3", "sma:4")
    for each in quotes[:4]:
        watcher.publish(each)
    watcher.wait(topic, 2)
    assert first.stop() == 0
    for each in quotes[4:6]:
        watcher.publish(each)
    second = service("sma:3", "ema:2")
    assert second.output.splitlines()[1:4] == [
        f"continuing from {state}, with 1 instrument",
        "ema-2 is new: it warms up from here",
        "the state of sma-4 is given up",
    ]
    watcher.wait_until(lambda: watcher.last(topic).get("id") == "quotes:q5", topic)
    second.kill()
    third = service("sma:3", "sma:4")
    for each in quotes[6:]:
        watcher.publish(each)
    other = "indicators/sma-4/GOOG"
    for each in (topic, other):
        watcher.wait_until(lambda of=each: watcher.last(of).get("id") == "quotes:q9", each)
    # what was published lately is published again: the same message
    once = {each["id"]: each for each in watcher.of(topic)}
    assert list(once.values()) == sma(quotes, "sma:3")
    once = {each["id"]: each for each in watcher.of(other)}
    assert list(once.values()) == sma(quotes[:4], "sma:4") + sma(quotes[6:], "sma:4")
    third.stop()


def test_a_state_that_cannot_be_read_ends_it_with_a_sentence(tmp_path: Path) -> None:
    state = tmp_path / "state"
    store = Store(state, "indicators")
    store.begin()
    store.commit({"GOOG": '{"sma-2": ["of another version"]}'}, [], None)
    store.close()
    command = ["indicators", "--indicator", "sma:2", "--state", str(state)]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 2
    assert f"{state}: what is in it cannot be read (" in result.output


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("indicators", "--indicator", "smma:20"), 'there is no indicator "smma": did you mean'),
        (("indicators", "--indicator", "sma:2", "--indicator", "sma:2"), "it is there twice"),
        (("bars", "--every", "7m"), "divides no day"),
        (("bars", "--every", "1m", "--channel", "orders/x"), "it would receive orders/…"),
        (("bars", "--every", "1m", "--state", "/no/folder/x"), "/no/folder/x: unable to open"),
    ],
)
def test_a_mistake_ends_it_with_a_sentence_and_status_2(
    command: tuple[str, ...], sentence: str
) -> None:
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 2
    assert sentence in result.output
