"""What `algo-service trace` shows of a quote that went through the whole pipeline."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import zerorpc

from algo_service.errors import TraceError
from algo_service.trace.command import of_journal
from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import BIN, Process, eventually
from tests.support.watcher import Watcher

Watch = Callable[..., Watcher]
HISTORY = "time,sid,quote\n" + "".join(f"2024-01-0{n},GOOG,{100 + n}\n" for n in range(1, 7))
STEPS = ("published", "received", "called", "decided", "confirmed")


def traced(*options: object, fails: bool = False) -> str:
    """What `algo-service trace` prints; with `fails` on stderr, and its status is 2."""
    command = [str(BIN / "algo-service"), "trace", *(str(option) for option in options)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == (2 if fails else 0), ended
    assert "Traceback" not in ended.stderr
    return ended.stderr if fails else ended.stdout


def trace(name: str, journal: Path) -> dict[str, Any]:
    (found,) = of_journal(journal, name)
    return found


def confirmed(name: str, journal: Path) -> dict[str, Any]:
    """The trace, once it has a confirmation, which is told a second after the last quote."""

    def found() -> dict[str, Any] | None:
        try:
            each = trace(name, journal)
        except TraceError:
            return None  # it is on its way
        return each if each["confirmed"] else None

    awaited = eventually(found, f"a confirmation of {name}", interval=0.1)
    assert isinstance(awaited, dict)
    return awaited


def test_a_quote_is_followed_from_the_feed_to_its_confirmed_orders(
    broker: Broker, parts: Parts, start: Callable[..., Process], tmp_path: Path
) -> None:
    """By its journal and by its service; only MQTT 5 carries when it was published."""
    journal = tmp_path / "buy_and_hold.db"
    service = parts.service("--algo", "buy_and_hold", "--param", "fill=next", "--journal", journal)
    parts.bridge(broker, service)
    data = parts.file("history.csv", HISTORY)
    before = datetime.now(UTC)
    start("market-data", "replay", data, "--mqtt", broker.url, "--rate", 20, "--run", "r")
    (first, *_, last) = names = [f"history:r:{n}" for n in range(1, 7)]
    found = {name: confirmed(name, journal) for name in names}
    order = found[first]["orders"][0]
    assert order["fills"][0]["id"] == names[1]
    assert found[names[1]]["fills"][0]["placed"]["id"] == first
    for each in found.values():
        times = [each[step] for step in STEPS]
        times[1:2] = each["received"]
        moments = [datetime.fromisoformat(at) for at in times if at is not None]
        assert len(moments) == (6 if each["published"] else 5)
        # each is cut to its millisecond, and one process reads the clock finer than another
        assert [moment for moment in moments if moment >= before.replace(microsecond=0)] == moments
        assert moments == sorted(moments)
    if broker.kind == "mosquitto":
        assert found[first]["published"]
    else:
        assert not any(each["published"] for each in found.values())
        assert "published  not known: the feed does not tell" in traced(first, "--journal", journal)
    by_service = traced(last, "--rpc", service.address, "--json")
    assert json.loads(by_service) == found[last]
    unknown = traced("history:r:66", "--rpc", service.address, fails=True)
    assert unknown == traced("history:r:66", "--journal", journal, fails=True)
    assert 'did you mean "history:r:6"' in unknown


def quote(n: int) -> dict[str, object]:
    return {"sid": "GOOG", "quote": 100 + n % 7, "id": str(n)}


def test_after_a_kill_the_times_are_those_of_the_first_decision(
    broker: Broker, parts: Parts, watch: Watch, tmp_path: Path
) -> None:
    """A killed bridge has told no confirmation: that of the next bridge is the first one."""
    journal = tmp_path / "random.db"
    options = ("--journal", journal, "--param", "threshold=0")
    service = parts.service(*options)
    bridge = parts.bridge(broker, service)
    watcher = watch(broker)
    watcher.publish(quote(1))
    watcher.wait("orders/random")
    first = confirmed("1", journal)
    watcher.publish(quote(2))
    watcher.wait("orders/random", 2)
    bridge.kill()
    before = trace("2", journal)
    service.kill()
    service = parts.service(*options, address=service.address)
    parts.bridge(broker, service)
    watcher.publish(quote(2))  # it is decided already
    after = confirmed("2", journal)
    assert {**after, "confirmed": before["confirmed"]} == before
    assert trace("1", journal) == first
    verified = subprocess.run(
        [BIN / "algo-service", "verify", journal], capture_output=True, text=True, check=False
    )
    assert verified.returncode == 0, verified.stdout


def test_a_service_that_cannot_answer_says_why(parts: Parts, tmp_path: Path) -> None:
    in_memory = parts.service()
    told = traced("a", "--rpc", in_memory.address, fails=True)
    assert "has no journal, and keeps no times: start it with --journal" in told
    standby = parts.service("--standby", "--journal", tmp_path / "random.db")
    assert "random is a standby here" in traced("a", "--rpc", standby.address, fails=True)


@pytest.mark.parametrize("times", [7, {"received": "x", "confirmed": [[]], "published": [[0]]}])
def test_times_that_are_none_change_no_decision(times: Any, parts: Parts, tmp_path: Path) -> None:
    service = parts.service("--journal", tmp_path / "random.db")
    context = zerorpc.Context()
    context.register_middleware({"get_task_context": lambda: {"times": times}})
    client = zerorpc.Client(service.address, context=context, timeout=30)
    try:
        client.initialize({})
        (decided,) = client.events([{**quote(1), "channel": "quotes"}])
        assert "error" not in decided
        assert client.confirmed(times) is None
        assert client.trace("1")[0]["received"] is None
    finally:
        client.close()
