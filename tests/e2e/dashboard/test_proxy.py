"""The shipped configuration of a proxy gives the dashboard TLS, and nothing else of the bridge."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.dashboard.conftest import RANDOM, Pipeline
from tests.e2e.dashboard.test_controls import command, reply
from tests.e2e.dashboard.test_live import open_page
from tests.support.browser import Faults
from tests.support.processes import Process, free_port
from tests.support.proxy import NAME, NGINX, Proxy

pytestmark = pytest.mark.skipif(
    NGINX is None, reason="nginx is not installed: `apt-get install nginx` to run this test"
)
TOKEN = "the-token-of-an-operator"


@pytest.fixture
def trusting(chromium: Browser) -> Iterator[Page]:
    """A page of a browser that takes any certificate: `ask` below verifies it."""
    context = chromium.new_context(ignore_https_errors=True)
    page = context.new_page()
    faults = Faults(page)
    yield page
    context.close()
    assert faults.found == []


def ask(proxy: Proxy, path: str, name: str = NAME, **headers: str) -> tuple[int, str]:
    """Return status and HSTS of what the proxy answers; its certificate is verified."""
    trust = ssl.create_default_context(cafile=str(proxy.authority.file))
    connection = http.client.HTTPSConnection(name, proxy.port, timeout=10, context=trust)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Strict-Transport-Security", "")
    finally:
        connection.close()


def test_the_dashboard_works_over_https_and_wss_and_the_endpoints_of_programs_are_not_there(
    on_mosquitto: Pipeline, start: Callable[..., Process], trusting: Page, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    port = free_port()
    proxy = Proxy(tmp_path, start, port)
    on_mosquitto.serve(*RANDOM)
    options = ("--http-host", proxy.url, "--http-token-file", tmp_path / "token")
    assert on_mosquitto.begin(*options, http=port) == f"{proxy.url}/"

    # without TLS it leads to the one with TLS: by its usual port, which this one does not have
    plain = http.client.HTTPConnection(NAME, proxy.plain, timeout=10)
    plain.request("GET", "/")
    moved = plain.getresponse()
    assert (moved.status, moved.getheader("Location")) == (301, f"https://{NAME}/")
    plain.close()

    page = trusting
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    open_page(page, f"{proxy.url}/#token={TOKEN}", "#/algo/random")
    command(page, "halt", reason="news")
    reply(page, "buying is halted")
    assert sockets == [f"{proxy.url.replace('https', 'wss')}/mqtt"]

    assert ask(proxy, "/") == (200, "max-age=31536000")
    for path in ("/metrics", "/healthz", "/readyz", "/metrics?x=1", "//metrics", "/%6detrics"):
        assert ask(proxy, path)[0] == 404, path
    assert ask(proxy, "/", Host="evil.example")[0] == 421
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    upgrade["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
    assert ask(proxy, "/mqtt", Origin="https://evil.example", **upgrade)[0] == 403
    assert ask(proxy, "/mqtt", Origin=proxy.url.replace("https", "http"), **upgrade)[0] == 403
    with pytest.raises(ssl.SSLError):  # by its address it is not served
        ask(proxy, "/", "127.0.0.1")
    assert TOKEN not in proxy.log.read_text()
    assert TOKEN not in on_mosquitto.bridge.output
