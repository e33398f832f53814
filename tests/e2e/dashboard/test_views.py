"""Views are reached by address and keyboard, and a page does not outlive what it shows."""

from __future__ import annotations

import json
import signal

from playwright.sync_api import Page, expect

from tests.e2e.dashboard.conftest import RANDOM, Look, Pipeline
from tests.e2e.dashboard.test_live import open_page, publish
from tests.support.processes import eventually


def test_each_view_has_a_title_and_the_skip_link_leaves_it_open(look: Look) -> None:
    page = look("#/")
    for view, title in (("#/", "Overview"), ("#/flow", "Flow"), ("#/algo/random", "random")):
        page.evaluate("view => { location.hash = view; }", view)
        expect(page).to_have_title(f"{title} - Tickwire")
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    expect(page).to_have_title("random - Tickwire")


def test_after_a_dialog_the_focus_is_where_it_was(on_mosquitto: Pipeline, page: Page) -> None:
    on_mosquitto.serve(*RANDOM)
    open_page(page, on_mosquitto.begin(), "#/algo/random")
    halt = page.locator("[data-command=halt]")
    dialog = page.get_by_role("dialog")
    halt.click()
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    expect(halt).to_be_focused()
    halt.click()
    expect(dialog.locator("[name=reason]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Enter")
    expect(halt).to_be_focused()


def test_a_bridge_that_hangs_is_lost_and_its_return_is_seen(lasting: Pipeline, look: Look) -> None:
    page = look("#/")
    lasting.bridge.signal(signal.SIGSTOP)
    try:
        expect(page.get_by_role("alert")).to_contain_text("nothing was heard for 5 s")
        expect(page.locator("main.stale")).to_be_visible()
    finally:
        lasting.bridge.signal(signal.SIGCONT)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_the_address_of_a_new_bridge_works_in_the_tab_of_the_old_one(
    on_mosquitto: Pipeline, page: Page
) -> None:
    on_mosquitto.serve(*RANDOM)
    open_page(page, on_mosquitto.begin())
    port = on_mosquitto.bridge.http
    on_mosquitto.bridge.kill()
    address = on_mosquitto.begin(http=port)
    expect(page.get_by_role("alert")).to_contain_text("Open the address that it prints")
    page.evaluate("address => { location.href = address; }", address)
    expect(page.get_by_role("link", name="random")).to_be_visible()


def test_a_link_works_in_a_new_tab(look: Look) -> None:
    page = look("#/")
    other = page.context.new_page()
    other.goto(page.url.partition("#")[0] + "#/algo/random")
    expect(other.get_by_role("heading", name="random", exact=True)).to_be_visible()


def test_an_algorithm_shows_the_instruments_of_its_own_channels(
    lasting: Pipeline, look: Look
) -> None:
    page = look("#/algo/random")
    for n in ("own 1", "own 2"):  # the page may have subscribed after the first
        publish(lasting.broker, {"sid": "GOOG", "quote": 345.0, "id": n})
        expect(page.locator(f"tr[data-order='random:quotes:{n}:0']")).to_be_visible()
    expect(page.get_by_role("img", name="Prices of GOOG")).to_be_visible()
    page.evaluate("location.hash = '#/algo/other'")
    expect(page.get_by_role("heading", name="other", exact=True)).to_be_visible()
    expect(page.get_by_text("No quote has come on its channels")).to_be_visible()


def test_the_prices_of_the_past_are_shown_while_no_quote_comes(
    lasting: Pipeline, look: Look
) -> None:
    """The prices of the past are shown while no quote comes, as of a weekend."""
    page = look("#/algo/random")
    for n in ("past 1", "past 2"):  # the page may have subscribed after the first
        publish(lasting.broker, {"sid": "GOOG", "quote": 345.0, "id": n})
        expect(page.locator(f"tr[data-order='random:quotes:{n}:0']")).to_be_visible()
    expect(page.get_by_text("No quote has come on its channels")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("img", name="Prices of GOOG")).to_be_visible()
    expect(page.get_by_text("No quote has come on its channels")).to_be_visible()


def test_a_value_that_is_nested_too_deep_to_be_written_stops_nothing(
    on_mosquitto: Pipeline, page: Page
) -> None:
    on_mosquitto.serve(*RANDOM)
    open_page(page, on_mosquitto.begin(), "#/algo/deep")
    record = {"name": "deep", "state": "online", "address": "tcp://a:1", "since": "2024-01-01"}
    text = json.dumps({**record, "parameters": {"x": 0}}).replace(
        "0}", "[" * 9000 + "]" * 9000 + "}"
    )

    def is_shown() -> bool:
        publish(on_mosquitto.broker, text, "algos/deep")  # the page may subscribe after the first
        return page.get_by_text("parameter x").is_visible()

    eventually(is_shown, "the parameter", interval=0.5)
