"""An algorithm whose name holds characters that have a meaning in topics."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import Process, eventually
from tests.support.watcher import Watcher

NAME = "50% cash"
LEVEL = "50%25%20cash"


def test_a_name_with_a_space_and_a_percent_sign_is_one_level_of_every_topic(
    broker: Broker, parts: Parts, watch: Callable[..., Watcher], start: Callable[..., Process]
) -> None:
    bridge = parts.bridge(broker, parts.service("--name", NAME, "--param", "seed=7"))
    watcher = watch(broker, "#")
    watching = start("algo-service", "watch", "--mqtt", broker.url)
    for n in range(10):
        watcher.publish({"sid": "GOOG", "quote": 100 + n, "id": str(n)})
    watcher.publish(b"no quote")
    watcher.wait_until(
        lambda: (
            {f"{kind}/{LEVEL}" for kind in ("orders", "fills", "errors", "portfolios")}
            <= set(watcher.topics())
        ),
        f"orders/{LEVEL}",
    )
    assert watcher.of(f"orders/{LEVEL}")[0]["algo"] == NAME
    watching.wait_for(f"^{NAME} ")
    halting = start("algo-service", "halt", NAME, "--mqtt", broker.url)
    assert halting.wait() == 0, halting.output
    assert bridge.stop() == 0
    claims = f"bridges/{LEVEL}"
    eventually(lambda: watcher.raw(claims)[-1] == "", "the claim withdrawn")
    assert not [topic for topic in watcher.topics() if " " in topic]
