"""The code in the guides is the code that runs."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from algo_service.algorithms import BUILT_IN
from algo_service.engine.kept_state import is_restorable
from algo_service.testing import play
from indicators import KINDS, parse
from indicators.spec import usual
from market_data.feeds import layouts
from portfolio import OrderCut
from portfolio.risk import limits, sizing
from tests.support.processes import BIN, ROOT


def blocks(guide: str) -> list[str]:
    found = re.findall(r"^( *)```python\n(.*?)```", (ROOT / guide).read_text(), re.DOTALL | re.M)
    # within a list they are indented
    return [re.sub(f"^{indent}", "", code, flags=re.M) for indent, code in found]


def executed(code: str, module: Any = None) -> dict[str, Any]:
    """Run a block as a part of a module, and return what it has defined."""
    names = dict(vars(module)) if module else {}
    exec(code, names)
    return names


@pytest.mark.parametrize("guide", ["how-to/write-an-algorithm", "tutorial/first-hour"])
def test_the_algorithm_of_the_guide_passes_the_guides_test(guide: str, tmp_path: Path) -> None:
    code = blocks(f"docs/{guide}.md")
    (tmp_path / "dips.py").write_text(code[0])
    (tmp_path / "test_dips.py").write_text(code[-1])
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_dips.py"]
    ended = subprocess.run(command, cwd=tmp_path, text=True, capture_output=True)
    assert ended.returncode == 0, ended.stdout
    assert "1 passed" in ended.stdout


def test_the_algorithm_with_parameters_and_state_refuses_a_misspelt_one(tmp_path: Path) -> None:
    first, parameters, _, state = blocks("docs/how-to/write-an-algorithm.md")[:4]
    event = first[first.index("    def event") :]
    state = "".join(f"    {line}\n" for line in state.splitlines())
    (tmp_path / "dips.py").write_text(parameters + state + event)
    command = [BIN / "algo-service", "serve", "--algo", "dips.py:Dips", "--param", "drp=0.5"]
    ended = subprocess.run(command, cwd=tmp_path, text=True, capture_output=True)
    assert 'unknown parameter "drp": did you mean "drop"?' in ended.stderr


PRICES = [100 + 20 * math.sin(n / 9) + n % 3 for n in range(300)]


def test_the_algorithms_with_indicators_trade_and_go_on_after_a_restart() -> None:
    """The algorithms with indicators trade, and what they list is kept."""
    listed = executed(blocks("docs/how-to/write-an-algorithm.md")[2])["Oversold"]
    turns = executed(blocks("docs/how-to/indicators.md")[0])["Turns"]
    for create in (listed, turns):
        played = play(create, PRICES, cash=1000.0, sizing="fixed_fraction", fraction=0.1)
        assert sum(map(bool, played.orders)) > 5
        assert is_restorable(create)


@pytest.mark.parametrize("kind", KINDS)
def test_the_reference_has_a_row_for_each_indicator(kind: str) -> None:
    indicator = KINDS[kind]
    made = parse(usual(indicator))
    names = ", ".join(setting.name for setting in indicator.SETTINGS)
    fields = ", ".join(f"`{field}`" for field in indicator.FIELDS)
    kind_and_class = f"`{usual(indicator)}` | `{indicator.__name__}({names})`"
    rows = (ROOT / "docs/reference/indicators.md").read_text().splitlines()
    (row,) = (each for each in rows if each.startswith(f"| {kind_and_class} | "))
    assert row.endswith(f" | {fields} | {made.warm_up} |")


def test_the_guide_has_a_row_for_each_built_in_algorithm() -> None:
    guide = (ROOT / "docs/how-to/write-an-algorithm.md").read_text()
    assert [name for name in BUILT_IN if f"\n| `{name}` | " not in guide] == []


def test_the_algorithms_of_its_page_share_data() -> None:
    publishes, receives = (executed(code) for code in blocks("docs/how-to/share-data.md"))
    played = play(publishes["Mean"], [100, 102])
    ((name, message),) = played.data[1]
    assert (name, message) == ("mean", {"sid": "GOOG", "mean": 101.0, "id": "test:quotes:2:0"})
    data = {**message, "channel": "data/Mean/mean"}
    assert play(receives["Trader"], [100, data, 103], cash=500).orders == ["", "buy 1 GOOG", ""]


def test_the_sizing_policy_of_its_page_bets_what_its_units_cost() -> None:
    (code,) = blocks("docs/how-to/sizing-policy.md")
    policy = executed(code, sizing)["FixedUnits"](3)
    assert policy.amount(None, {"sid": "GOOG", "quote": 100.0}) == 300.0


def test_the_limit_of_its_page_refuses_a_buy_at_a_higher_price() -> None:
    (code,) = blocks("docs/how-to/limit.md")
    limit = executed(code, limits)["MaxPrice"](100)
    assert limit.cut({"quote": 100.0}, 500.0, None) is None
    refused = limit.cut({"quote": 101.0}, 500.0, None)
    assert refused == OrderCut(0.0, "max_price: 101 is above 100")


def test_the_layout_of_its_page_is_recognised(monkeypatch: Any) -> None:
    (code,) = blocks("docs/how-to/price-format.md")
    added = executed(code, layouts)["KRAKEN"]
    row = ["1735689600", "1.0", "2.0", "0.5", "1.5", "30.0", "7"]
    monkeypatch.setattr(layouts, "LAYOUTS", (*layouts.LAYOUTS, added))
    assert layouts.recognise([], row, newest_first=False) == added


def test_the_algorithms_of_their_page_buy_after_a_fall() -> None:
    own, built_in = blocks("docs/how-to/algorithm.md")
    for create in (executed(own)["Falls"], executed(built_in)["Dips"]):
        played = play(create, [100, 101, 90], sizing="all_in", cash=900)
        assert played.orders == ["", "", "buy 10 GOOG"]


def test_the_parts_of_the_algorithm_in_node_are_the_whole_file() -> None:
    page = (ROOT / "docs/tutorial/algorithm-in-node.md").read_text()
    parts = re.findall(r"^```js\n(.*?)^```", page, re.DOTALL | re.M)
    assert "\n".join(parts) == (ROOT / "examples/node/means.js").read_text()
