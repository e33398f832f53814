"""`algo_service.testing.play`: a table of quotes, and the orders and fills that came of them."""

from collections.abc import Mapping
from typing import Any

import pytest

from algo_service.testing import play
from portfolio import ParameterError, Portfolio


class Buyer:
    """Buys for 250 at each quote below 100, and sells all at 200."""

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        self.portfolio = Portfolio.from_params(params)
        self.seen: list[dict[str, Any]] = []
        return ["quotes"]

    def event(self, data: dict[str, Any]) -> None:
        self.seen.append(dict(data))
        if data["quote"] < 100:
            self.portfolio.buy(data, 250.0)
        elif data["quote"] == 200:
            self.portfolio.sell(data)


def test_a_price_alone_is_a_quote_of_one_instrument() -> None:
    played = play(Buyer, [50, 100, 200.0])
    assert played.orders == ["buy 5 GOOG", "", "sell 5 GOOG"]
    assert played.fills == ["buy 5 GOOG at 50", "", "sell 5 GOOG at 200"]


def test_a_pair_is_an_instrument_and_its_price() -> None:
    assert play(Buyer, [("A", 50), ("B", 25), ("A", 200)]).orders == [
        "buy 5 A",
        "buy 10 B",
        "sell 5 A",
    ]


def test_a_map_may_have_any_field_and_gets_a_missing_id_and_channel() -> None:
    """A map may have any field and gets the id and channel that it lacks."""
    buyer = Buyer()
    quotes = [
        {"sid": "A", "quote": 150, "ts": 20240110, "volume": 3},
        {"sid": "A", "quote": 1, "id": "x"},
    ]
    play(lambda: buyer, quotes)
    assert buyer.seen == [
        {"sid": "A", "quote": 150.0, "ts": 20240110, "volume": 3, "id": "1", "channel": "quotes"},
        {"sid": "A", "quote": 1.0, "id": "x", "channel": "quotes"},
    ]
    assert quotes[0] == {"sid": "A", "quote": 150, "ts": 20240110, "volume": 3}


def test_parameters_are_given_to_initialize_and_the_seed_is_known() -> None:
    played = play(Buyer, [50], cash=100)
    assert played.orders == ["buy 2 GOOG"]
    assert played.portfolio["parameters"] == {"starting_cash": 100, "seed": 0}


def test_a_wrong_parameter_is_refused() -> None:
    with pytest.raises(ParameterError, match="starting_cash is 'much'"):
        play(Buyer, [50], cash="much")


def test_several_orders_of_one_quote_stand_in_one_text() -> None:
    class Twice(Buyer):
        def event(self, data: dict[str, Any]) -> None:
            super().event(data)
            super().event(data)

    assert play(Twice, [50]).orders == ["buy 5 GOOG; buy 5 GOOG"]
    assert play(Twice, [50]).fills == ["buy 5 GOOG at 50; buy 5 GOOG at 50"]


def test_an_order_that_a_limit_cut_or_refused_has_its_reason() -> None:
    played = play(Buyer, [50, 50], max_position=100)
    assert played.orders == [
        "buy 2 GOOG (max_position: 0.00 of GOOG and 250.00 more is above 100.00)",
        "buy 0 GOOG (max_position: 100.00 of GOOG and 250.00 more is above 100.00)",
    ]
    assert played.fills == ["buy 2 GOOG at 50", ""]


def test_a_fill_has_its_price_and_its_fee() -> None:
    played = play(Buyer, [50], slippage=0.25, commission_per_order=1.5)
    assert played.fills == ["buy 5 GOOG at 62.5, fee 1.5"]


def test_a_fill_stands_at_the_quote_at_which_it_came() -> None:
    played = play(Buyer, [50, 150, 150], fill="next")
    assert played.orders == ["buy 5 GOOG", "", ""]
    assert played.fills == ["", "buy 5 GOOG at 150", ""]


def test_the_snapshot_at_the_end_is_there() -> None:
    portfolio = play(Buyer, [50, 150], cash=1000).portfolio
    assert (portfolio["cash"], portfolio["equity"], portfolio["unrealised"]) == (750, 1500, 500)
    assert portfolio["positions"] == {"GOOG": {"quantity": 5, "average_cost": 50, "price": 150}}
    assert (portfolio["seq"], portfolio["quote_id"]) == (2, "2")


def test_an_error_tells_the_quote_and_the_algorithms_own_line() -> None:
    class Broken(Buyer):
        def event(self, data: dict[str, Any]) -> None:
            return {}[data["sid"]]

    with pytest.raises(AssertionError) as failed:
        play(Broken, [50])
    assert str(failed.value).startswith("quote 1, 50: KeyError: 'GOOG'\n")
    assert 'return {}[data["sid"]]' in str(failed.value)


def test_what_is_no_quote_is_an_error() -> None:
    with pytest.raises(AssertionError, match=r"quote 2, -1: QuoteError: "):
        play(Buyer, [50, -1])


def test_an_algorithm_without_a_portfolio_has_the_orders_that_it_returns() -> None:
    class Returns:
        def initialize(self, params: Mapping[str, Any]) -> list[str]:
            return ["quotes"]

        def event(self, data: dict[str, Any]) -> Any:
            return {"side": "buy", "sid": data["sid"], "quantity": 2}

    played = play(Returns, [50])
    assert (played.orders, played.fills) == (["buy 2 GOOG"], ["buy 2 GOOG at 50"])
    assert played.portfolio["cash"] == 49900.0
