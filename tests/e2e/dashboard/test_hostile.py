"""What anybody may publish harms neither the page nor its other contents."""

from __future__ import annotations

import json

import paho.mqtt.client as mqtt
from playwright.sync_api import Page, expect

from tests.e2e.dashboard.conftest import RANDOM, Pipeline
from tests.e2e.dashboard.test_live import open_page, publish

MARKUP = "<img src=x onerror=\"document.title='taken'\">"


def test_markup_in_an_instrument_is_text(on_mosquitto: Pipeline, page: Page) -> None:
    on_mosquitto.serve(*RANDOM)
    open_page(page, on_mosquitto.begin(), "#/algo/random")
    expect(page.get_by_role("heading", name="random", exact=True)).to_be_visible()
    publish(on_mosquitto.broker, {"sid": MARKUP, "quote": 1, "id": "<script>alert(1)</script>"})
    expect(page.locator("tr[data-order]")).to_contain_text(f"buy {MARKUP}")
    assert page.title() == "random - Tickwire"
    assert page.locator("main img, main script").count() == 0


def test_an_algorithm_may_have_any_name(on_mosquitto: Pipeline, page: Page) -> None:
    names = ['a "quoted" name', "50% <b>", "it's & that"]
    for name in names:
        on_mosquitto.serve(*RANDOM, "--name", name)
    open_page(page, on_mosquitto.begin())
    for name in names:
        page.evaluate("location.hash = '#/'")
        page.get_by_role("listitem").get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        publish(on_mosquitto.broker, {"sid": "GOOG", "quote": 345.0, "id": name})
        row = page.locator("tr[data-order]").filter(has_text=name)
        expect(row).to_contain_text("buy GOOG")


def test_nonsense_on_the_topics_that_the_page_reads_stops_nothing(
    on_mosquitto: Pipeline, page: Page
) -> None:
    on_mosquitto.serve(*RANDOM)
    open_page(page, on_mosquitto.begin())
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", on_mosquitto.broker.port)
    client.loop_start()
    values = [None, True, 17, "text", [], {}, [[]], {"samples": 1}, {"part": "x", "samples": [1]}]
    payloads = [json.dumps(each) for each in values]
    payloads += ["", "not JSON", "[" * 5000, "x" * 1_000_000, '{"at":"never","since":"never"}']
    kinds = ("algos", "bridges", "portfolios", "orders", "fills", "errors", "replies", "stats")
    for kind in kinds:
        for payload in payloads:
            # a page is cut off that leaves 16 MiB unread, as it may on a busy machine
            names = ("nonsense",) if len(payload) > 100_000 else ("nonsense", "%", "random2")
            for name in names:
                client.publish(f"{kind}/{name}", payload, qos=1).wait_for_publish(30)
    client.disconnect()
    client.loop_stop()
    for view in ("#/flow", "#/algo/nonsense", "#/algo/random"):
        page.evaluate("view => { location.hash = view; }", view)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    publish(on_mosquitto.broker, {"sid": "GOOG", "quote": 345.0, "id": "1"})
    expect(page.locator("tr[data-order='random:quotes:1:0']")).to_contain_text("buy GOOG")
