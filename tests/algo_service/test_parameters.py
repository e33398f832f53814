"""Parameters are merged once, in layers, and refused by name."""

from typing import Any

import pytest

from algo_service.algorithms.random_algo import RandomAlgo
from algo_service.errors import ParameterError
from algo_service.parameters import merge

DECLARED = RandomAlgo.PARAMETERS


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([{}], {}),
        ([{"threshold": 0.1}, {}], {"threshold": 0.1}),
        ([{"threshold": 0.1}, {"threshold": 0.9}], {"threshold": 0.9}),
        ([{"cash": 50000}], {"starting_cash": 50000}),
        ([{"cash": 50000}, {"starting_cash": 7}], {"starting_cash": 7}),
        ([{"starting_cash": 7}, {"cash": 50000}], {"starting_cash": 50000}),
        ([{"cash": 7, "starting_cash": 7}], {"starting_cash": 7}),
        ([{"seed": 5}], {"seed": 5}),
        ([{"seed": None}], {"seed": 99}),
    ],
)
def test_later_layers_win_whatever_name_they_use(
    layers: list[dict[str, Any]], expected: dict[str, Any]
) -> None:
    defaults = {"threshold": 0.5, "exit": 0, "starting_cash": 10000, "seed": 99}
    assert merge(DECLARED, *layers, seed=99) == {**defaults, **expected}


def test_an_algorithm_that_declares_nothing_takes_any_name() -> None:
    merged = merge(None, {"window": [1, 2], "cash": 5}, seed=99)
    assert merged == {"window": [1, 2], "starting_cash": 5, "seed": 99}


@pytest.mark.parametrize(
    ("layer", "sentence"),
    [
        ({"treshold": 0.3}, 'unknown parameter "treshold": did you mean "threshold"?'),
        ({"cahs": 1}, 'unknown parameter "cahs": did you mean "cash"?'),
        ({"zzz": 1}, "there is cash, exit, seed, starting_cash, threshold"),
        ({"cash": 1, "starting_cash": 2}, "parameter starting_cash is given twice: 1 and, as"),
    ],
)
def test_a_wrong_name_is_refused_with_the_nearest_right_one(
    layer: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ParameterError) as refused:
        merge(DECLARED, layer, seed=99)
    assert sentence in str(refused.value)


def test_the_common_parameters_are_checked_for_every_algorithm() -> None:
    with pytest.raises(ParameterError, match="starting_cash is 'much'"):
        merge(None, {"cash": "much"}, seed=99)
