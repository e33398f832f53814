"""The account that the engine keeps for an algorithm that returns its orders."""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_service.backtest import backtest
from algo_service.engine.encoding import encode
from algo_service.engine.engine import Engine
from algo_service.engine.returned import complete
from algo_service.journal.sqlite import SqliteStore
from algo_service.testing import play
from portfolio import ParameterError, fold
from portfolio.accounting.orders import Fill


class Returns:
    """Returns what the quote says."""

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        return ["quotes"]

    def event(self, data: dict[str, Any]) -> Any:
        if data.get("fail"):
            raise ValueError("told to")
        return data.get("returns")


def order(side: str, quantity: float, sid: str = "GOOG") -> dict[str, Any]:
    return {"side": side, "sid": sid, "quantity": quantity}


def quote(price: float, *orders: Any, sid: str = "GOOG", **fields: Any) -> dict[str, Any]:
    return {"sid": sid, "quote": price, "returns": list(orders), **fields}


def numbered(quotes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"id": str(n), "channel": "quotes", **each} for n, each in enumerate(quotes, 1)]


TABLE: list[tuple[str, dict[str, Any], list[dict[str, Any]], list[str], list[str], float]] = [
    # what holds, parameters, quotes, orders, fills, cash
    (
        "an order fills at its quote",
        {"cash": 1000},
        [quote(100, order("buy", 3)), quote(110, order("sell", 1))],
        ["buy 3 GOOG", "sell 1 GOOG"],
        ["buy 3 GOOG at 100", "sell 1 GOOG at 110"],
        810.0,
    ),
    (
        "a buy fills as far as the cash goes, and stays the order that it is",
        {"cash": 1000},
        [quote(100, order("buy", 12)), quote(100, order("buy", 1))],
        ["buy 12 GOOG", "buy 1 GOOG"],
        ["buy 10 GOOG at 100", ""],
        0.0,
    ),
    (
        "a sale fills as far as something is held",
        {"cash": 1000},
        [quote(100, order("sell", 1)), quote(100, order("buy", 2), order("sell", 5))],
        ["sell 1 GOOG", "buy 2 GOOG; sell 5 GOOG"],
        ["", "buy 2 GOOG at 100; sell 2 GOOG at 100"],
        1000.0,
    ),
    (
        "parts that add up to all but for rounding sell all",
        {"cash": 1000},
        [
            quote(100, order("buy", 0.3)),
            quote(100, *[order("sell", 0.1)] * 2),
            quote(100, order("sell", 0.1), order("sell", 0.1)),
        ],
        ["buy 0.3 GOOG", "sell 0.1 GOOG; sell 0.1 GOOG", "sell 0.1 GOOG; sell 0.1 GOOG"],
        ["buy 0.3 GOOG at 100", "sell 0.1 GOOG at 100; sell 0.1 GOOG at 100",
         "sell 0.1 GOOG at 100"],
        1000.0,
    ),
    (
        "costs, slippage and the fill at the next quote are parameters",
        {"cash": 1000, "commission_per_order": 1, "slippage": 0.5, "fill": "next"},
        [quote(100, order("buy", 1)), quote(200), quote(300, order("sell", 1)), quote(100)],
        ["buy 1 GOOG", "", "sell 1 GOOG", ""],
        ["", "buy 1 GOOG at 300, fee 1", "", "sell 1 GOOG at 50, fee 1"],
        1000 - 301 + 49.0,
    ),
    (
        "an order for another instrument fills at that one's next quote",
        {"cash": 1000},
        [quote(100, order("buy", 2, "AAPL")), quote(90), quote(30, sid="AAPL")],
        ["buy 2 AAPL", "", ""],
        ["", "", "buy 2 AAPL at 30"],
        940.0,
    ),
    (
        "a limit that is asked for cuts and refuses",
        {"cash": 1000, "max_order": 150, "price_band": 0.5},
        [quote(100, order("buy", 2)), quote(200, order("sell", 1)), quote(200, order("sell", 1))],
        [
            "buy 1.5 GOOG (max_order: 200.00 is above 150.00)",
            "sell 0 GOOG (price_band: 200 is 100.00% away from the last quote, 100, and 50.00% is"
            " the limit)",
            "sell 1 GOOG",
        ],
        ["buy 1.5 GOOG at 100", "", "sell 1 GOOG at 200"],
        1050.0,
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("params", "quotes", "orders", "fills", "cash"),
    [each[1:] for each in TABLE],
    ids=[each[0] for each in TABLE],
)
def test_of_returned_orders_fills_what_cash_and_positions_allow(
    params: dict[str, Any],
    quotes: list[dict[str, Any]],
    orders: list[str],
    fills: list[str],
    cash: float,
) -> None:
    played = play(Returns, quotes, **params)
    assert played.orders == orders
    assert played.fills == fills
    assert played.portfolio["cash"] == pytest.approx(cash, abs=1e-9)


ORDERS = st.builds(
    order, st.sampled_from(["buy", "sell"]), st.floats(1e-6, 1e6), st.sampled_from(["A", "B"])
)
QUOTES = st.lists(
    st.builds(
        lambda price, orders, sid, fail: quote(price, *orders, sid=sid, fail=fail),
        st.floats(0.01, 1e5),
        st.lists(ORDERS, max_size=3),
        st.sampled_from(["A", "B"]),
        st.sampled_from([False, False, False, True]),
    ),
    max_size=30,
)
PARAMS = st.fixed_dictionaries(
    {"cash": st.sampled_from([1000, 1e7]), "fill": st.sampled_from(["quote", "next"])},
    optional={"commission": st.just(0.01), "slippage": st.just(0.01)},
)


@given(QUOTES, PARAMS)
def test_whatever_fills_the_published_orders_are_those_that_were_returned(
    quotes: list[dict[str, Any]], params: dict[str, Any]
) -> None:
    given_quotes = numbered(quotes)
    engine = Engine(Returns, "Returns", params, seed=7)
    engine.initialize({})
    entries: list[Any] = engine.decide(copy.deepcopy(given_quotes))
    published = [text for each in entries for text in each.get("orders", ())]
    assert published == [
        encode(each)
        for q in given_quotes
        if not q["fail"]
        for each in complete(q["returns"], "Returns", q)
    ]
    # its cash and positions are those of its fills, and never below 0
    fills = [Fill(**json.loads(text)) for each in entries for text in each.get("fills", ())]
    account, snapshot = fold(params["cash"], fills), engine.snapshot()
    assert snapshot["cash"] == account.cash >= -1e-9 * params["cash"]
    assert {sid: held["quantity"] for sid, held in snapshot["positions"].items()} == {
        sid: held.quantity for sid, held in account.positions.items()
    }
    # and a backtest gives the same
    orders: list[str] = []
    if any(not q["fail"] for q in given_quotes):
        result = backtest(
            Returns, given_quotes, params, on_order=lambda each: orders.append(encode(each))
        )
        assert orders == published
        assert len(result.fill_frame) == len(fills)
        assert result.performance.equity == pytest.approx(snapshot["equity"])


def test_a_backtest_tells_which_orders_did_not_fill_and_why() -> None:
    quotes = [quote(100, order("sell", 1)), *[quote(100, order("buy", 6))] * 3]
    result = backtest(Returns, quotes, {"cash": 1000})
    assert (result.orders, len(result.fill_frame)) == (4, 2)
    assert result.counts()["not_filled"] == 2
    assert result.counts()["not_placed"] == 0
    assert result.notes[:3] == [
        "1 order never filled: none are held",
        "1 order filled in part: 6 were to be bought, and at 100 the cash that was left paid for 4",
        "1 order never filled: no cash is left to pay for it",
    ]


def test_a_killed_engine_goes_on_with_its_account_and_the_orders_that_wait(tmp_path: Path) -> None:
    def engine() -> tuple[Engine, SqliteStore]:
        journal = SqliteStore(tmp_path / "journal.db", "Returns")
        made = Engine(Returns, "Returns", {}, 7, journal)
        made.initialize({"cash": 1000})
        return made, journal

    quotes = numbered([quote(100, order("buy", 2), order("buy", 3, "AAPL")), quote(9, sid="AAPL")])
    first, journal = engine()
    first.decide(quotes[:1])
    before = first.snapshot()
    assert (before["cash"], before["equity"]) == (800.0, 1000.0)
    journal.close()
    second, journal = engine()
    assert second.snapshot() == {**before, "last": None}
    (decision,) = second.decide(quotes[1:])
    assert len(decision["fills"]) == 1
    assert second.snapshot()["cash"] == 773.0
    journal.close()


def test_a_journal_from_before_the_accounts_begins_its_account_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = SqliteStore(tmp_path / "journal.db", "Returns")
    engine = Engine(Returns, "Returns", {}, 7, journal)
    engine.initialize({"cash": 1000})
    engine.decide(numbered([quote(100, order("buy", 2))]))
    journal._db.execute("DELETE FROM state")  # as it was: no portfolio, no state
    journal.close()
    journal = SqliteStore(tmp_path / "journal.db", "Returns")
    with caplog.at_level(logging.WARNING):
        again = Engine(Returns, "Returns", {}, 7, journal)
    assert "is older than accounts of returned orders" in caplog.text
    assert (again.snapshot()["cash"], again.snapshot()["positions"]) == (1000, {})
    journal.close()


def test_what_the_account_cannot_read_or_trade_is_refused_by_name() -> None:
    with pytest.raises(ParameterError, match="parameter units is 5"):
        play(Returns, [], units=5)
    with pytest.raises(AssertionError, match=r"cannot buy 2\.5 of GOOG: units are whole"):
        play(Returns, [quote(100, order("buy", 2.5))], units="whole")
    assert play(Returns, [quote(100, order("buy", 2))], units="whole").fills == [
        "buy 2 GOOG at 100"
    ]


def test_only_the_first_order_that_the_cash_does_not_pay_is_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        play(Returns, [quote(100, order("buy", 10))] * 9, cash=100)
    assert caplog.text.count("does not fill in the account that is kept") == 1
