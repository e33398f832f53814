"""axe finds nothing on any view, wide and narrow, light and dark."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, expect

from tests.e2e.dashboard.conftest import RANDOM, Pipeline
from tests.e2e.dashboard.test_live import open_page, publish
from tests.support.processes import ROOT

AXE = ROOT / "bridge_node" / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = (1280, 360)
SCHEMES: dict[Literal["light", "dark"], dict[str, list[str]]] = {
    "dark": {"runOnly": ["color-contrast"]},  # all else is as in light
    "light": {},
}
# All that it has found would be a quarter of a megabyte.
RUN = """options => axe.run({ resultTypes: ["violations"], ...options })
  .then(({ violations }) => violations)"""
VIEWS = ("#/", "#/algo/random", "#/flow", "#/algo/nobody")


def test_axe_finds_nothing(on_mosquitto: Pipeline, page: Page, tmp_path: Path) -> None:
    on_mosquitto.serve(*RANDOM, "--journal", tmp_path / "random.db")
    lost = on_mosquitto.serve("--algo", "sma_cross")
    lost.wait_for("announced at")
    lost.kill()
    open_page(page, on_mosquitto.begin())
    publish(on_mosquitto.broker, {"sid": "GOOG", "quote": 345.0, "id": "1"})
    publish(on_mosquitto.broker, "no quote")
    expect(page.get_by_role("region", name="What needs a look")).to_contain_text("sma_cross")
    for view in VIEWS:
        page.evaluate("view => { location.hash = view; }", view)
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        check(page, view)
    page.evaluate("location.hash = '#/algo/random'")
    page.locator("[data-command=swap]").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    check(page, "the dialog")
    page.keyboard.press("Escape")
    on_mosquitto.broker.process.kill()
    expect(page.get_by_role("alert")).to_be_visible()
    check(page, "a lost broker")


def check(page: Page, what: str) -> None:
    """Run axe over the page as it is, wide and narrow, light and dark, and look whether it fits."""
    if page.evaluate("typeof axe === 'undefined'"):
        # evaluated, and not added as a script: the page's own policy would refuse that
        page.evaluate(AXE.read_text())
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{what}, {width} wide: {wide} pixels too wide"
        for scheme, options in SCHEMES.items():
            page.emulate_media(color_scheme=scheme)
            found = page.evaluate(RUN, options)
            lines = [
                f"{each['id']}: {node['html'][:200]} {node['failureSummary']}"
                for each in found
                for node in each["nodes"]
            ]
            assert lines == [], f"{what}, {scheme}, {width} wide"
    page.set_viewport_size({"width": WIDTHS[0], "height": 800})
