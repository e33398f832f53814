"""`Portfolio.from_params`: every parameter does what it says, and is refused by name."""

import math
import random
from typing import Any

import pytest

from portfolio import PARAMETERS, UNSIZED, ParameterError, Portfolio, sized
from tests.portfolio.quotes import begin, told


@pytest.mark.parametrize(
    ("params", "quantity", "price", "fee"),  # of a buy for 550 at 100, filled at once
    [
        ({}, 5.5, 100.0, 0.0),
        ({"starting_cash": 200}, 2.0, 100.0, 0.0),
        ({"units": "fractional"}, 5.5, 100.0, 0.0),
        ({"units": "whole"}, 5.0, 100.0, 0.0),
        ({"fill": "quote"}, 5.5, 100.0, 0.0),
        ({"commission": 0.01}, 5.5, 100.0, 5.5),
        ({"commission_per_share": 2}, 5.5, 100.0, 11.0),
        ({"commission_per_order": 3}, 5.5, 100.0, 3.0),
        ({"minimum_commission": 7}, 5.5, 100.0, 7.0),
        ({"slippage": 0.5}, 5.5, 150.0, 0.0),
        ({"max_order": 300}, 3.0, 100.0, 0.0),
        ({"max_position": 200}, 2.0, 100.0, 0.0),
    ],
)
def test_a_buy_is_as_the_parameters_say(
    params: dict[str, Any], quantity: float, price: float, fee: float
) -> None:
    portfolio = Portfolio.from_params(params)
    portfolio.buy(begin(portfolio), 550.0)
    (fill,) = portfolio.fills
    assert (fill.quantity, fill.price, fill.fee) == (quantity, price, fee)


def test_fill_next_has_orders_wait_for_the_next_quote() -> None:
    portfolio = Portfolio.from_params({"fill": "next"})
    portfolio.buy(begin(portfolio), 550.0)
    assert portfolio.fills == []
    begin(portfolio)
    assert len(portfolio.fills) == 1


@pytest.mark.parametrize(
    ("params", "amount"),  # bet on the first quote, of 1000 in cash
    [
        ({"seed": 7}, random.Random(7).random() * 1000),
        ({"seed": 7, "sizing": "random_fraction"}, random.Random(7).random() * 1000),
        ({"sizing": "fixed_fraction", "fraction": 0.25}, 250.0),
        ({"sizing": "fixed_fraction", "fraction": 0}, 0.0),
        ({"sizing": "fixed_cash", "bet": 300}, 300.0),
        ({"sizing": "all_in"}, 1000.0),
        ({"sizing": "equal_weight"}, 1000.0),
        ({"sizing": "equal_weight", "instruments": 4}, 250.0),
    ],
)
def test_the_bet_is_as_the_sizing_says(params: dict[str, Any], amount: float) -> None:
    portfolio = Portfolio.from_params({"starting_cash": 1000, **params})
    assert portfolio.optimize(begin(portfolio)) == amount


def test_a_random_sizing_draws_from_the_algorithms_generator() -> None:
    """A random sizing draws from the algorithms generator where one is given."""
    portfolio = Portfolio.from_params({"starting_cash": 1000, "seed": 7}, random.Random(8))
    assert portfolio.optimize(begin(portfolio)) == random.Random(8).random() * 1000


@pytest.mark.parametrize(
    ("params", "reason"),  # why a second buy, at 50 and a day before, is refused
    [
        ({"max_daily_loss": 0.1}, "max_daily_loss: "),
        ({"max_drawdown": 0.1}, "max_drawdown: "),
        ({"price_band": 0.1}, "price_band: "),
        ({"stale_after": 60}, "stale_after: "),
    ],
)
def test_a_limit_is_there_by_its_parameter(params: dict[str, Any], reason: str) -> None:
    portfolio = Portfolio.from_params({"starting_cash": 1000, **params})
    assert portfolio.buy(begin(portfolio, 100.0, ts="2013-03-02"), 500.0) == 500.0
    assert portfolio.buy(begin(portfolio, 50.0, ts="2013-03-01"), 100.0) == 0.0
    (said,) = told(portfolio)
    assert said.startswith(f"buy 0 of 100: {reason}")


def test_without_parameters_it_is_the_articles_portfolio_with_its_cash() -> None:
    portfolio = Portfolio.from_params({})
    assert (portfolio.cash, portfolio.positions, portfolio.halt) == (50000.0, {}, None)


def test_parameters_of_others_are_not_looked_at() -> None:
    assert Portfolio.from_params({"threshold": "high", "starting_cash": 5}).cash == 5.0


NUMBERS = {
    # lowest and highest that are allowed
    "starting_cash": (0, 1e15),
    "minimum_amount": (0, 1e15),
    "fraction": (0, 1),
    "bet": (0, 1e15),
    "instruments": (1, 1_000_000),
    "commission": (0, 1),
    "commission_per_share": (0, 1e9),
    "commission_per_order": (0, 1e9),
    "minimum_commission": (0, 1e9),
    "slippage": (0, 0.5),
    "max_order": (0, 1e15),
    "max_position": (0, 1e15),
    "max_daily_loss": (0.0001, 1),
    "max_drawdown": (0.0001, 1),
    "price_band": (0, 1e9),
    "stale_after": (0, 1e12),
}
WORDS = {
    # a misspelt word, and the nearest right one
    "sizing": ("al_in", "all_in"),
    "units": ("wole", "whole"),
    "fill": ("nxt", "next"),
    "price": ("lst", "last"),
}
OWNERS = {
    "fraction": {"sizing": "fixed_fraction"},
    "bet": {"sizing": "fixed_cash"},
    "instruments": {"sizing": "equal_weight"},
}


def test_these_are_all_parameters() -> None:
    assert {each.name for each in PARAMETERS} == {*NUMBERS, *WORDS}


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_from_its_lowest_to_its_highest_is_taken(name: str) -> None:
    for number in NUMBERS[name]:
        Portfolio.from_params({**OWNERS.get(name, {}), name: number})


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        (name, wrong)
        for name, (lowest, highest) in NUMBERS.items()
        for wrong in (
            lowest - 0.00001,
            highest * 2,
            math.nan,
            math.inf,
            "1",
            True,
            [1],
            *([1.5] if name == "instruments" else []),
        )
    ],
)
def test_what_is_no_number_of_its_range_is_refused_by_name(name: str, wrong: Any) -> None:
    with pytest.raises(ParameterError) as refused:
        Portfolio.from_params({**OWNERS.get(name, {}), name: wrong})
    assert f"parameter {name} is {wrong!r}: it has to be a " in str(refused.value)


def test_a_refusal_tells_the_range() -> None:
    with pytest.raises(ParameterError) as refused:
        Portfolio.from_params({"slippage": 0.6})
    assert str(refused.value) == "parameter slippage is 0.6: it has to be a number from 0 to 0.5"


@pytest.mark.parametrize("name", WORDS)
def test_a_misspelt_word_is_refused_with_the_nearest_right_one(name: str) -> None:
    misspelt, right = WORDS[name]
    with pytest.raises(ParameterError) as refused:
        Portfolio.from_params({name: misspelt})
    assert str(refused.value) == f"parameter {name} is '{misspelt}': did you mean \"{right}\"?"


@pytest.mark.parametrize("wrong", ["zzz", 7, None, True, ["whole"]])
def test_a_word_that_resembles_none_is_refused_with_all_there_are(wrong: Any) -> None:
    with pytest.raises(ParameterError) as refused:
        Portfolio.from_params({"units": wrong})
    assert f"parameter units is {wrong!r}" in str(refused.value)
    assert "fractional, whole" in str(refused.value) or '"whole"' in str(refused.value)


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        (
            {"sizing": "fixed_fraction"},
            "sizing is fixed_fraction: give it the parameter fraction, too",
        ),
        ({"sizing": "fixed_cash"}, "sizing is fixed_cash: give it the parameter bet, too"),
        (
            {"fraction": 0.1},
            "parameter fraction is 0.1: it belongs to the sizing fixed_fraction, and sizing is"
            " random_fraction",
        ),
        (
            {"sizing": "all_in", "bet": 5},
            "parameter bet is 5: it belongs to the sizing fixed_cash, and sizing is all_in",
        ),
        (
            {"sizing": "all_in", "instruments": 5},
            "parameter instruments is 5: it belongs to the sizing equal_weight, and sizing is"
            " all_in",
        ),
        (
            {"sizing": "fixed_cash", "bet": 5, "fraction": 0.1},
            "parameter fraction is 0.1: it belongs to the sizing fixed_fraction, and sizing is"
            " fixed_cash",
        ),
    ],
)
def test_a_sizing_and_its_parameter_go_together(params: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ParameterError) as refused:
        Portfolio.from_params(params)
    assert str(refused.value) == sentence


def test_sized_declares_the_same_parameters_with_another_default_sizing() -> None:
    defaults = {each.name: each.default for each in PARAMETERS}
    assert {each.name: each.default for each in sized("all_in")} == {**defaults, "sizing": "all_in"}


def test_unsized_declares_all_but_the_sizing() -> None:
    left_out = {each.name for each in PARAMETERS} - {each.name for each in UNSIZED}
    assert left_out == {"sizing", "fraction", "bet", "instruments"}
