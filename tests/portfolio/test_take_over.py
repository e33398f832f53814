"""A portfolio goes on with the account of another one."""

from __future__ import annotations

from typing import Any

from portfolio import Portfolio

LIMITS = {"max_drawdown": 0.5, "max_daily_loss": 0.5, "price_band": 0.1, "stale_after": 10}


def quote(price: float, sid: str = "GOOG", ts: int = 1_700_000_000) -> dict[str, Any]:
    return {"sid": sid, "quote": price, "id": str(price), "channel": "quotes", "ts": ts}


def begun(**params: Any) -> Portfolio:
    """A portfolio that has spent most of its cash, on two instruments."""
    portfolio = Portfolio.from_params({"seed": 1, "starting_cash": 1000, **params})
    for sid in ("GOOG", "AAPL"):
        portfolio.begin("algo", quote(100.0, sid))
        portfolio.buy(quote(100.0, sid), 500.0)  # type: ignore[arg-type]
    portfolio.begin("algo", quote(101.0))
    portfolio.sell(quote(101.0), 2.0)  # type: ignore[arg-type]
    return portfolio


def test_cash_positions_profit_and_a_halt_go_on_to_the_last_digit() -> None:
    old, new = begun(commission=0.003), Portfolio.from_params({"seed": 2, "starting_cash": 7})
    old.halt_buying("news", "Ann", "h")
    new.take_over(old.save())
    assert new.snapshot() == old.snapshot()
    assert new.realised == 2.0
    assert (new.orders, new.fills, new.pending) == ([], [], ())


def test_sizing_and_smallest_buy_are_its_own() -> None:
    old, new, other = (begun(seed=n, starting_cash=n * 1000.0) for n in (1, 2, 2))
    new.take_over(old.save())
    assert new.minimum_amount == other.minimum_amount == 0.002
    assert new.save()["sizing"] == other.save()["sizing"] != old.save()["sizing"]


def test_its_prices_stay_where_the_other_one_has_none() -> None:
    old, new = begun(), Portfolio(1)
    for each in (quote(5.0, "MSFT"), quote(5.0)):
        new.begin("algo", each)
    new.take_over(old.save())
    assert new.prices == {"MSFT": 5.0, "GOOG": 101.0, "AAPL": 100.0}


def test_limits_forget_what_they_have_seen_and_begin_with_the_equity() -> None:
    """Also what a warm-up has shown them."""
    old, new, fresh = begun(), begun(**LIMITS), Portfolio.from_params({"seed": 1, **LIMITS})
    new.begin("algo", quote(300.0, ts=1_800_000_000))  # too far from the last one
    new.take_over(old.save())
    fresh.take_over(old.save())
    assert new.save()["limits"] == fresh.save()["limits"]
    assert (old.equity, None) in new.save()["limits"]  # the peak, and no stop
    new.begin("algo", quote(102.0))
    assert new.doubt is None


def test_that_the_cash_is_spent_is_said_anew() -> None:
    old, new = begun(), Portfolio.from_params({"starting_cash": 0})
    new.begin("algo", quote(100.0))
    new.buy(quote(100.0), 1.0)  # type: ignore[arg-type]
    assert new.save()["said_spent"]
    new.take_over(old.save())
    assert not new.save()["said_spent"]
