"""Kills of an indicator service, and of its broker, leave no trace in what it publishes."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from tests.e2e.recovery import derived
from tests.e2e.recovery.chaos import spread
from tests.e2e.recovery.subscriber import Subscriber
from tests.support.brokers import Broker
from tests.support.processes import Process, eventually

Start = Callable[..., Process]

QUOTES = 1_500


def prices() -> list[str]:
    noise = random.Random(1)
    return [f"{100 + noise.random() * 50:.4f}" for _ in range(QUOTES)]


class Run:
    """A broker, a feed with a state and an indicator service with one."""

    def __init__(self, broker: Broker, start: Start, folder: Path):
        self.broker = broker
        self.subscriber = Subscriber(
            lambda client, _: client.connect("127.0.0.1", broker.port), ("indicators/#",)
        )
        rows = [f"{1_700_000_000 + row},{price}" for row, price in enumerate(prices())]
        file = folder / "prices.csv"
        file.write_text("\n".join(["ts,price", *rows]))
        self._start = start
        self._commands = {
            "service": (
                *("market-data", "indicators", "--mqtt", broker.url, "--state", folder / "state"),
                *derived.OPTIONS,
            ),
            "feed": (
                *("market-data", "replay", file, "--mqtt", broker.url, "--run", "r"),
                *("--state", folder / "feed.json", "--rate", 400),
            ),
        }
        self._processes: dict[str, Process] = {}
        self.start("service")
        self._processes["service"].wait_for("subscribed")
        self.start("feed")

    def start(self, part: str) -> None:
        if part == "broker":
            self.broker.start()
        else:
            self._processes[part] = self._start(*self._commands[part])

    def kill(self, *parts: str) -> None:
        """Kill parts at once, and start them again."""
        for part in parts:
            (self.broker.process if part == "broker" else self._processes[part]).kill()
        for part in parts:
            self.start(part)

    def await_count(self, count: int) -> None:
        eventually(lambda: len(self.subscriber.records) >= count, f"{count} messages", 60)

    def values(self, count: int) -> derived.Values:
        """What was published, once there are so many messages, and the feed has ended."""
        assert self._processes["feed"].wait() == 0
        self.await_count(count)
        assert self.subscriber.conflicts == []
        return derived.values(self.subscriber.records)


def test_kills_of_the_service_lose_and_change_no_value(
    broker: Broker, start: Start, tmp_path: Path
) -> None:
    expected = derived.undisturbed(prices())
    run = Run(broker, start, tmp_path)
    try:
        for count in spread(0, len(expected) * 3 // 4, 3):
            run.await_count(count)
            run.kill("service")
        assert run.values(len(expected)) == expected
    finally:
        run.subscriber.close()


def test_kills_of_the_service_of_the_feed_and_of_the_broker_lose_and_change_no_value(
    mosquitto: Broker, start: Start, tmp_path: Path
) -> None:
    expected = derived.undisturbed(prices())
    run = Run(mosquitto, start, tmp_path)
    try:
        # the broker has to know of the sessions before it may forget: they are seconds old
        eventually((tmp_path / "mosquitto.db").exists, "the broker's first save")
        first = len(run.subscriber.records)
        parts = ["broker", "feed"], ["service"], ["broker", "service", "feed"], ["service"]
        for count, killed in zip(
            spread(first, (first + len(expected)) // 2, len(parts)), parts, strict=True
        ):
            run.await_count(count)
            run.kill(*killed)
        assert run.values(len(expected)) == expected
    finally:
        run.subscriber.close()
