"""What a part answers over HTTP."""

from __future__ import annotations

import http.client
import json
import socket

import pytest
from prometheus_client import Counter
from prometheus_client.parser import text_string_to_metric_families

from telemetry.http import MAX_BODY, MAX_CONNECTIONS, BodyError, HttpServer, ListenError
from telemetry.options import HttpAddress
from tests.telemetry.conftest import Probe


def test_metrics_are_those_of_the_registry(probe: Probe) -> None:
    Counter("tickwire_things_total", "Things", registry=probe.part.registry).inc(3)
    status, headers, body = probe.ask("/metrics")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "Python" not in headers["Server"]
    samples = {
        sample.name: sample
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }
    assert samples["tickwire_things_total"].value == 3
    assert samples["tickwire_build_info"].labels == {
        "component": "test",
        "version": probe.part.version,
    }
    assert abs(samples["tickwire_clock_shift_seconds"].value) < 1
    assert not any(name.endswith("_created") for name in samples)


def test_a_part_that_is_of_use_is_ready(probe: Probe) -> None:
    status, headers, body = probe.ask("/readyz")
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert json.loads(body) == {"ready": True, "part": "test:a/b", "reasons": []}
    assert b"tickwire_ready 1.0" in probe.ask("/metrics")[2]


def test_a_part_that_is_not_says_why(probe: Probe) -> None:
    probe.reasons = ["the disk is full"]
    status, _headers, body = probe.ask("/readyz")
    assert status == 503
    assert json.loads(body)["reasons"] == ["the disk is full"]
    assert b"tickwire_ready 0.0" in probe.ask("/metrics")[2]


def test_a_part_whose_main_loop_turns_is_alive(probe: Probe) -> None:
    assert probe.ask("/healthz")[::2] == (200, b'{"alive":true}')
    probe.stalled = "it stands still"
    status, _headers, body = probe.ask("/healthz")
    assert (status, json.loads(body)) == (503, {"alive": False, "reason": "it stands still"})


def test_other_pages_and_methods_are_refused(probe: Probe) -> None:
    assert probe.ask("/metrics/x")[0] == 404
    status, headers, _body = probe.ask("/readyz", "POST")
    assert (status, headers["Allow"]) == (405, "GET, HEAD")
    assert probe.ask("/readyz?run=1")[0] == 200


def test_a_part_takes_what_it_is_sent_on_its_paths_and_says_why_it_does_not() -> None:
    taken: list[bytes] = []

    def take(body: bytes) -> None:
        taken.append(body)
        if body == b"bad":
            raise BodyError("it is bad")

    probe = Probe(takes={"/things": take})
    assert probe.ask("/things", "POST", b"good")[::2] == (200, b"{}")
    assert probe.ask("/things?x=1", "POST", b"bad")[::2] == (400, b'{"error":"it is bad"}')
    assert probe.ask("/other", "POST", b"good")[0] == 405
    assert probe.ask("/things", "PUT", b"good")[0] == 405
    assert probe.ask("/things", "POST", b"", {"Content-Length": f"{MAX_BODY + 1}"})[0] == 413
    assert probe.ask("/things", "POST", b"", {"Content-Length": "-1"})[0] == 411
    assert probe.ask("/things", "POST", b"", {"Content-Length": "1" * 5000})[0] == 413
    assert taken == [b"good", b"bad"]
    probe.server.close()


def test_head_is_answered_without_a_body(probe: Probe) -> None:
    status, headers, body = probe.ask("/healthz", "HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["Content-Length"]) > 0


def test_connections_that_ask_nothing_are_bounded_and_keep_nobody_out_for_ever(
    probe: Probe,
) -> None:
    held = [socket.create_connection(probe.address) for _ in range(MAX_CONNECTIONS)]
    with pytest.raises((ConnectionError, OSError)):
        probe.ask("/healthz")
    for each in held:
        each.close()
    while True:
        try:
            assert probe.ask("/healthz")[0] == 200
            break
        except OSError:
            continue


def test_a_client_that_sends_a_byte_now_and_then_is_closed(
    probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telemetry.http.PATIENCE", 0.3)
    slow = socket.create_connection(probe.address)
    slow.settimeout(0.05)
    answer: bytes | None = None
    while answer is None:
        try:
            slow.sendall(b"x")
            answer = slow.recv(100)
        except TimeoutError:
            continue
        except ConnectionError:
            answer = b""
    assert answer == b""
    slow.close()
    assert probe.ask("/healthz")[0] == 200


def test_a_connection_for_which_there_is_no_thread_takes_no_room(
    probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_thread: object) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("threading.Thread.start", refuse)
        for _ in range(MAX_CONNECTIONS):
            with pytest.raises((ConnectionError, http.client.HTTPException)):
                probe.ask("/healthz")
    assert probe.ask("/healthz")[0] == 200


def test_an_address_in_use_is_a_sentence(probe: Probe) -> None:
    with pytest.raises(ListenError, match=r"^--http 127\.0\.0\.1:\d+: cannot listen there: Addr"):
        HttpServer(probe.part, probe.address)
    with pytest.raises(ListenError, match="cannot listen there"):
        HttpServer(probe.part, HttpAddress("no.such.host.invalid", 9100))


def test_an_address_of_ipv6_works() -> None:
    if not socket.has_ipv6:
        pytest.skip("this computer has no IPv6")
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as error:
        pytest.skip(f"this computer has no IPv6: {error}")
    probe = Probe("::1")
    assert probe.ask("/healthz")[0] == 200
    probe.server.close()
