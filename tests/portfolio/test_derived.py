"""A quote that was made of others brings no price that the account has had already."""

from __future__ import annotations

from typing import Any

import pytest

from portfolio import Portfolio

OLDER, LATER = "2024-01-10T10:00:58Z", "2024-01-10T10:01:02Z"


def quote(price: float, ts: Any, **fields: Any) -> dict[str, Any]:
    name = f"q{ts}"
    return {"sid": "GOOG", "quote": price, "ts": ts, "id": name, "channel": "quotes", **fields}


def bar(price: float, last: Any, ts: Any = "2024-01-10T10:00:59.999Z") -> dict[str, Any]:
    of = ["quotes", f"q{last}", last]
    return quote(price, ts, channel="bars/1m/GOOG", of=of, open=price, high=price, low=price)


def give(portfolio: Portfolio, *quotes: dict[str, Any]) -> None:
    """Give quotes to a portfolio as the engine does."""
    for each in quotes:
        if "of" in each:
            portfolio.begin_derived("algo", each)
        else:
            portfolio.begin("algo", each)


@pytest.fixture(params=[True, False], ids=["keeps times", "does not"])
def portfolio(request: pytest.FixtureRequest) -> Portfolio:
    made = Portfolio(1000)
    if request.param:
        made.keep_times()
    else:  # from the first bar on
        give(made, bar(1.0, "2024-01-09", "2024-01-09T10:00:59.999Z"))
    return made


@pytest.mark.parametrize(
    ("times", "is_had"),
    [
        ([OLDER, LATER], True),
        ([OLDER], True),  # of a day, say: it comes before the next quote
        ([LATER, "2024-01-10T10:00:57Z"], False),
        (["2024-01-10T10:00:57Z"], False),
        ([], False),
        ([OLDER, None], False),  # the latest has no time
        ([1704880858], True),
    ],
)
def test_a_bar_whose_last_quote_is_not_later_than_the_latest_one_changes_no_price(
    portfolio: Portfolio, times: list[Any], is_had: bool
) -> None:
    give(portfolio, *[quote(10.0 + n, ts) for n, ts in enumerate(times)])
    before = portfolio.prices.get("GOOG")
    give(portfolio, bar(99.0, OLDER))
    assert portfolio.prices["GOOG"] == (before if is_had else 99.0)


def test_bars_alone_all_have_a_price_also_those_of_empty_intervals() -> None:
    portfolio = Portfolio(1000)
    portfolio.keep_times()
    for minute, last in ((0, OLDER), (1, OLDER), (2, OLDER), (3, "2024-01-10T10:03:05Z")):
        each = bar(10.0 + minute, last, f"2024-01-10T10:0{minute}:59.999Z")
        assert portfolio.begin_derived("algo", each)
        assert portfolio.prices == {"GOOG": 10.0 + minute}


def test_an_order_at_such_a_bar_has_the_last_price_and_waits_for_the_next_quote() -> None:
    portfolio = Portfolio(1000)
    portfolio.keep_times()
    give(portfolio, quote(10.0, OLDER), quote(20.0, LATER), bar(10.0, OLDER))
    portfolio.buy(bar(10.0, OLDER), 100)
    (order,) = portfolio.orders
    assert (order.price, order.quantity, portfolio.fills) == (20.0, 5.0, [])
    give(portfolio, bar(10.0, OLDER, "2024-01-10T10:01:59.999Z"))
    assert portfolio.fills == []
    give(portfolio, quote(25.0, "2024-01-10T10:01:03Z"))
    (fill,) = portfolio.fills
    assert fill.price == 25.0


def test_a_price_that_was_not_trusted_is_not_confirmed_by_the_bar_of_its_quote() -> None:
    portfolio = Portfolio.from_params({"starting_cash": 1000, "price_band": 0.1})
    portfolio.keep_times()
    give(portfolio, quote(10.0, OLDER), quote(20.0, LATER))
    assert portfolio.prices == {"GOOG": 10.0}
    give(portfolio, bar(20.0, LATER))
    assert portfolio.prices == {"GOOG": 10.0}
    give(portfolio, quote(20.0, "2024-01-10T10:01:03Z"))
    assert portfolio.prices == {"GOOG": 20.0}


@pytest.mark.parametrize("of", [5, "quotes", ["quotes", "q1"], ["quotes", "q1", None], [1, 2, 3]])
def test_any_other_field_of_the_name_has_another_meaning(of: Any) -> None:
    portfolio = Portfolio(1000)
    portfolio.keep_times()
    give(portfolio, quote(10.0, LATER), quote(20.0, OLDER, of=of))
    assert portfolio.prices == {"GOOG": 20.0}


def test_the_first_quote_that_was_made_of_others_is_undone_without_a_trace() -> None:
    portfolio = Portfolio(1000)
    give(portfolio, quote(10.0, OLDER))
    before = portfolio.save()
    give(portfolio, bar(11.0, LATER))
    assert portfolio.save() != before
    portfolio.undo()
    assert portfolio.save() == before


@pytest.mark.parametrize("times", [[None], [OLDER, None], [None, OLDER], [OLDER, LATER]])
def test_a_quote_is_undone_with_its_time(portfolio: Portfolio, times: list[Any]) -> None:
    for number, ts in enumerate(times):
        before = portfolio.save()
        give(portfolio, {**quote(10.0, ts), "id": str(number)})
        after = portfolio.save()
        portfolio.undo()
        assert portfolio.save() == before
        give(portfolio, {**quote(10.0, ts), "id": str(number)})
        assert portfolio.save() == after
