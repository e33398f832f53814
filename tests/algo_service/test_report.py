"""The report: a page with charts that needs nothing outside of its file."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from algo_service.backtest import backtest, charts, sweep
from algo_service.backtest import table as figures_table
from algo_service.backtest.report import TILES, write
from algo_service.errors import AlgoServiceError
from tests.processes import BIN

CHROMIUM = shutil.which("chromium")
CHARTS = ("equity", "orders", "months", "trades")


def page(tmp_path: Path, algo: Any, data: Any, params: dict[str, Any] | None = None) -> Path:
    path = tmp_path / "report.html"
    write(path, backtest(algo, data, params, keep="chart"))
    return path


def opened(path: Path, tmp_path: Path) -> str:
    """What a real browser makes of the page, once its scripts have run; it reaches no host."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: `apt-get install chromium` to run this test")
    done = subprocess.run(
        [
            *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *("--disable-quic", "--disable-background-networking", "--disable-component-update"),
            *("--disable-sync", f"--user-data-dir={tmp_path / 'profile'}"),
            *("--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=20000"),
            *("--enable-logging=stderr", "--dump-dom", path.as_uri()),
        ],
        check=True,
        text=True,
        capture_output=True,
    )
    errors = re.findall(r'CONSOLE.*?"((?:Uncaught|Failed)[^"]*)"', done.stderr)
    assert errors == []
    return done.stdout


def drawn(dom: str, name: str) -> int:
    """How many of a chart's layers are in the page, and that they hold marks."""
    body = dom[dom.index("</head>") :]
    start = body.index(f'id="{name}"')
    return body[start : body.index("</section>", start)].count("main-svg")


def test_the_page_of_the_readmes_command_draws_every_chart_in_a_browser(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    words = ["--algo", "sma_cross", "--data", "goog", "--param", "fast=10", "--param", "slow=20",
             "--cash", "10000", "--units", "whole", "--commission", "0.002"]  # fmt: skip
    command = [BIN / "algo-service", "backtest", *words, "--report", path, "--json"]
    ended = subprocess.run(command, check=True, text=True, capture_output=True)
    figures = json.loads(ended.stdout)
    dom = opened(path, tmp_path)
    for name in CHARTS:
        assert drawn(dom, name), name
    for name in TILES:
        shown = figures_table.shown(name, figures[name])
        assert f"{figures_table.NAMES[name][0]}<b>{shown}</b>" in dom, name
    # two traces of fills and one of the price; as many marks as fills
    body = dom[dom.index('id="orders"') : dom.index('id="months"')]
    assert body.count('class="point"') == figures["fills"]


def test_a_sweep_is_a_heat_map_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    swept = sweep("sma_cross", "goog", {"fast": [5, 10], "slow": [20, 40]})
    write(path, backtest("sma_cross", "goog", {"fast": 10, "slow": 20}, keep="chart"), swept)
    dom = opened(path, tmp_path)
    assert drawn(dom, "sweep")
    assert "best by luck as well" in dom


def test_nothing_in_the_page_is_loaded_from_elsewhere(tmp_path: Path) -> None:
    text = page(tmp_path, "sma_cross", "goog").read_text()
    assert re.findall(r"<(?:script|link|img|iframe)[^>]*\b(?:src|href)=", text) == []
    markup = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r"https?:|//[a-z]", markup)
    assert "@import" not in markup


def test_what_comes_from_data_and_parameters_is_text_and_no_markup(tmp_path: Path) -> None:
    evil = "</script><img src=x onerror=alert(1)>"
    quotes = [{"sid": evil, "quote": 1.0 + n, "ts": n, "id": f"{n}</script>"} for n in range(50)]
    quotes.append({"sid": evil, "quote": 0})
    path = page(tmp_path, "random", quotes, {"threshold": 0})
    markup = re.sub(r"<script.*?</script>", "", path.read_text(), flags=re.DOTALL)
    assert evil not in markup
    assert "&lt;img src=x" in markup
    dom = opened(path, tmp_path)
    assert "<img src=" not in dom[dom.index("<header>") :]


@pytest.mark.parametrize(
    "quotes",
    [
        [{"sid": "A", "quote": 1.0}],
        [{"sid": "A", "quote": 1.0, "ts": "2026-01-05"}],
        [{"sid": "A", "quote": 1.0 + n % 3} for n in range(20)],
        [{"sid": f"S{n}", "quote": 2.0, "ts": n * 1000} for n in range(300)],
    ],
    ids=["one quote without a time", "one quote", "no times", "300 instruments"],
)
def test_a_page_with_little_to_draw_is_a_page_all_the_same(
    tmp_path: Path, quotes: list[Any]
) -> None:
    path = page(tmp_path, "buy_and_hold", quotes)
    markup = re.sub(r"<script.*?</script>", "", path.read_text(), flags=re.DOTALL)
    assert "nan" not in re.sub(r"<style.*?</style>", "", markup, flags=re.DOTALL).lower()
    if len(quotes) == 300:
        assert "288 more instruments are not drawn" in markup
    assert drawn(opened(path, tmp_path), "equity")


def test_odd_data_and_failed_quotes_are_in_the_page(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("ts,price\n2026-01-05,1\n2026-01-05,1\n2026-01-06,-3\nsoon,2\n2026-01-07,2\n")
    markup = page(tmp_path, "buy_and_hold", str(file)).read_text()
    assert '<td>duplicates</td><td class="n">1</td>' in markup
    assert '<td>absurd</td><td class="n">1</td>' in markup
    assert "Failed quotes: 1" in markup


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
    tmp_path: Path, values: dict[str, Any]
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
    assert drawn(opened(path, tmp_path), "sweep")


def test_no_bar_holds_both_gains_and_losses_and_every_trade_is_in_one() -> None:
    returns = [-0.31, -0.001, 0.0, 0.0001, 0.2, 0.7]
    losses, gains = charts.trades(returns).data
    assert (sum(losses.y), sum(gains.y)) == (3, 3)
    assert max(losses.x + losses.width / 2) <= 0 <= min(gains.x - gains.width / 2)


def test_months_are_known_from_any_form_of_iso_8601() -> None:
    days = {"20130130T1": 110.0, "2013-02-01": 121.0}
    assert charts.months(days, 100.0).data[0].text[0][:2] == ["10.0%", "10.0%"]


def test_times_in_milliseconds_are_shown_as_dates_and_no_markup_is_in_a_chart(
    tmp_path: Path,
) -> None:
    quotes = [{"sid": '<a href="x">"A"</a>', "quote": 1.0, "ts": 1_500_000_000_000}]
    path = page(tmp_path, "buy_and_hold", quotes)
    assert "2017-07-14 02:40:00" in path.read_text()
    dom = opened(path, tmp_path)
    chart = dom[dom.index('id="orders"') : dom.index('id="months"')]
    assert "<a " not in chart
    assert "&lt;a href=" in chart
    assert "&amp;quot;" not in chart


def test_a_course_that_was_not_kept_is_one_sentence(tmp_path: Path) -> None:
    result = backtest("buy_and_hold", [{"sid": "A", "quote": 1.0}], keep=None)
    with pytest.raises(AlgoServiceError, match="was not kept"):
        write(tmp_path / "report.html", result)


def test_a_page_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(AlgoServiceError, match=r"cannot write .*No such file"):
        page(tmp_path / "none", "buy_and_hold", [{"sid": "A", "quote": 1.0}])
