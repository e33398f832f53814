"""A viewer looks on: what it cannot do is not offered, and refused if it tries all the same."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.dashboard.conftest import RANDOM, Pipeline
from tests.e2e.dashboard.test_accessible import check
from tests.e2e.dashboard.test_backtest import form, run
from tests.e2e.dashboard.test_controls import command, reply
from tests.e2e.dashboard.test_live import open_page, publish

OPERATOR = "the-token-of-an-operator"
VIEWER = "the-token-of-a-viewer"

HALT = """
token => new Promise((resolve, reject) => {
  const socket = new WebSocket(location.origin.replace("http", "ws") + "/mqtt");
  const payload = JSON.stringify({ command: "halt", id: "mine", by: "Eve" });
  socket.onopen = () => socket.send(JSON.stringify({ token }));
  socket.onmessage = ({ data }) => {
    const frame = JSON.parse(data);
    if (frame.error) resolve(frame.error);
    if (!frame.broker?.connected) return;
    socket.send(JSON.stringify({ publish: { topic: "commands/random", payload } }));
  };
  socket.onclose = ({ reason }) => reject(reason);
})
"""
"""What a viewer may do who writes frames by hand."""


def test_a_viewer_sees_everything_and_commands_nothing_until_it_gives_the_operators_token(
    on_mosquitto: Pipeline, page: Page, tmp_path: Path
) -> None:
    (tmp_path / "operator").write_text(f"{OPERATOR}\n")
    (tmp_path / "viewer").write_text(f"{VIEWER}\n")
    files = ("--http-token-file", tmp_path / "operator")
    files += ("--http-viewer-token-file", tmp_path / "viewer")
    on_mosquitto.serve(*RANDOM, "--journal", tmp_path / "random.db")
    address = on_mosquitto.begin(*files)
    open_page(page, f"{address}#token={VIEWER}", "#/algo/random")
    publish(on_mosquitto.broker, {"sid": "GOOG", "quote": 345.0, "id": "1"})
    expect(page.locator("tr[data-order='random:quotes:1:0']")).to_be_visible()
    expect(page.get_by_text("random.db")).to_be_visible()  # the journal was asked
    expect(page.get_by_role("status").first).to_contain_text("viewer")
    buttons = page.get_by_role("group", name="Controls of random").get_by_role("button")
    for button in buttons.all():
        expect(button).to_be_disabled()
    expect(page.get_by_text("commands and backtests need the token")).to_be_visible()
    check(page, "a viewer")

    refusal = page.evaluate(HALT, VIEWER)
    assert "token of an operator" in refusal
    on_mosquitto.bridge.wait_for("dashboard: refused: of a viewer: commands need the token")
    publish(on_mosquitto.broker, {"sid": "GOOG", "quote": 345.0, "id": "2"})
    order = page.locator("tr[data-order='random:quotes:2:0']")
    expect(order).to_be_visible()
    expect(order).not_to_contain_text("halted")

    page.evaluate("location.hash = '#/backtest'")
    expect(form(page).get_by_role("button")).to_be_disabled()
    expect(page.get_by_text("commands and backtests need the token")).to_be_visible()

    # the address that is printed has no token: it is asked for
    page.evaluate("sessionStorage.clear()")
    page.goto(address)
    page.reload()
    page.get_by_label("Token").fill("another-token-of-16")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("its token is not that of this bridge")
    page.get_by_label("Token").fill(OPERATOR)
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("status").first).to_contain_text("connected broker")
    page.evaluate("location.hash = '#/algo/random'")
    command(page, "halt", reason="news")
    reply(page, "buying is halted")
    page.evaluate("location.hash = '#/backtest'")
    run(page)
    expect(page.locator("[data-report='1']")).to_be_visible(timeout=60_000)
    assert VIEWER not in on_mosquitto.bridge.output
    assert OPERATOR not in on_mosquitto.bridge.output
