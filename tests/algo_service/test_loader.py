"""`--algo` finds a built-in, a module's class or a file's class, and says what is wrong."""

from pathlib import Path
from typing import Any

import pytest

from algo_service import RandomAlgo
from algo_service.algorithms import BuyAndHold, MeanReversion, Momentum, Rebalance, SmaCross
from algo_service.errors import LoadError
from algo_service.loader import load

GOOD = """
import helper_of_mine
class MyAlgo:
    def initialize(self, params): return [helper_of_mine.CHANNEL]
    def event(self, data): pass
"""


@pytest.mark.parametrize(
    ("name", "algorithm"),
    [
        ("random", RandomAlgo),
        ("buy_and_hold", BuyAndHold),
        ("sma_cross", SmaCross),
        ("mean_reversion", MeanReversion),
        ("momentum", Momentum),
        ("rebalance", Rebalance),
    ],
)
def test_a_built_in_is_found_by_its_name(name: str, algorithm: type[Any]) -> None:
    assert load(name) == (name, algorithm)


def test_a_class_of_an_installed_module_is_found() -> None:
    assert load("algo_service:RandomAlgo") == ("RandomAlgo", RandomAlgo)


def test_a_file_may_import_the_modules_beside_it(tmp_path: Path) -> None:
    (tmp_path / "helper_of_mine.py").write_text("CHANNEL = 'quotes'")
    (tmp_path / "my_algo.py").write_text(GOOD)
    name, algorithm = load(f"{tmp_path}/my_algo.py:MyAlgo")
    assert name == "MyAlgo"
    assert algorithm().initialize({}) == ["quotes"]


@pytest.mark.parametrize(
    ("code", "spec", "sentence"),
    [
        (None, "randon", 'no built-in algorithm "randon": did you mean "random"?'),
        (None, "sma_cros", 'no built-in algorithm "sma_cros": did you mean "sma_cross"?'),
        (
            None,
            "zzz",
            'no built-in algorithm "zzz"; there is buy_and_hold, mean_reversion, momentum, random,'
            " rebalance, sma_cross",
        ),
        (None, "{}/my_algo.py:MyAlgo", 'my_algo.py"'),
        (None, "no_such_module:MyAlgo", "cannot import no_such_module: ModuleNotFoundError"),
        ("x = 1", "{}/my_algo.py", "names no class: write"),
        ("class MyAlgo: pass", "{}/my_algo.py:MyAlog", '"MyAlog": did you mean "MyAlgo"?'),
        ("x = 1", "{}/my_algo.py:x", 'has no class "x"'),
        ("def f(:", "{}/my_algo.py:MyAlgo", "SyntaxError"),
        ("\n1/0", "{}/my_algo.py:MyAlgo", "my_algo.py, line 2)"),
        (
            "class MyAlgo:\n def initialize(self, p): pass",
            "{}/my_algo.py:MyAlgo",
            "no method event",
        ),
        (
            "class MyAlgo:\n def initialize(self, p): pass\n def evnt(self, d): pass",
            "{}/my_algo.py:MyAlgo",
            'no method event; an algorithm has initialize(params) and event(data) (it has "evnt")',
        ),
    ],
)
def test_what_is_no_algorithm_is_refused_with_a_sentence(
    code: str | None, spec: str, sentence: str, tmp_path: Path
) -> None:
    if code is not None:
        (tmp_path / "my_algo.py").write_text(code)
    with pytest.raises(LoadError) as refused:
        load(spec.format(tmp_path))
    assert sentence in str(refused.value)
