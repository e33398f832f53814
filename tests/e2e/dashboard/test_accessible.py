"""axe finds nothing on any view, wide and narrow, light and dark."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.dashboard.conftest import Pipeline
from tests.e2e.dashboard.test_live import RANDOM, open_page, publish
from tests.support.processes import ROOT

AXE = ROOT / "bridge_node" / "node_modules" / "axe-core" / "axe.min.js"
VIEWS = ("#/", "#/algo/random", "#/flow", "#/algo/nobody")


@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing(on_mosquitto: Pipeline, page: Page, tmp_path: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    on_mosquitto.serve(*RANDOM, "--journal", tmp_path / "random.db")
    lost = on_mosquitto.serve("--algo", "sma_cross")
    lost.wait_for("announced at")
    lost.kill()
    open_page(page, on_mosquitto.begin())
    publish(on_mosquitto.broker, {"sid": "GOOG", "quote": 345.0, "id": "1"})
    publish(on_mosquitto.broker, "no quote")
    expect(page.get_by_role("region", name="What needs a look")).to_contain_text("sma_cross")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for view in VIEWS:
            page.evaluate("view => { location.hash = view; }", view)
            expect(page.get_by_role("heading", level=1)).to_have_count(1)
            check(page, f"{view}, {scheme}, {width} wide")
        page.evaluate("location.hash = '#/algo/random'")
        page.locator("[data-command=swap]").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        check(page, f"the dialog, {scheme}, {width} wide")
        page.keyboard.press("Escape")
    on_mosquitto.broker.process.kill()
    expect(page.get_by_role("alert")).to_be_visible()
    check(page, "a lost broker")


def check(page: Page, what: str) -> None:
    """Run axe over the page as it is, and look whether it fits."""
    # evaluated, and not added as a script: the page's own policy would refuse that
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run()")
    lines = [
        f"{each['id']}: {node['html'][:200]} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]
    assert lines == [], what
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{what}: {wide} pixels too wide"
