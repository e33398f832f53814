"""/readyz says what is missing and why, and of which run a bridge is."""

from __future__ import annotations

from urllib.parse import quote

from tests.support.brokers import Broker
from tests.support.parts import Parts, readiness
from tests.support.processes import Process, eventually


def missing(bridge: Process, count: int, text: str) -> list[str]:
    """Await that so many things are missing and the text is in one of the lines."""

    def lines() -> list[str] | None:
        status, found = readiness(bridge)
        says = any(text in line for line in found)
        return found if status == 503 and len(found) == count and says else None

    return eventually(lines, f"{count} lines with {text}; it answers {readiness(bridge)}")  # type: ignore[return-value]


def test_each_thing_that_is_missing_has_a_line_with_its_last_error(
    broker: Broker, parts: Parts
) -> None:
    broker.process.kill()
    address = parts.address()
    bridge = parts.bridge(broker, address, ready=False)
    lines = missing(bridge, 2, "no ZeroMQ server listens at")
    lines = missing(bridge, 2, "ECONNREFUSED")
    assert lines[0] == f"broker {broker.url}: connect ECONNREFUSED 127.0.0.1:{broker.port}"
    assert lines[1].startswith(f"backend {address}: no server answered at {address}")
    bridge.wait_for(r" is unavailable \(")
    # the broker is connected to before the backend has told the algorithm's name
    broker.start()
    (line,) = missing(bridge, 1, "backend")
    assert line.startswith(f"backend {address}: ")
    service = parts.service(address=address)
    eventually(lambda: readiness(bridge) == (200, []), "readiness")
    service.kill()
    (line,) = missing(bridge, 1, "backend")
    broker.process.kill()
    lines = missing(bridge, 2, "broker")
    bridge.wait_for(r" lost \(")  # which is reported a moment later
    broker.start()
    parts.service(address=address)
    eventually(lambda: readiness(bridge) == (200, []), "readiness")
    bridge.wait_for("connected to", count=2)
    assert bridge.output.count("connected to") == 2
    assert bridge.output.count(" is unavailable (") == 1
    assert bridge.output.count(" lost (") == 1


def test_a_bridge_is_ready_for_its_own_run_only(embedded: Broker, parts: Parts) -> None:
    address = parts.address()
    bridge = parts.bridge(embedded, address, "--run", "a b/1", ready=False)
    nobody = parts.bridge(embedded, parts.service("--name", "other"))
    eventually(lambda: readiness(bridge)[0], "an answer")
    own = f"?run={quote('a b/1', safe='')}"
    assert readiness(bridge, own)[0] == 503
    assert readiness(bridge, "?run=c") == (
        409,
        ['this bridge belongs to the run "a b/1"; "c" was asked for'],
    )
    parts.service(address=address)
    eventually(lambda: readiness(bridge, own) == (200, []), "readiness")
    assert readiness(bridge) == (200, [])
    assert readiness(bridge, "?run=c")[0] == 409
    assert readiness(bridge, "?run=")[0] == 409
    assert readiness(nobody) == (200, [])
    assert readiness(nobody, "?run=c") == (
        409,
        ['this bridge belongs to no run: it was started without --run; "c" was asked for'],
    )


def test_the_run_comes_from_the_environment_as_well(embedded: Broker, parts: Parts) -> None:
    bridge = parts.bridge(embedded, parts.service(), env={"BRIDGE_RUN": "r"})
    assert readiness(bridge, "?run=r")[0] == 200
    assert readiness(bridge, "?run=s")[0] == 409
