"""What a sizing policy or a limit needs beside its class is there for each (docs/how-to/)."""

from __future__ import annotations

import pytest

import portfolio
from portfolio import Limit, Portfolio, settings
from portfolio.risk import limits, sizing
from tests.portfolio import random_runs
from tests.support.processes import ROOT

GUIDE = (ROOT / "docs" / "reference" / "parameters.md").read_text()
DETAILS = {
    "fixed_fraction": {"fraction": 0.5},
    "fixed_cash": {"bet": 5},
}
LIMITS = [each.name for each in settings._LIMITS]


def test_each_sizing_makes_a_policy_of_its_own() -> None:
    made = [
        type(Portfolio.from_params({"sizing": name, **DETAILS.get(name, {})}).sizing)
        for name in settings.SIZING.choices
    ]
    assert len(set(made)) == len(made)
    # a class that no parameter makes is one that an algorithm hands over itself
    assert {each.__name__ for each in made} <= set(portfolio.__all__)


def test_random_runs_draw_each_sizing_and_each_limit() -> None:
    assert set(random_runs.SIZINGS) == set(settings.SIZING.choices)
    assert set(random_runs.LIMITS) == set(LIMITS)


@pytest.mark.parametrize("name", [*settings.SIZING.choices, *LIMITS])
def test_the_guide_has_a_row_for_each_sizing_and_each_limit(name: str) -> None:
    assert f"\n| `{name}` | " in GUIDE


@pytest.mark.parametrize("module", [limits, sizing], ids=["limits", "sizing"])
def test_each_policy_and_each_limit_can_be_imported_from_the_package(module: object) -> None:
    for name, value in vars(module).items():
        is_own = isinstance(value, type) and value.__module__ == module.__name__  # type: ignore[attr-defined]
        if is_own and (issubclass(value, Limit) or hasattr(value, "amount")):
            assert name.startswith("_") or name in portfolio.__all__, name
