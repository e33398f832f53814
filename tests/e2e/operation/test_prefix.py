"""--prefix puts all topics of a bridge below it; --channel replaces the algorithm's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.bridge_cli import BridgeCli
from tests.support.brokers import MOSQUITTO, Broker
from tests.support.parts import Parts
from tests.support.processes import Process
from tests.support.secured import Secured, password_file
from tests.support.watcher import Watcher

Watch = Callable[..., Watcher]

OUTPUTS = ("orders/#", "fills/#", "errors/#", "bridges/#", "portfolios/#")
SERVICE = ("--param", "seed=7", "--param", "exit=0.5")


def feed(watcher: Watcher, prefix: str) -> None:
    for n in range(30):
        watcher.publish({"sid": "GOOG", "quote": 100 + n, "id": str(n)}, f"{prefix}quotes")
    watcher.publish(b"no quote", f"{prefix}quotes")
    watcher.wait(f"{prefix}errors/random")
    portfolio = f"{prefix}portfolios/random"
    watcher.wait_until(lambda: watcher.last(portfolio).get("quote_id") == "29", portfolio)


def test_with_a_prefix_the_same_comes_below_it_and_nothing_beside_it(
    broker: Broker, parts: Parts, watch: Watch
) -> None:
    watcher = watch(broker, "#")
    plain = parts.bridge(broker, parts.service(*SERVICE))
    feed(watcher, "")
    assert plain.stop() == 0
    before = {topic: watcher.raw(topic) for topic in watcher.topics()}
    bridge = parts.bridge(broker, parts.service(*SERVICE), "--prefix", "site1/a")
    feed(watcher, "site1/a/")
    assert bridge.stop() == 0
    bridge.wait_for("channel=quotes topic=site1/a/quotes")
    outputs = ("orders/random", "fills/random", "errors/random")
    below = {name: watcher.raw(f"site1/a/{name}") for name in outputs}
    assert len(below["orders/random"]) > 10
    assert below == {name: before[name] for name in outputs}
    assert watcher.raw("site1/a/bridges/random")[-1] == ""  # the claim, withdrawn
    cash = [watcher.of(f"{prefix}portfolios/random")[-1]["cash"] for prefix in ("", "site1/a/")]
    assert cash[0] == cash[1]
    beside = [topic for topic in watcher.topics() if not topic.startswith("site1/a/")]
    assert {topic: watcher.raw(topic) for topic in beside} == before


def test_bridges_with_two_prefixes_share_one_broker(
    broker: Broker, parts: Parts, watch: Watch
) -> None:
    """Bridges with two prefixes serve one algorithm at one broker side by side."""
    bridges = [
        parts.bridge(broker, parts.service(*SERVICE), "--prefix", prefix) for prefix in ("a", "b/")
    ]
    watcher = watch(broker, "+/orders/#", "+/portfolios/#", "+/errors/#")
    for prefix in ("a/", "b/"):
        feed(watcher, prefix)
    assert watcher.raw("a/orders/random") == watcher.raw("b/orders/random")
    assert [bridge.stop() for bridge in bridges] == [0, 0]


def test_with_a_prefix_an_algorithm_is_found_below_it_and_not_beside_it(
    broker: Broker, parts: Parts, watch: Watch
) -> None:
    parts.service(*SERVICE, "--announce", broker.url, "--name", "beside")
    parts.service(*SERVICE, "--announce", broker.url, "--prefix", "site1")
    bridge = parts.discovering(broker, "--prefix", "site1")
    watcher = watch(broker, "#")
    feed(watcher, "site1/")
    assert bridge.stop() == 0
    assert "beside" not in bridge.output
    served = {topic for topic in watcher.topics() if "bridges/" in topic or "orders/" in topic}
    assert served == {"site1/bridges/random", "site1/orders/random"}


def test_a_user_whose_rights_end_at_the_prefix_can_run_a_bridge(
    start: Callable[..., Process], tmp_path: Path, parts: Parts, watch: Watch
) -> None:
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed: `apt-get install mosquitto` to run this test")
    secured = Secured(tmp_path, start)
    passwords = password_file(tmp_path, "site", "secret")
    rights = tmp_path / "rights"
    rights.write_text("user site\ntopic readwrite site1/#\n")
    port = secured.listen(f"password_file {passwords}", f"acl_file {rights}")
    secured.start()
    limited = type("Limited", (), {"url": f"mqtt://site:secret@127.0.0.1:{port}"})
    bridge = parts.bridge(limited, parts.service(*SERVICE), env={"BRIDGE_PREFIX": "site1"})
    watcher = watch(secured, "site1/#")
    feed(watcher, "site1/")
    assert bridge.stop() == 0
    outside = parts.bridge(limited, parts.service(*SERVICE), ready=False)
    outside.wait_for("the broker refuses [a-z]+/random: Not authorized")


ECHO = """
class Echo:
    def initialize(self, params): return ['quotes']
    def event(self, data):
        return {'side': 'buy', 'sid': data['sid'], 'quantity': 1}
"""


@pytest.mark.parametrize("how", ["options", "environment"])
def test_channels_of_the_command_line_replace_those_of_initialize(
    broker: Broker, parts: Parts, watch: Watch, how: str
) -> None:
    service = parts.service("--algo", f"{parts.file('echo.py', ECHO)}:Echo")
    if how == "options":
        bridge = parts.bridge(broker, service, "--channel", "ticks/+", "--channel", "bars")
    else:
        bridge = parts.bridge(broker, service, env={"BRIDGE_CHANNEL": "ticks/+;bars"})
    bridge.wait_for(r'channels=\["ticks/\+","bars"\]')
    watcher = watch(broker)
    for n, topic in enumerate(("quotes", "ticks/GOOG", "bars", "ticks")):
        watcher.publish({"sid": "GOOG", "quote": 1, "id": str(n)}, topic)
    watcher.publish({"sid": "GOOG", "quote": 1, "id": "last"}, "bars")
    orders = watcher.wait("orders/Echo", 3)
    assert [order["id"].split(":")[1:3] for order in orders] == [
        ["ticks/GOOG", "1"],
        ["bars", "2"],
        ["bars", "last"],
    ]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--channel", "#"], 'channel "#" of --channel would receive orders/…'),
        (["--channel", "a/#", "--channel", "a/b"], "overlap: a quote would come twice"),
        (["--channel", "a+"], '"+" stands for one whole level'),
        (["--prefix", "/site1"], '--prefix is "/site1": it is written site1/'),
        (["--prefix", "a/#"], '--prefix is "a/#": it is written site1/'),
        (["--prefix", "$SYS"], "begins with neither"),
    ],
)
def test_channels_and_prefixes_that_cannot_be_are_refused_at_once(
    bridge_cli: BridgeCli, options: list[str], sentence: str
) -> None:
    bridge = bridge_cli(*options)
    assert bridge.status == 2
    assert sentence in bridge.output
