"""What `import tickwire` offers."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

import algo_service
import indicators
import market_data
import portfolio
import telemetry
import tickwire
from tests.support.processes import ROOT


@pytest.mark.parametrize("package", [tickwire, algo_service, market_data])
def test_every_name_is_there_and_known_to_type_checkers(package: object) -> None:
    names = package.__all__  # type: ignore[attr-defined]
    for name in names:
        assert getattr(package, name) is not None, name
    tree = ast.parse(Path(package.__file__).read_text())  # type: ignore[attr-defined]
    (typed,) = (each for each in tree.body if isinstance(each, ast.If) and each.orelse)
    imported = [
        alias.asname
        for each in typed.body
        if isinstance(each, ast.ImportFrom)
        for alias in each.names
    ]
    assert sorted(imported, key=str) == names
    assert set(names) <= set(dir(package))


def test_every_package_is_installed() -> None:
    """A checkout finds a package that pyproject.toml does not list; an installed wheel does not."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    found = {
        ".".join(file.parent.relative_to(ROOT).parts)
        for each in (tickwire, algo_service, indicators, market_data, portfolio, telemetry)
        for file in Path(str(each.__file__)).parent.rglob("__init__.py")
    }
    assert set(settings["tool"]["setuptools"]["packages"]) == found


@pytest.mark.parametrize("package", [tickwire, algo_service, market_data])
def test_a_name_that_is_not_there_is_an_attribute_error(package: object) -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        package.nonsense  # type: ignore[attr-defined]  # noqa: B018


FORMER = {
    "Cut",
    "LargestDailyLoss",
    "LargestDrawdown",
    "LargestOrder",
    "LargestPosition",
    "MAXIMUM_QUANTITY",
    "PaperBroker",
}
"""Names that code written before tickwire imports from portfolio."""


def test_all_that_portfolio_offers_is_there_but_former_names() -> None:
    assert set(portfolio.__all__) > FORMER
    assert not FORMER & set(tickwire.__all__)
    for name in set(portfolio.__all__) - FORMER:
        assert getattr(tickwire, name) is getattr(portfolio, name)


def test_all_that_indicators_offers_is_there_but_specs() -> None:
    for name in set(indicators.__all__) - {"KINDS", "parse"}:
        assert getattr(tickwire, name) is getattr(indicators, name)


def test_all_that_the_guides_import_is_there() -> None:
    text = "".join(path.read_text() for path in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")])
    places = "tickwire|portfolio|algo_service.testing|algo_service.backtest|market_data"
    lists = re.findall(rf"from (?:{places}) import ([\w, ]+)", text)
    used = {name.strip() for names in lists for name in names.split(",")}
    used |= set(
        re.findall(r"(?:market_data|algo_service\.(?:testing|backtest))\.(?!py)(\w+)[(`]", text)
    )
    assert {
        "Portfolio",
        "Parameter",
        "PARAMETERS",
        "backtest",
        "sweep",
        "play",
        "open_feed",
    } <= used
    of_sources = set(market_data.__all__)  # what their authors need, those of algorithms do not
    assert used <= {*tickwire.__all__, *of_sources}


def test_an_author_who_imports_a_portfolio_waits_for_nothing_else() -> None:
    code = "import json, sys; from tickwire import Portfolio; print(json.dumps([*sys.modules]))"
    ended = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(ended.stdout)}
    assert "portfolio" in loaded
    assert not loaded & {
        "algo_service",
        "market_data",
        "pyarrow",
        "gevent",
        "paho",
        "zmq",
        "pandas",
    }


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Checks the types of an author's file, and returns what is said; one cache is for all."""
    folder = tmp_path_factory.mktemp("author")

    def check(code: str) -> str:
        (folder / "mine.py").write_text(code)
        command = [sys.executable, "-m", "mypy", "--config-file", "", "--follow-imports", "silent"]
        command += ["--cache-dir", str(folder / "cache"), "--ignore-missing-imports", "--strict"]
        ended = subprocess.run(
            [*command, str(folder / "mine.py")], text=True, capture_output=True, cwd=ROOT
        )
        return ended.stdout

    return check


def test_types_reach_the_author(checked: Callable[[str], str]) -> None:
    told = checked(
        "from tickwire import Portfolio, backtest, open_feed\n"
        "reveal_type(Portfolio(1).cash)\nreveal_type(open_feed)\nfrom tickwire import nonsense\n",
    )
    assert 'Revealed type is "float"' in told.replace("builtins.", "")
    assert "market_data.feeds.feed.Feed" in told
    assert 'Module "tickwire" has no attribute "nonsense"' in told


ALGORITHM = """
from collections.abc import Mapping
from typing import Any
from algo_service.testing import play
from tickwire import Book, Limit, OrderCut, Portfolio, Quote

class Band(Limit):
    def cut(self, data: Quote, amount: float, book: Book) -> OrderCut | None:
        return OrderCut(0.0, "dear") if data["quote"] > 100 else None

class Mine:
    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        self.portfolio = Portfolio(1000, limits=[Band()])
        return ["quotes"]

    def event(self, data: Quote) -> None:
        if data["quote"] < data.get("high", 0.0):
            self.portfolio.buy(data, 10.0)

play(Mine, [100.0])
Portfolio(1000).optimize({"sid": "GOOG", "quote": 345.0, "ts": "2024-01-01"})
"""


def test_a_misspelt_field_of_a_quote_fails_type_checking(checked: Callable[[str], str]) -> None:
    assert checked(ALGORITHM).startswith("Success: no issues found")
    misspelt = ALGORITHM.replace('data["quote"] >', 'data["qoute"] >').replace('"sid"', '"symbol"')
    told = checked(misspelt)
    assert 'TypedDict "Quote" has no key "qoute"' in told
    assert 'Extra key "symbol" for TypedDict "Quote"' in told
