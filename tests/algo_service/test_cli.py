"""The command `algo-service`: what it lists, takes and refuses."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from algo_service.algorithms import BUILT_IN
from algo_service.commands.options import merge_params
from portfolio import ParameterError
from tests.support.processes import BIN, free_port


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([BIN / "algo-service", *words], text=True, capture_output=True)


def test_algos_lists_every_built_in_algorithm_with_each_of_its_parameters() -> None:
    listed = run("algos").stdout
    own, common = listed.split("All of them take:")
    for name, algorithm in BUILT_IN.items():
        _, _, block = f"\n{own}".partition(f"\n{name}: ")
        assert block, name
        block = block.partition("\n\n")[0]
        for parameter in algorithm.PARAMETERS:
            assert f"\n  {parameter.name} " in block + common, (name, parameter.name)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--algo", "sma_crss"], 'no built-in algorithm "sma_crss": did you mean "sma_cross"?'),
        (
            ["--algo", "sma_cross", "--sizing", "allin"],
            "sizing is 'allin': did you mean \"all_in\"?",
        ),
        (["--algo", "sma_cross", "--param", "fst=3"], 'parameter "fst": did you mean "fast"?'),
        (
            ["--algo", "sma_cross", "--commission", "2"],
            "commission is 2: it has to be a number from",
        ),
        (["--algo", "rebalance", "--sizing", "all_in"], 'unknown parameter "sizing"'),
        (["--algo", "sma_cross", "--units", "half"], "units is 'half'; there is fractional, whole"),
    ],
)
def test_a_wrong_algorithm_or_parameter_is_one_sentence_and_status_2(
    words: list[str], sentence: str
) -> None:
    ended = run("serve", "--addr", f"tcp://127.0.0.1:{free_port()}", *words)
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_the_short_options_are_parameters(serve: Callable[..., Any], connect: Any) -> None:
    service = serve(
        "--algo", "sma_cross", "--cash", "500", "--sizing", "all_in", "--units", "whole",
        "--commission", "0.002", "--slippage", "0.001", "--fill", "next",
    )  # fmt: skip
    client = connect(service)
    client.initialize({"cash": 9, "units": "fractional"})
    told = client.snapshot()["parameters"]
    given = {"starting_cash": 500, "sizing": "all_in", "units": "whole", "commission": 0.002,
             "slippage": 0.001, "fill": "next"}  # fmt: skip
    assert {name: told[name] for name in given} == given


def test_a_service_of_two_algorithms_is_refused_with_both_names() -> None:
    ended = run("serve", "--algo", "sma_cross", "--algo", "random")
    assert ended.returncode == 2
    assert ended.stderr.startswith("algo-service: --algo names sma_cross and random: serve takes")
    assert len(ended.stderr.splitlines()) == 1


def test_an_option_and_a_parameter_that_contradict_each_other_are_refused() -> None:
    assert merge_params((("units", "whole"), ("n", 1)), {"units": "whole", "cash": "5"}) == {
        "units": "whole",
        "n": 1,
        "cash": 5,
    }
    with pytest.raises(ParameterError, match="cash is given twice: --cash 5, and --param start"):
        merge_params((("starting_cash", 7),), {"cash": "5"})
