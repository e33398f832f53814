"""A backtest is chosen, run, watched, read and compared on the page."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.e2e.dashboard.conftest import RANDOM, Pipeline
from tests.e2e.dashboard.test_accessible import check
from tests.e2e.dashboard.test_live import open_page

WAITS = """\
import time
from portfolio import Portfolio
class Waits:
    def initialize(self, params):
        self.portfolio = Portfolio(params["starting_cash"])
        return ["quotes"]
    def event(self, data):
        while True:
            time.sleep(0.01)
"""


def form(page: Page) -> Locator:
    return page.get_by_role("form", name="A backtest")


def run(page: Page, **params: str) -> None:
    """Write parameters into the form, and run it."""
    if params:
        details = form(page).locator("details")
        if details.get_attribute("open") is None:
            details.locator("summary").click()
    for name, value in params.items():
        form(page).locator(f"[name=param-{name}]").fill(value)
    form(page).get_by_role("button", name="Run the backtest").click()


def test_a_sample_is_run_and_its_report_is_that_of_the_command_line_and_two_are_compared(
    pipeline: Pipeline, page: Page
) -> None:
    pipeline.serve(*RANDOM)
    open_page(page, pipeline.begin())
    page.get_by_role("link", name="Backtest").click()
    form(page).get_by_label("Algorithm").select_option("sma_cross")
    run(page, fast="20", slow="60")
    report = page.locator("[data-report='1']")
    command = ["algo-service", "backtest", "--algo", "sma_cross", "--data", "goog", "--json"]
    command += ["--param", "fast=20", "--param", "slow=60"]
    printed = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    final = report.locator("[data-figure=final_equity]")
    expect(final).to_have_text(f"{printed['final_equity']:,.2f}", timeout=60_000)
    expect(report.locator("[data-figure=orders]")).to_have_text(f"{printed['orders']:,}")
    expect(report.get_by_role("region").get_by_role("row")).to_have_count(printed["orders"] + 1)
    for chart in ("equity", "drawdown"):
        expect(page.locator(f"[data-chart=backtest-{chart}] canvas").first).to_be_visible()
    for note in printed["notes"]:
        expect(report).to_contain_text(note)
    assert page.url.endswith("#/backtest/random/1")

    run(page, fast="10")
    expect(page.locator("[data-report='2']")).to_be_visible(timeout=60_000)
    for number in (1, 2):
        page.get_by_label(f"Compare run {number}").check()
    row = page.locator("[data-compared] [data-figure=final_equity] td")
    expect(row).to_have_count(2)
    expect(row.first).to_have_text(f"{printed['final_equity']:,.2f}")
    expect(page.locator("[data-compared]").get_by_role("row", name="fast")).to_contain_text("10")
    expect(page.locator("[data-chart=backtest-compared] canvas").first).to_be_visible()
    page.reload()
    expect(page.locator("[data-report='2']")).to_be_visible(timeout=60_000)


def test_a_wrong_parameter_and_a_path_that_leaves_the_folder_are_sentences(
    on_mosquitto: Pipeline, page: Page, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "own.csv").write_text("date,close\n2024-01-02,5\n2024-01-03,6\n")
    (tmp_path / "secret.csv").write_text("date,close\n2024-01-02,5\n")
    on_mosquitto.serve(*RANDOM, "--data-folder", tmp_path / "data")
    open_page(page, on_mosquitto.begin(), "#/backtest")
    run(page, threshold="<b>high</b>")
    fault = form(page).get_by_role("alert")
    expect(fault).to_contain_text("parameter threshold is '<b>high</b>': it has to be")
    form(page).locator("[name=param-threshold]").fill("")

    data = form(page).get_by_label("Data")
    data.locator("option[value='own.csv']").evaluate("each => { each.value = '../secret.csv'; }")
    data.select_option("../secret.csv")
    run(page)
    expect(fault).to_contain_text("without a path")
    expect(page.get_by_role("region", name="Table of runs")).to_have_count(0)

    data.locator("option[value='../secret.csv']").evaluate("each => { each.value = 'own.csv'; }")
    data.select_option("own.csv")
    run(page)
    report = page.locator("[data-report='1']")
    expect(report.locator("[data-figure=quotes]")).to_have_text("2")
    expect(fault).to_be_empty()


def test_one_that_runs_is_watched_and_cancelled_without_a_mouse_and_axe_finds_nothing(
    on_mosquitto: Pipeline, page: Page, tmp_path: Path
) -> None:
    (tmp_path / "waits.py").write_text(WAITS)
    on_mosquitto.serve("--algo", tmp_path / "waits.py:Waits")
    open_page(page, on_mosquitto.begin(), "#/backtest")
    form(page).get_by_label("Parameters").fill("what=<b>5</b>\n")
    form(page).get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("progressbar")).to_have_attribute("max", "2148")
    run(page)
    expect(form(page).get_by_role("alert")).to_contain_text("backtest 1 is under way")
    check(page, "one under way")
    page.get_by_role("button", name="Cancel").focus()
    page.keyboard.press("Enter")
    expect(page.locator("tr[data-run='1']")).to_contain_text("cancelled")
    expect(page.locator("tr[data-run='1']")).to_contain_text("what=<b>5</b>")
    expect(page.get_by_role("progressbar")).to_have_count(0)

    form(page).get_by_label("Algorithm").select_option("sma_cross")
    for number in (2, 3):
        run(page, fast="20")
        expect(page.locator(f"[data-report='{number}']")).to_be_visible(timeout=60_000)
        page.get_by_label(f"Compare run {number}").check()
    expect(page.locator("[data-compared]")).to_be_visible()
    check(page, "a report and a comparison")
