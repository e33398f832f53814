"""Parameters are merged once, in layers, and refused by name."""

from typing import Any

import pytest

from algo_service.algorithms import SmaCross
from algo_service.algorithms.random_algo import RandomAlgo
from algo_service.parameters import TrackedParameters, merge
from portfolio import STARTING_CASH, Parameter, ParameterError
from tests.support.processes import ROOT

DECLARED = RandomAlgo.PARAMETERS


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([{}], {}),
        ([{"threshold": 0.1}, {}], {"threshold": 0.1}),
        ([{"threshold": 0.1}, {"threshold": 0.9}], {"threshold": 0.9}),
        ([{"cash": 20000}], {"starting_cash": 20000}),
        ([{"cash": 20000}, {"starting_cash": 7}], {"starting_cash": 7}),
        ([{"starting_cash": 7}, {"cash": 20000}], {"starting_cash": 20000}),
        ([{"cash": 7, "starting_cash": 7}], {"starting_cash": 7}),
        ([{"seed": 5}], {"seed": 5}),
        ([{"seed": None}], {"seed": 99}),
        ([{"units": "whole"}, {"commission": 0.002}], {"units": "whole", "commission": 0.002}),
    ],
)
def test_later_layers_win_whatever_name_they_use(
    layers: list[dict[str, Any]], expected: dict[str, Any]
) -> None:
    defaults = {
        "threshold": 0.5,
        "exit": 0,
        "starting_cash": 50000,
        "sizing": "random_fraction",
        "units": "fractional",
        "fill": "quote",
        "price": "auto",
        "seed": 99,
    }
    assert merge(DECLARED, *layers, seed=99) == {**defaults, **expected}


def test_an_algorithms_own_default_of_a_common_parameter_holds() -> None:
    assert merge(SmaCross.PARAMETERS, {}, seed=99) == {
        "fast": 10,
        "slow": 30,
        "starting_cash": 50000,
        "sizing": "all_in",
        "units": "fractional",
        "fill": "quote",
        "price": "auto",
        "seed": 99,
    }


def test_an_algorithm_that_declares_nothing_takes_any_name() -> None:
    merged = merge(None, {"window": [1, 2], "cash": 5}, seed=99)
    assert merged == {"window": [1, 2], "starting_cash": 5, "seed": 99}


def test_cash_and_seed_are_there_for_an_algorithm_that_declares_nothing() -> None:
    assert merge(None, {}, seed=99) == {"starting_cash": STARTING_CASH.default, "seed": 99}


def test_without_a_word_about_cash_it_is_what_the_bridge_gives() -> None:
    cli = (ROOT / "bridge_node/src/cli.js").read_text()
    assert f".default({{ cash: {STARTING_CASH.default} }}" in cli


def test_what_a_journal_was_begun_with_stands_in_for_the_defaults() -> None:
    begun = {"threshold": 0.3, "starting_cash": 10000, "sizing": "all_in", "seed": 5}
    assert merge(DECLARED, {}, seed=99, stored=begun) == begun
    given = {"cash": 7, "units": "whole"}
    merged = merge(DECLARED, given, seed=99, stored=begun)
    assert merged == {**begun, "starting_cash": 7, "units": "whole"}
    assert merge(None, {}, seed=99, stored={"seed": 5}) == {"seed": 5}
    with pytest.raises(ParameterError, match='unknown parameter "treshold"'):
        merge(DECLARED, {}, seed=99, stored={"treshold": 1})


@pytest.mark.parametrize(
    ("layer", "sentence"),
    [
        ({"treshold": 0.3}, 'unknown parameter "treshold": did you mean "threshold"?'),
        ({"cahs": 1}, 'unknown parameter "cahs": did you mean "cash"?'),
        ({"comission": 1}, 'unknown parameter "comission": did you mean "commission"?'),
        ({"largest_los": 1}, 'unknown parameter "largest_los": did you mean "largest_'),
        ({"zzz": 1}, 'unknown parameter "zzz"; there is bet, cash, commission, '),
        ({"cash": 1, "starting_cash": 2}, "parameter starting_cash is given twice: 1 and, as"),
    ],
)
def test_a_wrong_name_is_refused_with_the_nearest_right_one(
    layer: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ParameterError) as refused:
        merge(DECLARED, layer, seed=99)
    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize(
    ("layer", "sentence"),
    [
        ({"cash": "much"}, "parameter starting_cash is 'much': it has to be a number from 0 to"),
        ({"starting_cash": -1}, "parameter starting_cash is -1"),
        ({"seed": 1.5}, "parameter seed is 1.5: it has to be a whole number from 0"),
        ({"seed": -1}, "parameter seed is -1"),
    ],
)
@pytest.mark.parametrize("declared", [None, DECLARED])
def test_the_common_parameters_are_checked_for_every_algorithm(
    declared: Any, layer: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ParameterError) as refused:
        merge(declared, layer, seed=99)
    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize(
    ("layer", "sentence"),
    [
        ({"sizing": "al_in"}, "parameter sizing is 'al_in': did you mean \"all_in\"?"),
        ({"slippage": 2}, "parameter slippage is 2: it has to be a number from 0 to 0.5"),
        ({"threshold": None}, "parameter threshold is None: it has to be a number from 0 to 1"),
    ],
)
def test_every_declared_parameter_is_checked_before_the_algorithm_sees_it(
    layer: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ParameterError) as refused:
        merge(DECLARED, layer, seed=99)
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("parameter", "phrase"),
    [
        (Parameter("x", 0, "X."), "a number"),
        (Parameter("x", 0, "X.", whole=True), "a whole number"),
        (Parameter("x", 0, "X.", minimum=0), "a number of at least 0"),
        (Parameter("x", 0, "X.", minimum=1, maximum=1e6, whole=True), "a whole number from 1 to 1"),
        (Parameter("x", "a", "X.", choices=("a", "b", "c")), "one of a, b, c"),
    ],
)
def test_a_parameter_tells_its_range(parameter: Parameter, phrase: str) -> None:
    assert parameter.range.startswith(phrase)


def test_parameters_that_nobody_reads_are_known() -> None:
    read = TrackedParameters({"a": 1, "b": 2, "c": 3})
    assert (read["a"], read.get("b"), read.get("z", 5)) == (1, 2, 5)
    assert read.unread == ["c"]
    assert dict(read.items()) == {"a": 1, "b": 2, "c": 3}
    assert read.unread == []


@pytest.mark.parametrize("declared", [{"period": 14}, ["period"], 14, "period"])
def test_parameters_of_another_shape_are_refused_with_the_right_one(
    declared: Any,
) -> None:
    """Parameters of another shape are one sentence that shows the right one."""
    with pytest.raises(
        ParameterError, match=r"^PARAMETERS is .*: it has to be a list of .*Parameter"
    ):
        merge(declared, {}, seed=1)
