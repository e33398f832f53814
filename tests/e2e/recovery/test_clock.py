"""A clock that is set by an hour during a run changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import zerorpc

from algo_service import Engine, RandomAlgo
from tests.e2e.recovery.swap_trial import verify
from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.watcher import Watcher

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)

pytestmark = pytest.mark.skipif(
    LIBRARY is None, reason="faketime is not installed: `apt-get install faketime` to run this test"
)


def quote(n: int) -> dict[str, object]:
    return {"sid": "GOOG", "quote": 100.0 + n % 7, "id": str(n)}


@pytest.mark.parametrize("shift", ["+3600s", "-3600s"])
def test_a_clock_that_is_set_by_an_hour_changes_nothing(
    mosquitto: Broker, parts: Parts, watch: Callable[..., Watcher], tmp_path: Path, shift: str
) -> None:
    """Orders, what would be published again, and the claim of a new bridge are as without it."""
    clock = tmp_path / "clock"
    clock.write_text("+0s")
    env = {
        "LD_PRELOAD": str(LIBRARY),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # a clock that is set leaves the monotonic one alone
    }
    params = {"seed": 7, "threshold": 0.3, "exit": 0.25}
    options = [word for name, value in params.items() for word in ("--param", f"{name}={value}")]
    service = parts.service("--journal", tmp_path / "journal", *options, env=env)
    bridge = parts.bridge(mosquitto, service, env=env)
    watcher = watch(mosquitto)
    quotes = [quote(n) for n in range(60)]

    engine = Engine(RandomAlgo, "random", params, seed=7)
    engine.initialize({})
    decisions = engine.decide([{**each, "channel": "quotes"} for each in quotes])
    orders = [text for decision in decisions for text in decision["orders"]]

    def published() -> list[str]:
        # a bridge that starts publishes the latest ones again
        return list(dict.fromkeys(watcher.raw("orders/random")))

    def publish(first: int, end: int) -> None:
        expected = sum(len(decision["orders"]) for decision in decisions[:end])
        for each in quotes[first:end]:
            watcher.publish(each)
        watcher.wait_until(lambda: len(published()) == expected, "orders")

    publish(0, 20)
    clock.write_text(shift)
    publish(20, 40)
    client = zerorpc.Client(service.address, timeout=60)
    try:
        # 1,000 seconds are more than this test runs, and less than the clock was set by
        again = client.orders_since(1000)
    finally:
        client.close()
    with_outputs = [n for n, each in enumerate(decisions[:40], 1) if each["orders"]]
    assert [each["seq"] for each in again] == with_outputs
    bridge.kill()  # so that its claim stays, with the time that it was made at
    bridge = parts.bridge(mosquitto, service, env=env)
    publish(40, 60)
    assert bridge.popen.poll() is None
    assert published() == orders
    verify(tmp_path / "journal")
