"""`--algo` finds a built-in, a module's class or a file's class, and says what is wrong."""

import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest

from algo_service import RandomAlgo
from algo_service.algorithms import (
    BuyAndHold,
    MeanReversion,
    Momentum,
    PublishedCross,
    Rebalance,
    SmaCross,
)
from algo_service.engine.driver import Driver
from algo_service.errors import InitializeError, LoadError
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
        ("published_cross", PublishedCross),
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
            'no built-in algorithm "zzz"; there is buy_and_hold, mean_reversion, momentum,'
            " published_cross, random, rebalance, sma_cross",
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
    assert "pip install" not in str(refused.value)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (
            "import numpy.linalg",
            "(my_algo.py, line 1): numpy is not installed in this environment: pip install numpy;"
            " in compose: EXTRAS=backtest docker compose up --build",
        ),
        (
            "\nfrom sklearn.svm import SVC",
            "(my_algo.py, line 2): sklearn is not installed in this environment: pip install"
            " scikit-learn, or put sklearn.py beside the algorithm if it is a file of your own",
        ),
        (
            "import msgpack.no_such_module",
            "No module named 'msgpack.no_such_module' (my_algo.py, line 1)",
        ),
    ],
)
def test_a_package_that_is_missing_is_named_with_how_to_get_it(
    code: str, advice: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_algo.py").write_text(code)
    missing(monkeypatch)
    with pytest.raises(LoadError) as refused:
        load(f"{tmp_path}/my_algo.py:MyAlgo")
    assert str(refused.value).replace(f"{tmp_path}/", "").endswith(advice)


def test_a_package_that_initialize_imports_in_vain_is_named_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Late:
        def initialize(self, params: Any) -> list[str]:
            import numpy  # noqa: F401

            return ["quotes"]

        def event(self, data: Any) -> None: ...

    missing(monkeypatch)
    with pytest.raises(InitializeError, match=r"initialize raised Mod.*: pip install numpy; in"):
        Driver(Late, "late", {"seed": 1})


class Blind:
    """A finder of modules that does not find numpy and sklearn."""

    def __init__(self, finder: Any):
        self._finder = finder

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name in ("numpy", "sklearn"):
            return None
        found: ModuleSpec | None = self._finder.find_spec(name, path, target)
        return found


def missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make numpy and sklearn packages that are not installed."""
    monkeypatch.delitem(sys.modules, "numpy", raising=False)
    monkeypatch.setattr(sys, "meta_path", list(map(Blind, sys.meta_path)))
