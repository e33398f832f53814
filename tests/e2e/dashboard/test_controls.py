"""Each control asks once, shows the reply, and the journal knows who did it."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.dashboard.conftest import RANDOM, Look, Pipeline
from tests.e2e.dashboard.test_live import open_page, publish


def command(page: Page, name: str, **fields: str) -> None:
    """Give a command by its button and the dialog that asks about it."""
    page.locator(f"[data-command={name}]").click()
    dialog = page.get_by_role("dialog")
    for field, value in {"by": "Ann", **fields}.items():
        control = dialog.locator(f"[name={field}]")
        if field == "positions":
            control.select_option(value)
        else:
            control.fill(value)
    dialog.locator("button[type=submit]").click()


def reply(page: Page, text: str) -> None:
    """Await the reply, and close the dialog."""
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("status")).to_contain_text(text)
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)


def test_halt_flatten_and_resume_show_their_replies_and_are_in_the_journal(
    pipeline: Pipeline, page: Page, tmp_path: Path
) -> None:
    pipeline.serve(*RANDOM, "--journal", tmp_path / "random.db")
    open_page(page, pipeline.begin(), "#/algo/random")
    publish(pipeline.broker, {"sid": "GOOG", "quote": 345.0, "id": "1"})
    expect(page.locator("tr[data-order='random:quotes:1:0']")).to_be_visible()

    command(page, "halt", reason="news <b>today</b>")
    reply(page, "buying is halted")
    expect(page.locator(".standing").first).to_contain_text("by Ann: news <b>today</b>")
    publish(pipeline.broker, {"sid": "GOOG", "quote": 345.0, "id": "2"})
    refused = page.locator("tr[data-order='random:quotes:2:0']")
    expect(refused).to_contain_text("halted by Ann: news <b>today</b>")

    command(page, "flatten", reason="end of the day")
    reply(page, "wait for the next quote")
    publish(pipeline.broker, {"sid": "GOOG", "quote": 350.0, "id": "3"})
    expect(page.get_by_text("None is held.")).to_be_visible()

    command(page, "resume")
    reply(page, "resumed")
    page.reload()
    done = page.get_by_role("list", name="Commands")
    for each in ("halt by Ann", "flatten by Ann", "resume by Ann"):
        expect(done).to_contain_text(each)


def test_swap_hands_the_account_to_another_service(on_mosquitto: Pipeline, page: Page) -> None:
    on_mosquitto.serve(*RANDOM)
    other = on_mosquitto.parts.service("--algo", "sma_cross", "--name", "random")
    open_page(page, on_mosquitto.begin(), "#/algo/random")
    command(page, "swap", to=other.address, positions="keep", reason="a better one")
    reply(page, other.address)


def test_a_dialog_that_is_cancelled_sends_nothing_and_needs_no_mouse(
    lasting: Pipeline, look: Look
) -> None:
    page = look("#/algo/random")
    page.locator("[data-command=halt]").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    publish(lasting.broker, {"sid": "GOOG", "quote": 345.0, "id": "cancelled"})
    row = page.locator("tr[data-order='random:quotes:cancelled:0']")
    expect(row).to_contain_text("buy GOOG")
    expect(row).not_to_contain_text("refused")


def test_without_a_connection_nothing_can_be_commanded(on_mosquitto: Pipeline, page: Page) -> None:
    on_mosquitto.serve(*RANDOM)
    open_page(page, on_mosquitto.begin(), "#/algo/random")
    expect(page.locator("[data-command=halt]")).to_be_enabled()
    on_mosquitto.broker.process.kill()
    expect(page.locator("[data-command=halt]")).to_be_disabled()
