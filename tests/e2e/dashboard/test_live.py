"""The page shows what happens while it happens, and says so when it does not know."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.dashboard.conftest import RANDOM, Look, Pipeline
from tests.support.brokers import Broker
from tests.support.processes import eventually


def publish(broker: Broker, message: object, topic: str = "quotes") -> None:
    """Publish one message as anybody may."""
    text = message if isinstance(message, str) else json.dumps(message)
    command = ["mosquitto_pub", "-p", str(broker.port), "-q", "1", "-t", topic, "-m", text]
    subprocess.run(command, check=True, timeout=30)


def open_page(page: Page, address: str, view: str = "") -> None:
    """Open the dashboard, and then one of its views."""
    page.goto(address)
    expect(page.get_by_role("status").first).to_contain_text("connected broker")
    if view:
        page.evaluate("view => { location.hash = view; }", view)


def test_an_order_is_shown_with_the_quote_that_caused_it(lasting: Pipeline, look: Look) -> None:
    page = look("#/algo/random")
    expect(page.get_by_role("heading", name="random", exact=True)).to_be_visible()
    publish(lasting.broker, {"sid": "GOOG", "quote": 345.0, "id": "goog:1", "ts": "2013-03-01"})
    row = page.locator("tr[data-order='random:quotes:goog:1:0']")
    expect(row).to_contain_text("buy GOOG")
    expect(row).to_contain_text("goog:1")
    expect(page.locator("[data-chart=prices] canvas").first).to_be_visible()
    expect(page.locator("[data-chart=equity] canvas").first).to_be_visible()


def test_the_token_is_taken_from_the_address_and_works_after_a_reload(
    lasting: Pipeline, page: Page
) -> None:
    address = lasting.address
    open_page(page, address)
    assert "token" not in page.url
    page.reload()
    expect(page.get_by_role("link", name="random")).to_be_visible()


def test_a_wrong_token_shows_nothing_and_says_what_to_do(lasting: Pipeline, page: Page) -> None:
    address = lasting.address
    page.goto(address.partition("#")[0] + "#token=" + "0" * 32)
    expect(page.get_by_role("alert")).to_contain_text("Open the address that it prints")
    expect(page.get_by_role("link", name="random")).to_have_count(0)
    lasting.bridge.wait_for("dashboard: refused: a page has another token")


def test_an_algorithm_that_is_lost_is_the_first_thing_on_the_page_and_its_return_too(
    pipeline: Pipeline, page: Page
) -> None:
    pipeline.serve("--algo", "sma_cross")
    service = pipeline.serve(*RANDOM)
    open_page(page, pipeline.begin())
    expect(page.get_by_role("listitem").filter(has_text="random").first).to_be_visible()
    service.kill()
    troubles = page.get_by_role("region", name="What needs a look")
    expect(troubles).to_contain_text("random")
    expect(page.locator(".card").first).to_contain_text("random")
    pipeline.serve(*RANDOM, address=service.address)
    card = page.locator(".card").filter(has_text="random")
    expect(card).to_contain_text("trading")
    expect(troubles).to_have_count(0)


def test_while_the_broker_is_away_what_is_shown_is_called_old(
    pipeline: Pipeline, page: Page
) -> None:
    pipeline.serve(*RANDOM)
    open_page(page, pipeline.begin())
    publish(pipeline.broker, {"sid": "GOOG", "quote": 345.0, "id": "1"})
    equity = page.locator("[data-equity=random]")
    expect(equity).to_have_text("50,000.00")
    pipeline.broker.process.kill()
    expect(page.get_by_role("alert")).to_contain_text("no connection to the broker")
    expect(page.locator("main.stale")).to_be_visible()
    expect(equity).to_have_text("50,000.00")
    pipeline.broker.start()
    expect(page.get_by_role("alert")).to_have_count(0)

    def is_new() -> bool:
        # again: the embedded broker keeps nothing for a bridge that has not subscribed yet
        publish(pipeline.broker, {"sid": "GOOG", "quote": 690.0, "id": "2"})
        return equity.text_content() != "50,000.00"

    eventually(is_new, "a new equity", interval=0.5)


def test_while_the_bridge_is_away_the_page_says_since_when_and_connects_again(
    on_mosquitto: Pipeline, page: Page, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("a-token-that-stays\n")
    on_mosquitto.serve(*RANDOM)
    options = ("--http-token-file", token)
    open_page(page, on_mosquitto.begin(*options) + "#token=a-token-that-stays")
    port = on_mosquitto.bridge.http
    on_mosquitto.bridge.kill()
    expect(page.get_by_role("alert")).to_contain_text("The connection to the bridge was lost")
    on_mosquitto.begin(*options, http=port)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("link", name="random").first).to_be_visible()


def test_a_refused_message_is_shown_with_its_code_its_reason_and_its_payload(
    lasting: Pipeline, look: Look
) -> None:
    page = look("#/algo/random")
    expect(page.get_by_role("heading", name="random", exact=True)).to_be_visible()
    publish(lasting.broker, '{"sid": "GOOG", "quote": "<b>much</b>"}')
    refusal = page.locator("[data-code=quote_type]")
    expect(refusal).to_contain_text("much")
    refusal.get_by_text("payload").click()
    expect(refusal.locator("pre").first).to_have_text('{"sid": "GOOG", "quote": "<b>much</b>"}')
