"""Any part may be away, at the start or later: the others wait, say so once, and go on."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.brokers import Broker
from tests.support.parts import Parts, status
from tests.support.processes import Process, eventually
from tests.support.watcher import Watcher

Watch = Callable[..., Watcher]

ECHO = """
class Echo:
    def initialize(self, params): return ['quotes']
    def event(self, data):
        return {'side': 'buy', 'sid': data['sid'], 'quantity': 1}
"""


def echo(parts: Parts, **options: Any) -> Process:
    """A service that answers every quote with an order, so that none can be missed."""
    return parts.service("--algo", f"{parts.file('echo.py', ECHO)}:Echo", **options)


def quote(n: int) -> dict[str, Any]:
    return {"sid": "GOOG", "quote": 100 + n, "id": str(n)}


def numbers(watcher: Watcher) -> list[int]:
    return [int(order["quote_id"]) for order in watcher.of("orders/Echo")]


def test_the_bridge_may_be_first_and_the_backend_last(
    mosquitto: Broker, parts: Parts, watch: Watch
) -> None:
    address = parts.address()
    bridge = parts.bridge(mosquitto, address, ready=False)
    bridge.wait_for("is unavailable; waiting for it")
    assert status(bridge) == 503
    echo(parts, address=address)
    eventually(lambda: status(bridge) == 200, "readiness")
    watcher = watch(mosquitto)
    watcher.publish(quote(1))
    watcher.wait("orders/Echo")


def test_the_broker_may_be_last(embedded: Broker, parts: Parts, watch: Watch) -> None:
    embedded.process.kill()
    bridge = parts.bridge(embedded, echo(parts), ready=False)
    bridge.wait_for("broker mqtt://.* is unavailable")
    assert status(bridge) == 503
    embedded.start()
    eventually(lambda: status(bridge) == 200, "readiness")
    watcher = watch(embedded)
    watcher.publish(quote(1))
    watcher.wait("orders/Echo")
    assert bridge.output.count("is unavailable") == 1


def test_quotes_wait_while_the_backend_is_away_and_none_is_lost(
    broker: Broker, parts: Parts, watch: Watch
) -> None:
    service = echo(parts)
    bridge = parts.bridge(broker, service, "--log-level", "warn")
    watcher = watch(broker)
    watcher.publish(quote(0))
    watcher.wait("orders/Echo")
    service.kill()
    bridge.wait_for("is lost; waiting for it")
    # more than the bridge holds at once, so that some wait at the broker
    for n in range(1, 2001):
        watcher.client.publish("quotes", f'{{"sid": "GOOG", "quote": 1, "id": "{n}"}}', qos=1)
    echo(parts, address=service.address)
    watcher.wait("orders/Echo", 2001)
    assert numbers(watcher) == list(range(2001))
    assert bridge.output.count("is lost; waiting for it") == 1


def test_quotes_wait_at_the_broker_while_the_bridge_is_down(
    broker: Broker, parts: Parts, watch: Watch
) -> None:
    service = echo(parts)
    first = parts.bridge(broker, service)
    watcher = watch(broker)
    watcher.publish(quote(0))
    watcher.wait("orders/Echo")
    assert first.stop() == 0
    for n in range(1, 101):
        watcher.publish(quote(n))
    parts.bridge(broker, service)
    watcher.wait("orders/Echo", 101)
    assert numbers(watcher) == list(range(101))


def test_a_broker_that_was_away_is_subscribed_to_again(
    broker: Broker, parts: Parts, watch: Watch
) -> None:
    bridge = parts.bridge(broker, echo(parts))
    watcher = watch(broker)
    watcher.publish(quote(0))
    watcher.wait("orders/Echo")
    broker.process.kill()
    bridge.wait_for("lost .*; trying again with growing delays")
    eventually(lambda: status(bridge) == 503, "not being ready")
    broker.start()
    eventually(lambda: status(bridge) == 200, "readiness")
    again = watch(broker)
    again.publish(quote(1))
    again.wait_until(lambda: 1 in numbers(again), "orders/Echo")
    bridge.wait_for("connected to mqtt://", count=2)


def test_a_broker_that_has_lost_everything_gets_the_snapshot_again_and_its_loss_is_told(
    embedded: Broker, parts: Parts, watch: Watch, tmp_path: Path
) -> None:
    """Nothing was decided since; the sessions are gone, and with them the quotes that waited."""
    service = echo(parts)
    bridge = parts.bridge(embedded, service)
    before = watch(embedded)
    before.publish(quote(0))
    before.wait_until(lambda: before.last("portfolios/Echo").get("quote_id") == "0", "portfolios")
    lost = "the broker has not kept the session .*Echo.*: what came while it was not connected is"
    assert "has not kept" not in bridge.output
    embedded.process.kill()
    embedded.start()
    bridge.wait_for(lost, count=2)  # that of quotes and that of commands
    after = watch(embedded)
    after.wait_until(lambda: after.last("portfolios/Echo").get("quote_id") == "0", "portfolios")

    # a service that continues a journal has had a bridge before
    options = ("--algo", "random", "--journal", tmp_path / "journal", "--param", "threshold=0")
    service = parts.service(*options)
    bridge = parts.bridge(embedded, service)
    after.publish(quote(1))
    after.wait("orders/random")
    assert bridge.stop() == 0
    embedded.process.kill()
    embedded.start()
    parts.bridge(embedded, service).wait_for(lost.replace("Echo", "random"), count=2)


def test_a_restarted_service_is_initialised_again_before_the_next_quote(
    mosquitto: Broker, parts: Parts, watch: Watch
) -> None:
    service = parts.service("--param", "threshold=0")
    bridge = parts.bridge(mosquitto, service, "--params", '{"cash": 777}')
    watcher = watch(mosquitto)
    watcher.publish(quote(0))
    (before,) = watcher.wait("orders/random")
    service.kill()
    parts.service("--param", "threshold=0", address=service.address)
    bridge.wait_for("is ready", count=2)
    watcher.publish(quote(1))
    _, after = watcher.wait("orders/random", 2)
    assert before["amount"] < 777
    assert after["amount"] < 777
    # a service that keeps its state in memory begins anew, and readers of snapshots go along
    snapshots = watcher.wait_until(
        lambda: watcher.last("portfolios/random").get("quote_id") == "1", "portfolios/random"
    )
    assert [s["seq"] for s in snapshots] == sorted(s["seq"] for s in snapshots)


def test_the_bridge_ends_where_another_algorithm_has_taken_the_address(
    mosquitto: Broker, parts: Parts
) -> None:
    service = echo(parts)
    bridge = parts.bridge(mosquitto, service)
    service.kill()
    parts.service(address=service.address)
    assert bridge.wait() == 2
    assert "was Echo and is now random: start the bridge again for it" in bridge.output


def test_a_service_with_other_channels_after_a_restart_gets_these(
    broker: Broker, parts: Parts, watch: Watch
) -> None:
    """A service that wants other channels after a restart gets these alone."""
    service = echo(parts)
    bridge = parts.bridge(broker, service)
    watcher = watch(broker)
    watcher.publish(quote(0))
    watcher.wait("orders/Echo")
    service.kill()
    other = parts.file("echo.py", ECHO.replace("'quotes'", "'other'"))
    parts.service("--algo", f"{other}:Echo", address=service.address)
    bridge.wait_for(r"subscribing to channel  algo=\S+ channel=other$")
    eventually(lambda: status(bridge) == 200, "readiness")
    watcher.publish(quote(1))
    watcher.publish(quote(2), "other")
    watcher.wait("orders/Echo", 2)
    assert numbers(watcher) == [0, 2]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_bridge_ends_cleanly_when_told_to(
    mosquitto: Broker, parts: Parts, number: signal.Signals
) -> None:
    bridge = parts.bridge(mosquitto, echo(parts))
    bridge.signal(number)
    assert bridge.wait() == 0


def test_the_bridge_ends_when_told_to_while_everything_is_away(
    embedded: Broker, parts: Parts
) -> None:
    embedded.process.kill()
    bridge = parts.bridge(embedded, parts.address(), ready=False)
    bridge.wait_for("waiting for it")
    assert bridge.stop() == 0


def rows(parts: Parts, count: int) -> str:
    """A feed's file of so many prices."""
    lines = (f"{1_700_000_000 + n},{100 + n % 50}" for n in range(1, count + 1))
    return str(parts.file("rows.csv", "\n".join(["ts,price", *lines])))


def test_a_flood_reaches_the_algorithm_and_its_orders_come_out(
    broker: Broker, parts: Parts, watch: Watch, start: Callable[..., Process]
) -> None:
    parts.bridge(broker, echo(parts), "--log-level", "warn")
    watcher = watch(broker, "orders/#")
    feed = start("market-data", "replay", rows(parts, 10_000), "--mqtt", broker.url, "--max")
    watcher.wait("orders/Echo", 10_000, patience=120)
    assert feed.wait() == 0
    ids = [order["quote_id"].rsplit(":", 1)[1] for order in watcher.of("orders/Echo")]
    assert ids == [str(n) for n in range(1, 10_001)]


# Each of two rows is decided only once its file is there.
GATES = """
import pathlib, time

class Echo:
    def initialize(self, params): return ['quotes']
    def event(self, data):
        gate, row = divmod(int(data['id'].rpartition(':')[2]), 2500)
        while row == 0 and gate < 3 and not pathlib.Path(FOLDER, f'go-{gate}').exists():
            time.sleep(0.01)
        return {'side': 'buy', 'sid': data['sid'], 'quantity': 1}
"""


def test_a_bridge_stopped_in_the_middle_of_a_backlog_loses_nothing(
    mosquitto: Broker,
    parts: Parts,
    watch: Watch,
    start: Callable[..., Process],
    tmp_path: Path,
) -> None:
    """A bridge that is stopped in the middle of a backlog ends and loses nothing."""
    code = GATES.replace("FOLDER", repr(str(tmp_path)))
    service = parts.service("--algo", f"{parts.file('gates.py', code)}:Echo")
    assert parts.bridge(mosquitto, service).stop() == 0  # it has made the session
    watcher = watch(mosquitto, "orders/#")
    feed = start("market-data", "replay", rows(parts, 10_000), "--mqtt", mosquitto.url, "--max")
    assert feed.wait() == 0
    for gate in (1, 2):
        seen = len(watcher.of("orders/Echo"))
        bridge = parts.bridge(mosquitto, service, ready=False)
        watcher.wait("orders/Echo", seen + 1)
        bridge.signal(signal.SIGTERM)
        bridge.wait_for("asked to stop")
        parts.file(f"go-{gate}", "")
        assert bridge.wait() == 0, bridge.output
    assert len(watcher.of("orders/Echo")) < 10_000, "there was no backlog left to be stopped in"
    parts.bridge(mosquitto, service, "--log-level", "warn", ready=False)
    watcher.wait("orders/Echo", 10_000)
    ids = [order["quote_id"].rsplit(":", 1)[1] for order in watcher.of("orders/Echo")]
    assert list(dict.fromkeys(ids)) == [str(n) for n in range(1, 10_001)]


def test_of_two_bridges_for_one_algorithm_the_older_one_ends_and_says_why(
    broker: Broker, parts: Parts, watch: Watch
) -> None:
    service = echo(parts)
    older = parts.bridge(broker, service)
    newer = parts.bridge(broker, service)
    assert older.wait() == 2
    assert f"another bridge for Echo has started ({socket.gethostname()}, process" in older.output
    assert "a name of its own: algo-service serve --name" in older.output
    eventually(lambda: status(newer) == 200, "readiness")
    watcher = watch(broker)
    watcher.publish(quote(1))
    watcher.wait("orders/Echo")
    assert newer.popen.poll() is None
    # a later one is not turned away by what a bridge that was killed has left
    newer.kill()
    third = parts.bridge(broker, service)
    watcher.publish(quote(2))
    watcher.wait_until(lambda: 2 in numbers(watcher), "orders/Echo")
    assert third.stop() == 0
    later = watch(broker, "bridges/#", "quotes")
    later.publish(quote(3))
    later.wait("quotes")  # what is retained came before
    assert later.raw("bridges/Echo") == []


WAITS = """
import pathlib, time

class Waits:
    def initialize(self, params): return ['quotes']
    def event(self, data):
        while not pathlib.Path(FILE).exists():
            time.sleep(0.01)
        return {'side': 'buy', 'sid': data['sid'], 'quantity': 1}
"""


def test_a_slow_algorithm_slows_its_own_quotes_only(
    mosquitto: Broker, parts: Parts, watch: Watch, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    code = WAITS.replace("FILE", repr(str(go)))
    parts.bridge(mosquitto, parts.service("--algo", f"{parts.file('waits.py', code)}:Waits"))
    parts.bridge(mosquitto, echo(parts), "--log-level", "warn")
    watcher = watch(mosquitto)
    for n in range(3000):
        watcher.client.publish("quotes", f'{{"sid": "GOOG", "quote": 1, "id": "{n}"}}', qos=1)
    watcher.wait("orders/Echo", 3000)
    assert watcher.of("orders/Waits") == []  # it is still at its first
    go.touch()
    watcher.wait("orders/Waits", 3000)
