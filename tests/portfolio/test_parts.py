"""What was bought in parts is sold in parts, and nothing is left."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_service.loader import load
from algo_service.testing import play
from portfolio import Fill, PaperVenue, Portfolio, fold
from portfolio.analysis.performance import Performance
from tests.portfolio.quotes import begin, see
from tests.support.processes import ROOT

CASES = ROOT / "tests" / "cases" / "13_parts.py"
PRICES = [100.0, 103.7, 97.31, 99.99] * 25


@pytest.mark.parametrize(("name", "sales"), [("Tenths", 25), ("Thirds", 75)])
def test_positions_close_and_trading_goes_on(
    name: str, sales: int, capsys: pytest.CaptureFixture[str]
) -> None:
    _, create = load(f"{CASES}:{name}")
    played = play(create, PRICES, cash=10000)
    assert sum(order.startswith("sell ") for order in played.orders) == sales
    assert played.portfolio["positions"] == {}
    assert "still holds" not in capsys.readouterr().out


@pytest.mark.parametrize("more", [0.0, 0.9e-9, -0.9e-9])
def test_a_sale_of_nearly_all_is_of_all(more: float) -> None:
    portfolio = Portfolio(1000)
    portfolio.buy(begin(portfolio, 100.0), 300.0)
    assert portfolio.sell(begin(portfolio, 100.0), 3 * (1 + more)) == 3.0
    assert portfolio.positions == {}


def test_a_sale_of_more_than_rounding_explains_is_still_refused() -> None:
    portfolio = Portfolio(1000)
    portfolio.buy(begin(portfolio, 100.0), 300.0)
    with pytest.raises(ValueError, match="cannot sell"):
        portfolio.sell(begin(portfolio, 100.0), 3 * (1 + 2e-9))
    portfolio.sell(begin(portfolio, 100.0), 3 * (1 - 2e-9))
    assert portfolio.quantity("GOOG") == pytest.approx(6e-9)


def test_of_many_whole_units_one_can_be_left() -> None:
    portfolio = Portfolio(1e10, venue=PaperVenue("whole"))
    portfolio.buy(begin(portfolio, 1.0), 1e10)
    with pytest.raises(ValueError, match="cannot sell"):
        portfolio.sell(begin(portfolio, 1.0), 1e10 + 1)
    portfolio.sell(begin(portfolio, 1.0), 1e10 - 1)
    assert portfolio.quantity("GOOG") == 1.0


@given(
    st.sampled_from(["quote", "next"]),
    st.lists(st.floats(0.01, 10), min_size=1, max_size=9),
    st.lists(st.floats(0.05, 0.9), max_size=4),
)
def test_books_that_are_kept_by_fills_alone_close_with_the_account(
    fill: Any, bought: list[float], sold: list[float]
) -> None:
    portfolio = Portfolio(1000, venue=PaperVenue(fill=fill))
    performance, fills = Performance(portfolio), list[Fill]()

    def at(price: float) -> dict[str, Any]:
        data = begin(portfolio, price)
        fills.extend(portfolio.fills)
        return data

    def done(data: dict[str, Any]) -> None:
        if fill == "quote":
            fills.extend(portfolio.fills)
        see(performance, portfolio, data)

    for quantity in bought:
        data = at(7.3)
        portfolio.buy(data, quantity * 7.3)
        done(data)
    done(at(7.3))
    held = portfolio.quantity("GOOG")
    for part in sold:
        data = at(11.1)
        portfolio.sell(data, part * held)
        held -= part * held
        done(data)
    data = at(11.1)
    portfolio.sell(data, held)  # as the algorithm has reckoned it
    done(data)
    done(at(11.1))
    assert portfolio.positions == fold(1000, fills).positions == {}
    assert [quantity for quantity, _ in performance.trades._positions.values()] == [0.0]
