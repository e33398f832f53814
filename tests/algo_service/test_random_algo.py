"""RandomAlgo draws once per quote: the table gives the numbers drawn and what they lead to."""

import logging
import random
from typing import Any

import pytest

from algo_service import RandomAlgo
from portfolio import ParameterError


class Drawn(random.Random):
    """A generator whose numbers are known."""

    def __init__(self, *numbers: float):
        super().__init__()
        self._numbers = list(numbers)

    def random(self) -> float:
        return self._numbers.pop(0)


def algorithm(*numbers: float, **params: Any) -> RandomAlgo:
    algo = RandomAlgo()
    assert algo.initialize({"starting_cash": 1000, **params}) == ["quotes"]
    drawn = Drawn(*numbers)
    algo.random = algo.portfolio.sizing._random = drawn
    return algo


@pytest.mark.parametrize(
    ("params", "numbers", "said", "cash"),
    [
        # the first number decides, the second is the fraction of the cash that is bet
        ({}, [0.51, 0.25], "buying 250.00 of GOOG", 750.0),
        ({}, [0.50], "0.50 is not above 0.5: no order", 1000.0),
        ({}, [0.31], "0.31 is not above 0.5: no order", 1000.0),
        ({"threshold": 0}, [0.01, 0.5], "buying 500.00 of GOOG", 500.0),
        ({"threshold": 1}, [0.99], "0.99 is not above 1: no order", 1000.0),
        ({"exit": 0.25}, [0.3], "0.30 is not above 0.5: no order", 1000.0),
        ({"exit": 0.25}, [0.2], "0.20 is below 0.25, but no GOOG was sold", 1000.0),
        ({}, [0.9, 0.0000009], "0.90 is above 0.5, but the bet came to nothing", 1000.0),
    ],
)
def test_a_quote_leads_to_an_order_or_to_the_reason_why_not(
    params: dict[str, Any],
    numbers: list[float],
    said: str,
    cash: float,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    algo = algorithm(*numbers, **params)
    algo.event({"sid": "GOOG", "quote": 100.0})
    assert caplog.messages == [said]
    assert algo.portfolio.cash == cash


def test_below_the_exit_the_whole_position_is_sold(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    algo = algorithm(0.9, 0.5, 0.1, exit=0.25)
    algo.event({"sid": "GOOG", "quote": 100.0})
    algo.event({"sid": "GOOG", "quote": 110.0})
    assert caplog.messages == ["buying 500.00 of GOOG", "selling 550.00 of GOOG"]
    assert (algo.portfolio.cash, algo.portfolio.positions) == (1050.0, {})


def test_without_parameters_it_starts_as_the_article_says() -> None:
    algo = RandomAlgo()
    algo.initialize({})
    assert (algo.threshold, algo.exit, algo.portfolio.cash) == (0.5, 0, 50000)


def test_the_same_seed_gives_the_same_bets() -> None:
    cash = []
    for _ in range(2):
        algo = RandomAlgo()
        algo.initialize({"seed": 7, "exit": 0.25})
        for price in range(100, 200):
            algo.event({"sid": "GOOG", "quote": float(price)})
        cash.append(algo.portfolio.cash)
    assert cash[0] == cash[1] != 50000


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"threshold": 1.5}, r"parameter threshold is 1\.5: it has to be a number from 0 to 1"),
        ({"threshold": "high"}, r"parameter threshold is 'high'"),
        ({"threshold": True}, r"parameter threshold is True"),
        ({"exit": float("nan")}, r"parameter exit is nan"),
        ({"seed": 1.5}, r"parameter seed is 1\.5: it has to be a whole number from 0"),
        ({"starting_cash": -1}, r"parameter starting_cash is -1"),
    ],
)
def test_a_parameter_out_of_range_is_refused_by_name(params: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ParameterError, match=sentence):
        RandomAlgo().initialize(params)
