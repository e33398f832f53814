"""What is told when something is wrong with the broker, or with who connects to it."""

from __future__ import annotations

import json
import signal

import pytest
from paho.mqtt.publish import multiple

from tests.deploy.monitoring import MISSING, PROMETHEUS
from tests.e2e.operation.drill.stand import Stand
from tests.support.intruder import Intruder

pytestmark = pytest.mark.skipif(PROMETHEUS is None, reason=MISSING)


def test_a_broker_that_is_killed_or_stands_still_is_told(stand: Stand) -> None:
    """In the end its connections stay open, until the bridge has pinged it in vain for 10 s."""
    stand.broker.limit_keepalive(10)
    stand.begin()
    lost = r"warning: broker mqtt://\S+ lost \("
    stand.broker.process.kill()
    stand.await_told(
        alert="BrokerLost",
        ready=stand.bridge,
        reason=r"^broker mqtt://\S+: connect ECONNREFUSED",
        log=stand.bridge,
        line=lost,
    )
    stand.broker.start()
    stand.await_over("BrokerLost", stand.bridge)
    stand.broker.process.signal(signal.SIGSTOP)
    stand.await_told(
        alert="BrokerLost",
        ready=stand.bridge,
        reason=r"^broker mqtt://\S+: ",
        log=stand.bridge,
        line=f"{lost}Keepalive timeout",
    )
    stand.broker.process.signal(signal.SIGCONT)
    stand.await_over("BrokerLost", stand.bridge)


def test_messages_that_a_broker_drops_are_told(stand: Stand) -> None:
    """mosquitto has its own queue of 1,000 messages, and the bridge stands still."""
    stand.broker.process.end()
    stand.broker.configure("max_queued_messages 5000000\n", "")
    stand.broker.configure("max_inflight_messages 1000\n", "sys_interval 1\n")
    stand.broker.start()
    stand.begin()
    stand.bridge.signal(signal.SIGSTOP)
    quotes = [{"sid": "GOOG", "quote": 100, "id": f"f:{n}"} for n in range(5000)]
    payloads = [{"topic": "quotes", "qos": 1, "payload": json.dumps(each)} for each in quotes]
    multiple(payloads, port=stand.broker.port)  # type: ignore[arg-type]
    stand.bridge.signal(signal.SIGCONT)
    stand.await_told(
        alert="BrokerDropsMessages",
        ready=stand.bridge,
        reason=r"^broker mqtt://\S+: it has dropped [\d,]+ messages of clients whose queues were",
        log=stand.bridge,
        line=r"warning: the broker mqtt://\S+ has dropped messages of clients.*dropped=\d+",
    )


def test_another_client_with_our_id_is_told(stand: Stand) -> None:
    stand.begin()
    other = Intruder(stand.broker, "tickwire-bridge-random")
    try:
        stand.await_told(
            alert="AnotherClientWithOurId",
            ready=stand.bridge,
            reason=r"client id tickwire-bridge-random .* another client takes this id",
            log=stand.bridge,
            line=r"warning: .*tickwire-bridge-random .*A client id serves one client: end",
        )
    finally:
        other.close()
