"""The report: a page with charts that needs nothing outside of its file."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from algo_service.backtest import backtest, sweep
from algo_service.backtest.curve import MAX_POINTS
from algo_service.backtest.report import charts
from algo_service.backtest.report import table as figures_table
from algo_service.backtest.report.report import TILES, write
from algo_service.backtest.trades import MAX_TRADES
from algo_service.errors import AlgoServiceError
from tests.support.browser import CHROMIUM, Faults, browser
from tests.support.processes import BIN, ROOT

CASES = ROOT / "tests" / "cases"
CHARTS = ("equity", "orders", "months", "trades")


def page(tmp_path: Path, algo: Any, data: Any, params: dict[str, Any] | None = None) -> Path:
    path = tmp_path / "report.html"
    write(path, backtest(algo, data, params, keep="chart"))
    return path


class Opened:
    """What a real browser makes of a page, once its scripts have run; it reaches no host."""

    def __init__(self, browser: Browser):
        self._browser = browser

    def __call__(self, path: Path) -> str:
        page = self._browser.new_page(offline=True)
        faults = Faults(page)
        page.goto(path.as_uri())
        page.wait_for_function(
            "[...document.querySelectorAll('.plotly-graph-div')].every("
            "each => each.querySelector('.main-svg'))"
        )
        assert faults.found == []
        dom = page.content()
        page.close()
        return dom


@pytest.fixture(scope="module")
def opened() -> Iterator[Opened]:
    """Opens pages in one browser."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: `apt-get install chromium` to run this test")
    with browser() as started:
        yield Opened(started)


def drawn(dom: str, name: str) -> int:
    """How many of a chart's layers are in the page, and that they hold marks."""
    body = dom[dom.index("</head>") :]
    start = body.index(f'id="{name}"')
    return body[start : body.index("</section>", start)].count("main-svg")


def test_the_page_of_the_readmes_command_draws_every_chart_in_a_browser(
    tmp_path: Path, opened: Opened
) -> None:
    path = tmp_path / "report.html"
    words = ["--algo", "sma_cross", "--data", "goog", "--param", "fast=10", "--param", "slow=20",
             "--cash", "10000", "--units", "whole", "--commission", "0.002"]  # fmt: skip
    command = [BIN / "algo-service", "backtest", *words, "--report", path, "--json"]
    ended = subprocess.run(command, check=True, text=True, capture_output=True)
    figures = json.loads(ended.stdout)
    dom = opened(path)
    for name in CHARTS:
        assert drawn(dom, name), name
    for name in TILES:
        shown = figures_table.shown(name, figures)
        assert f"{figures_table.NAMES[name][0]}<b>{shown}</b>" in dom, name
    # two traces of fills and one of the price; as many marks as fills
    body = dom[dom.index('id="orders"') : dom.index('id="months"')]
    assert body.count('class="point"') == figures["fills"]


def test_a_sweep_is_a_heat_map_with_a_warning(tmp_path: Path, opened: Opened) -> None:
    path = tmp_path / "report.html"
    swept = sweep("sma_cross", "goog", {"fast": [5, 10], "slow": [20, 40]})
    write(path, backtest("sma_cross", "goog", {"fast": 10, "slow": 20}, keep="chart"), swept)
    dom = opened(path)
    assert drawn(dom, "sweep")
    assert "best by luck as well" in dom


def test_nothing_in_the_page_is_loaded_from_elsewhere(tmp_path: Path) -> None:
    text = page(tmp_path, "sma_cross", "goog").read_text()
    assert re.findall(r"<(?:script|link|img|iframe)[^>]*\b(?:src|href)=", text) == []
    markup = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r"https?:|//[a-z]", markup)
    assert "@import" not in markup


def test_what_comes_from_data_and_parameters_is_text_and_no_markup(
    tmp_path: Path, opened: Opened
) -> None:
    evil = "</script><img src=x onerror=alert(1)>"
    quotes = [
        {"sid": evil, "quote": 1.0 + n, "ts": 1.7e9 + n, "id": f"{n}</script>"} for n in range(50)
    ]
    quotes.append({"sid": evil, "quote": 0})
    path = page(tmp_path, "random", quotes, {"threshold": 0})
    markup = re.sub(r"<script.*?</script>", "", path.read_text(), flags=re.DOTALL)
    assert evil not in markup
    assert "&lt;img src=x" in markup
    dom = opened(path)
    assert "<img src=" not in dom[dom.index("<header>") :]


@pytest.mark.parametrize(
    "quotes",
    [
        [{"sid": "A", "quote": 1.0}],
        [{"sid": "A", "quote": 1.0, "ts": "2026-01-05"}],
        [{"sid": "A", "quote": 1.0 + n % 3} for n in range(20)],
        [{"sid": f"S{n}", "quote": 2.0, "ts": 1.7e9 + n} for n in range(300)],
    ],
    ids=["one quote without a time", "one quote", "no times", "300 instruments"],
)
def test_a_page_with_little_to_draw_is_a_page_all_the_same(
    tmp_path: Path, opened: Opened, quotes: list[Any]
) -> None:
    path = page(tmp_path, "buy_and_hold", quotes)
    markup = re.sub(r"<script.*?</script>", "", path.read_text(), flags=re.DOTALL)
    assert "nan" not in re.sub(r"<style.*?</style>", "", markup, flags=re.DOTALL).lower()
    if len(quotes) == 300:
        assert "288 more instruments are not drawn" in markup
    assert drawn(opened(path), "equity")


def test_odd_data_and_failed_quotes_are_in_the_page(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("ts,price\n2026-01-05,1\n2026-01-05,1\n2026-01-06,-3\nsoon,2\n2026-01-07,2\n")
    markup = page(tmp_path, "buy_and_hold", str(file)).read_text()
    notes = backtest("buy_and_hold", str(file)).data_notes
    assert notes
    assert all(f"<li>{escape(note)}</li>" in markup for note in notes)
    quotes = [{"sid": "A", "quote": 1.0}, {"sid": "A", "quote": "<i>"}]
    markup = page(tmp_path, "buy_and_hold", quotes).read_text()
    assert "Failed quotes: 1<" in markup
    assert "1 quote: QuoteError: " in markup


@pytest.mark.parametrize(
    "values",
    [
        {"sizing": ["all_in", "random_fraction"], "fast": [5, 10]},
        {"sizing": ["all_in", "random_fraction"]},
        {"fast": [5, 10], "slow": [20, 40], "commission": [0, 0.01]},
    ],
    ids=["words", "one name", "three names"],
)
def test_a_grid_of_words_or_of_more_or_fewer_than_two_names_is_drawn(
    tmp_path: Path, opened: Opened, values: dict[str, Any]
) -> None:
    path = tmp_path / "report.html"
    swept = sweep("sma_cross", "goog", values, {"slow": 40} if "slow" not in values else {})
    write(
        path,
        backtest(
            "sma_cross", "goog", {name: swept.best[name] for name in swept.names}, keep="chart"
        ),
        swept,
    )
    assert drawn(opened(path), "sweep")


def test_no_bar_holds_both_gains_and_losses_and_every_trade_is_in_one() -> None:
    returns = [-0.31, -0.001, 0.0, 0.0001, 0.2, 0.7]
    losses, gains = charts.trades(returns).data
    assert (sum(losses.y), sum(gains.y)) == (3, 3)
    assert max(losses.x + losses.width / 2) <= 0 <= min(gains.x - gains.width / 2)


def test_months_are_those_of_the_days() -> None:
    days = {15735: 110.0, 15737: 121.0}  # 2013-01-30 and 2013-02-01
    assert charts.months(days, 100.0).data[0].text[0][:2] == ["10.0%", "10.0%"]


def test_times_in_milliseconds_are_shown_as_dates_without_markup(
    tmp_path: Path,
    opened: Opened,
) -> None:
    """Times in milliseconds are shown as dates and no markup is in a chart."""
    quotes = [{"sid": '<a href="x">"A"</a>', "quote": 1.0, "ts": 1_500_000_000_000}]
    path = page(tmp_path, "buy_and_hold", quotes)
    assert "2017-07-14T02:40:00Z" in path.read_text()
    dom = opened(path)
    chart = dom[dom.index('id="orders"') : dom.index('id="months"')]
    assert "<a " not in chart
    assert "&lt;a href=" in chart
    assert "&amp;quot;" not in chart


def ticks(dom: str, chart: str) -> set[str]:
    """The labels of a chart's vertical axes."""
    body = dom[dom.index("</head>") :]
    body = body[body.index(f'id="{chart}"') :]
    found = re.findall(r'class="y2?tick".*?>([^<]*)</text>', body[: body.index("</section>")])
    return {label.replace("\N{MINUS SIGN}", "-") for label in found}


@pytest.mark.parametrize(
    ("file", "params", "chart"),
    [
        ("11c-price-1.4e-10.csv", {"window": 5, "entry": 1}, "orders"),
        ("11d-in-btc.csv", {"window": 5, "entry": 1, "cash": 0.05}, "equity"),
    ],
)
def test_the_axes_of_small_prices_have_different_numbers(
    tmp_path: Path, opened: Opened, file: str, params: dict[str, Any], chart: str
) -> None:
    """The axes of small prices and accounts have different numbers at their ticks."""
    dom = opened(page(tmp_path, "mean_reversion", CASES / file, params))
    labels = {float(label) for label in ticks(dom, chart) if "%" not in label}
    assert len(labels) > 3
    assert 0 < max(labels) < 1
    figures = dom[dom.index("<h2>Figures</h2>") :]
    assert not re.search(r"(Final equity|Starting cash)</td>[^/]*>0\.0*<", figures)


def test_the_page_says_what_kept_the_algorithm_from_trading(tmp_path: Path) -> None:
    result = backtest(
        "sma_cross", CASES / "12-btc.csv", {"fast": 5, "slow": 20, "units": "whole"}, keep="chart"
    )
    write(tmp_path / "report.html", result)
    markup = (tmp_path / "report.html").read_text()
    (line,) = [note for note in result.notes if note.startswith("no order: 8 buys, ")]
    assert f"<li>{escape(line)}</li>" in markup


def test_the_first_trades_are_in_the_page_and_that_there_are_more_is_said(tmp_path: Path) -> None:
    quotes = [{"sid": "A", "quote": 1.0 + n % 3, "ts": 1.7e9 + n} for n in range(3000)]
    params = {"exit": 0.5, "seed": 1, "sizing": "fixed_cash", "bet": 1}
    result = backtest("random", quotes, params, keep="chart")
    result.report(tmp_path / "report.html")
    markup = (tmp_path / "report.html").read_text()
    body = markup[markup.index("<summary>Trades, one by one") : markup.index("</details>")]
    held = len(list(result.round_trips.open())) if result.round_trips else 0
    assert body.count("<tr><td>A</td>") == MAX_TRADES + held
    assert f"the first {MAX_TRADES} of {result.figures()['trades']:,}" in body


def test_a_course_that_was_kept_whole_is_drawn_with_fewer_points() -> None:
    quotes = [{"sid": "A", "quote": 1.0 + n % 3, "ts": 1.7e9 + n} for n in range(5 * MAX_POINTS)]
    result = backtest("buy_and_hold", quotes)
    assert result.curve is not None
    for figure in (charts.equity(result.curve), charts.orders(result.curve)):
        line = figure.data[0]
        assert MAX_POINTS < len(line.x) <= 2 * MAX_POINTS + 1
        assert line.x[-1] == line.x.max()


def test_a_figure_that_is_not_defined_is_a_dash() -> None:
    assert figures_table.shown("sharpe", {"sharpe": None}) == "-"


def test_a_course_that_was_not_kept_is_one_sentence(tmp_path: Path) -> None:
    result = backtest("buy_and_hold", [{"sid": "A", "quote": 1.0}], keep=None)
    with pytest.raises(AlgoServiceError, match="was not kept"):
        write(tmp_path / "report.html", result)


def test_a_page_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(AlgoServiceError, match=r"cannot write .*No such file"):
        page(tmp_path / "none", "buy_and_hold", [{"sid": "A", "quote": 1.0}])
