"""The backend in plain Node.js of the ZeroRPC page is a whole backend for the bridge."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import ROOT, Process
from tests.support.watcher import Watcher


def test_the_backend_of_the_page_gets_quotes_and_its_orders_come_out(
    start: Callable[..., Process],
    broker: Broker,
    parts: Parts,
    watch: Callable[..., Watcher],
    tmp_path: Path,
) -> None:
    page = (ROOT / "bridge_node" / "zerorpc" / "README.md").read_text()
    (code,) = re.findall(r"```js\n(// backend\.mjs.*?)```", page, re.DOTALL)
    (tmp_path / "backend.mjs").write_text(code)
    (tmp_path / "node_modules").symlink_to(ROOT / "bridge_node" / "node_modules")
    address = parts.address()
    backend = start("node", "backend.mjs", address, cwd=tmp_path)
    bridge = parts.bridge(broker, address, "--name", "plain")
    watcher = watch(broker)
    for n, price in enumerate((345, 400, 399.5)):
        watcher.publish({"sid": "GOOG", "quote": price, "id": str(n)})
    orders = watcher.wait("orders/plain", 2)
    assert [(order["quote_id"], order["price"]) for order in orders] == [("0", 345), ("2", 399.5)]
    backend.kill()
    bridge.wait_for("is lost; waiting for it")
    start("node", "backend.mjs", address, cwd=tmp_path)
    watcher.publish({"sid": "GOOG", "quote": 1, "id": "4"})
    watcher.wait("orders/plain", 3)
    assert bridge.stop() == 0
    assert watcher.raw("errors/plain") == []
