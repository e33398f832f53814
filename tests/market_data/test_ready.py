"""What `market-data replay --when-ready` makes of a page, and how a replay ends with its broker."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from tests.market_data.page import Page
from tests.market_data.subscriber import Subscriber
from tests.support.brokers import Broker
from tests.support.processes import Process, eventually

Start = Callable[..., Process]


def test_why_a_bridge_is_not_ready_is_shown_once_and_again_when_it_changes(
    start: Start, page: Page
) -> None:
    page.reasons = [
        "broker mqtt://b:1883: connection refused",
        "backend tcp://a:4242: no \x1b[2Janswer",
    ]
    process = start("market-data", "replay", "goog", "--when-ready", page.url)
    process.wait_for(r"^warning:   broker mqtt://b:1883: connection refused$")
    process.wait_for(r"^warning:   backend tcp://a:4242: no  \[2Janswer$")
    asked = page.asked
    eventually(lambda: page.asked >= asked + 3, "three requests")
    page.reasons = ["backend tcp://a:4242: timed out"]
    process.wait_for(r"^warning:   backend tcp://a:4242: timed out$")
    assert process.output.count("connection refused") == 1
    assert process.output.count("to be ready") == 1
    assert process.stop() == 0


def test_a_bridge_of_another_run_ends_the_replay_with_its_sentence(
    start: Start, page: Page
) -> None:
    page.status = 409
    page.reasons = ["this bridge belongs to run theirs, and run mine asked"]
    process = start("market-data", "replay", "goog", "--when-ready", page.url)
    assert process.wait() == 2
    assert (
        f"Error: {page.url} is not for this replay:"
        " this bridge belongs to run theirs, and run mine asked"
    ) in process.output
    assert "Traceback" not in process.output


@pytest.mark.parametrize("first", ["broker", "replay"])
def test_a_replay_that_ends_with_its_broker_says_so_once_and_no_more(
    mosquitto: Broker, start: Start, subscribe: Callable[..., Subscriber], first: str
) -> None:
    subscriber = subscribe(mosquitto.port)
    process = start(
        "market-data", "replay", "goog", "--loop", "--rate", "200", "--mqtt", mosquitto.url
    )
    subscriber.await_count(20)
    ending = [mosquitto.process, process]
    if first == "replay":
        ending.reverse()
    for each in ending:
        each.signal(signal.SIGTERM)
    assert process.wait() == 0
    replaying, stopped = process.output.splitlines()
    assert replaying.startswith("replaying goog")
    assert stopped.startswith("stopped after ")


def test_a_stopped_replay_does_not_wait_for_a_broker_that_hangs(
    mosquitto: Broker, start: Start, subscribe: Callable[..., Subscriber]
) -> None:
    subscriber = subscribe(mosquitto.port)
    process = start(
        "market-data", "replay", "goog", "--loop", "--rate", "200", "--mqtt", mosquitto.url
    )
    subscriber.await_count(20)
    mosquitto.process.signal(signal.SIGSTOP)
    process.signal(signal.SIGTERM)
    process.wait_for("^stopped after ")
    assert process.wait() == 0
    mosquitto.process.signal(signal.SIGCONT)
