"""The account: cash and positions change by fills alone, and are valued at the last quotes."""

from typing import Any

import pytest

from portfolio import Account, Fill, Position, fold
from portfolio.accounting.account import remainder
from portfolio.accounting.orders import Side


def fill(side: Side, quantity: float, price: float, fee: float = 0.0, sid: str = "GOOG") -> Fill:
    return Fill("f", "o", "algo", sid, side, quantity, price, quantity * price, fee, None, "7")


# Of 5000 in cash, each fill with a fee of 1; 10 for 1000 and 10 for 1200 are 20 at 110.
FILLS = [
    fill("buy", 10.0, 100.0, 1.0),
    fill("buy", 10.0, 120.0, 1.0),
    fill("sell", 5.0, 130.0, 1.0),
    fill("sell", 15.0, 100.0, 1.0),
]
AFTER = [
    # cash, position, realised, fees
    (5000.0, None, 0.0, 0.0),
    (5000.0 - 1000 - 1, Position(10.0, 1000.0), 0.0, 1.0),
    (3999.0 - 1200 - 1, Position(20.0, 2200.0), 0.0, 2.0),
    (2798.0 + 650 - 1, Position(15.0, 1650.0), 650.0 - 5 * 110, 3.0),
    (3447.0 + 1500 - 1, None, 100.0 + (1500 - 15 * 110), 4.0),
]


def state(account: Account) -> tuple[Any, ...]:
    return account.cash, account.positions.get("GOOG"), account.realised, account.fees


@pytest.mark.parametrize("count", range(5))
def test_fills_give_cash_position_profit_and_fees_by_average_cost(count: int) -> None:
    """Fills fold to cash position realised profit and fees by average cost."""
    assert state(fold(5000.0, FILLS[:count])) == AFTER[count]


def test_what_was_sold_whole_is_in_no_position() -> None:
    assert fold(5000.0, FILLS).positions == {}


def test_the_average_cost_is_cash_per_unit_without_fees() -> None:
    assert fold(5000.0, FILLS[:2]).positions["GOOG"].average_cost == 110.0


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_restoring_takes_the_last_fill_back(count: int) -> None:
    account = fold(5000.0, FILLS[: count - 1])
    change = account.apply(FILLS[count - 1])
    assert state(account) == AFTER[count]
    account.restore(change)
    assert state(account) == AFTER[count - 1]


def test_instruments_do_not_mix() -> None:
    account = fold(
        1000.0, [fill("buy", 2.0, 100.0), fill("buy", 4.0, 50.0, sid="AAPL"), fill("sell", 1.0, 90)]
    )
    assert account.positions == {"GOOG": Position(1.0, 100.0), "AAPL": Position(4.0, 200.0)}
    assert (account.quantity("GOOG"), account.quantity("AAPL"), account.quantity("IBM")) == (
        1,
        4,
        0,
    )
    assert account.realised == 90.0 - 100.0


def test_positions_are_valued_at_the_last_quotes() -> None:
    account = fold(5000.0, [*FILLS[:3], fill("buy", 4.0, 50.0, 1.0, "AAPL")])
    account.prices = {"GOOG": 120.0, "AAPL": 40.0, "IBM": 7.0}
    assert account.cash == 3447.0 - 200 - 1
    assert account.exposure == 15 * 120.0 + 4 * 40.0
    assert account.unrealised == (15 * 120.0 - 1650) + (4 * 40.0 - 200)
    assert account.equity == 3246.0 + 1960.0
    assert 5000 + account.realised + account.unrealised - account.fees == account.equity


def test_an_account_without_positions_is_worth_its_cash() -> None:
    account = Account(5000.0)
    assert (account.equity, account.exposure, account.unrealised) == (5000.0, 0.0, 0.0)


def test_the_order_of_opening_does_not_change_values() -> None:
    """The order in which positions were opened leaves no trace in their values."""
    buys = [fill("buy", 1.0, price, sid=sid) for sid, price in (("A", 0.1), ("B", 0.2), ("C", 0.3))]
    worth = set()
    for one in (buys, buys[::-1], [buys[1], buys[0], buys[2]]):
        account = fold(0.6, one)
        account.cash, account.prices = 0.7, {"A": 0.1, "B": 0.2, "C": 0.3}
        worth.add((account.equity, account.exposure, account.unrealised))
    assert len(worth) == 1


@pytest.mark.parametrize("count", [3, 7, 10, 1000])
def test_parts_that_add_up_to_a_position_close_it(count: int) -> None:
    """Parts that add up to a position close it however they were rounded."""
    part = 1 / count
    bought_in_parts = [fill("buy", part, 100.0)] * count
    sold_in_parts = [fill("sell", part, 100.0)] * count
    for fills in (
        [*bought_in_parts, fill("sell", 1.0, 100.0)],
        [fill("buy", 1.0, 100.0), *sold_in_parts],
        [*bought_in_parts, fill("sell", 0.5, 100.0), fill("sell", 0.5, 100.0)],
    ):
        account = fold(1000.0, fills)
        assert account.positions == {}
        assert account.realised == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("held", "sold", "left"),
    [
        (1.0, 1 - 2e-9, 2e-9),
        (1.0, 1 - 0.5e-9, 0.0),
        (1.0, 1 + 0.5e-9, 0.0),
        (1e-12, 0.9e-12, 0.1e-12),
        # whole units are left on purpose
        (1e12, 1e12 - 1, 1.0),
    ],
)
def test_what_is_below_a_billionth_of_a_position_is_nothing(
    held: float, sold: float, left: float
) -> None:
    assert remainder(held, sold) == pytest.approx(left, rel=1e-3)
