"""`algo-service algos forget`, at real brokers, with someone in the place of the bridge."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner
from paho.mqtt.publish import single

from algo_service.commands.main import cli
from tests.algo_service.discovery.conftest import EXAMPLE, retain
from tests.algo_service.watch.wire import snapshot
from tests.support.brokers import Broker
from tests.support.claimant import CLAIM, Claimant, session
from tests.support.processes import BIN, eventually
from tests.support.watcher import Watcher

KINDS = ("algos", "bridges", "halts", "portfolios")
SESSIONS = ("tickwire-bridge-my algo", "tickwire-commands-my algo")

Claim = Callable[..., Claimant]
Kept = Callable[[Broker], set[str]]


@pytest.fixture
def kept() -> Iterator[Kept]:
    """Tells the kinds of topics on which a broker retains something of the algorithm."""
    watchers: list[Watcher] = []

    def found(broker: Broker) -> set[str]:
        watchers.append(Watcher(broker, *(f"{kind}/my%20algo" for kind in KINDS), "marker"))
        watchers[-1].publish("{}", "marker")
        watchers[-1].wait("marker")
        return {topic.partition("/")[0] for topic in watchers[-1].topics()} - {"marker"}

    yield found
    for each in watchers:
        each.close()


def announced(broker: Broker) -> None:
    """Have a broker keep all that there is of an algorithm."""
    retain(broker, "algos/my%20algo", {**EXAMPLE, "name": "my algo"})
    retain(broker, "portfolios/my%20algo", snapshot(1, 1000.0))
    retain(broker, "halts/my%20algo", {"reason": "news"})
    for each in SESSIONS:
        assert not session(broker.port, each)
    single("quotes", "{}", qos=1, port=broker.port)


def forget(broker: Broker, name: str = "my algo") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "algo-service", "algos", "forget", name, "--mqtt", broker.url],
        text=True,
        capture_output=True,
    )


def test_without_a_bridge_record_portfolio_and_sessions_are_removed_and_a_halt_stays(
    broker: Broker, kept: Kept
) -> None:
    announced(broker)
    ended = forget(broker)
    assert (ended.returncode, ended.stdout) == (0, "my algo is forgotten\n"), ended.stderr
    eventually(lambda: kept(broker) == {"halts"}, "the halt alone")
    assert [session(broker.port, each) for each in SESSIONS] == [False, False]


def test_the_claim_of_a_killed_bridge_is_removed_too(mosquitto: Broker, kept: Kept) -> None:
    announced(mosquitto)
    retain(mosquitto, "bridges/my%20algo", CLAIM)
    assert forget(mosquitto).returncode == 0
    eventually(lambda: kept(mosquitto) == {"halts"}, "the halt alone")
    assert [session(mosquitto.port, each) for each in SESSIONS] == [False, False]


def test_a_bridge_that_withdraws_its_claim_is_awaited(
    mosquitto: Broker, claim: Claim, kept: Kept
) -> None:
    announced(mosquitto)
    claim(mosquitto.port, "my%20algo", withdraws=True)
    ended = forget(mosquitto)
    assert (ended.returncode, ended.stdout) == (0, "my algo is forgotten\n"), ended.stderr
    eventually(lambda: kept(mosquitto) == {"halts"}, "the halt alone")


def test_a_bridge_that_goes_on_is_named_and_keeps_its_sessions(
    mosquitto: Broker, claim: Claim, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    announced(mosquitto)
    claim(mosquitto.port, "my%20algo")
    monkeypatch.setattr("algo_service.discovery.forget.PATIENCE", 0.5)
    ended = CliRunner().invoke(cli, ["algos", "forget", "my algo", "--mqtt", mosquitto.url])
    assert ended.exit_code == 0
    assert ended.output.splitlines() == [
        "my algo is forgotten",
        "a bridge goes on serving it, because it was told the address (trader, process 4711): its"
        " session and its portfolio stay at the broker",
    ]
    eventually(lambda: kept(mosquitto) == {"bridges", "halts", "portfolios"}, "all but the record")
    assert [session(mosquitto.port, each) for each in SESSIONS] == [True, True]


def test_a_name_that_is_not_known_is_refused_with_the_nearest(mosquitto: Broker) -> None:
    announced(mosquitto)
    ended = forget(mosquitto, "my algos")
    assert ended.returncode == 2
    assert ended.stderr == (
        f'algo-service: nothing is known of "my algos" at the broker at {mosquitto.url}: did you'
        ' mean "my algo"?\n'
    )
