"""The article's own Node.js program carries a quote to our service, with our library."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import ROOT, Process, eventually
from tests.support.watcher import Watcher

PROGRAM = Path(__file__).parent / "article" / "app.js"


@pytest.fixture
def app(start: Callable[..., Process], tmp_path: Path) -> Callable[..., Process]:
    """Starts the program in a folder where `npm init` and `npm install` were run."""
    (tmp_path / "app.js").write_text(PROGRAM.read_text())
    package = {"name": "app", "version": "1.0.0", "description": "from the article"}
    (tmp_path / "package.json").write_text(json.dumps(package))
    (tmp_path / "node_modules").symlink_to(ROOT / "bridge_node" / "node_modules")
    return lambda *options: start("node", "app.js", *options, cwd=tmp_path)


def test_the_program_of_the_article_has_a_quote_decided(
    app: Callable[..., Process], parts: Parts, broker: Broker, watch: Callable[..., Watcher]
) -> None:
    service = parts.service("--algo", "random", "--param", "threshold=0", "--param", "seed=1")
    watcher = watch(broker)
    program = app("-m", broker.url, "--rpc", service.address)
    program.wait_for("^subscribing to channel quotes$")

    def output() -> bool:
        watcher.publish({"sid": "GOOG", "quote": "345"})  # until the subscription is there
        return "algo output:" in program.output

    eventually(output, "an answer", interval=0.1)
    assert program.wait() == 0
    program.wait_for('^received data: {"sid": "GOOG", "quote": "345"}$')
    program.wait_for("side: 'buy'")
    program.wait_for("price: 345")


def test_the_program_of_the_article_prints_what_is_wrong(
    app: Callable[..., Process], broker: Broker
) -> None:
    program = app("-m", broker.url, "--rpc", "http://127.0.0.1:4242")
    assert program.wait() == 1
    program.wait_for("^TypeError: .* is not the address of a server")
