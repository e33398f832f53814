"""What a part answers over HTTP."""

from __future__ import annotations

import http.client
import json
import socket
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import Counter
from prometheus_client.parser import text_string_to_metric_families

from telemetry.hosts import foreignness
from telemetry.http import (
    MAX_BODY,
    MAX_CONNECTIONS,
    MAX_HEAD,
    MAX_SCRAPES,
    BodyError,
    HttpServer,
    ListenError,
)
from telemetry.options import HttpAddress
from tests.support.processes import ROOT
from tests.telemetry.conftest import Probe

HOSTS = json.loads((ROOT / "contracts/examples/http_host.json").read_text())


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


def sent(probe: Probe, text: str) -> str:
    """What is answered to these bytes, until the connection ends."""
    with socket.create_connection(probe.address, timeout=10) as connection:
        connection.sendall(text.encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


@pytest.mark.parametrize("case", HOSTS, ids=str)
def test_a_host_of_the_public_dns_and_the_page_of_another_server_are_foreign(
    case: dict[str, Any],
) -> None:
    why = foreignness(case["host"], case.get("origin"), case.get("own", "0.0.0.0"))
    assert bool(why) == case["foreign"], why


def test_what_another_website_has_resolved_to_here_and_its_pages_are_refused_on_every_path() -> (
    None
):
    taken: list[bytes] = []
    probe = Probe(takes={"/things": taken.append})
    for head in ("Host: evil.example", "Host: localhost\r\nOrigin: https://evil.example"):
        for path in ("/metrics", "/healthz", "/readyz", "/"):
            answer = sent(probe, f"GET {path} HTTP/1.1\r\n{head}\r\n\r\n")
            assert " 403 " in answer.partition("\r\n")[0]
        # as a form of a website sends it
        posted = sent(probe, f"POST /things HTTP/1.1\r\n{head}\r\nContent-Length: 1\r\n\r\n1")
        assert " 403 " in posted.partition("\r\n")[0]
    assert taken == []
    for head in ("Host: a\r\nHost: b", "Accept: */*"):
        assert " 400 " in sent(probe, f"GET /healthz HTTP/1.1\r\n{head}\r\n\r\n")[:20]
    # as a check of a container asks
    assert " 200 " in sent(probe, "GET /healthz HTTP/1.0\r\n\r\n")[:20]
    probe.server.close()


def test_every_answer_says_that_it_is_no_page_nothing_of_another_one_and_not_to_be_kept(
    probe: Probe,
) -> None:
    for path, method in (("/metrics", "GET"), ("/nothing", "GET"), ("/", "POST"), ("/", "TRACE")):
        headers = probe.ask(path, method)[1]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert headers["Content-Type"].startswith(("text/plain", "application/json"))


def test_a_long_head_is_refused(probe: Probe) -> None:
    long = "x" * MAX_HEAD
    assert " 414 " in sent(probe, f"GET /{long} HTTP/1.1\r\n")[:20]
    for header in (f"x: {long}\r\n", "x: y\r\n" * (MAX_HEAD // 6)):
        assert " 431 " in sent(probe, f"GET / HTTP/1.0\r\n{header}\r\n")[:20]
    body = b"x" * MAX_HEAD
    taken: list[bytes] = []
    probe = Probe(takes={"/things": taken.append})
    assert probe.ask("/things", "POST", body)[0] == 200
    assert taken == [body]
    probe.server.close()


def test_of_many_requests_in_a_second_some_are_refused_and_the_next_second_answers_again(
    probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("telemetry.http.time", SimpleNamespace(monotonic=lambda: now))
    statuses = [probe.ask("/metrics")[0] for _ in range(MAX_SCRAPES + 1)]
    assert statuses == [200] * MAX_SCRAPES + [429]
    assert probe.ask("/readyz")[0] == 200
    now += 1
    assert probe.ask("/metrics")[0] == 200


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
