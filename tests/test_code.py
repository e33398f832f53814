"""What is loaded is data: the only code of others that runs is what `--algo` names."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from algo_service.errors import JournalError, StateError
from algo_service.journal import codec
from tests.support.processes import ROOT

PACKAGES = ("algo_service", "indicators", "market_data", "portfolio", "telemetry", "tickwire")

RUNS_WHAT_IT_LOADS = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
RUNS_TEXT = {"eval", "exec", "compile", "__import__", "execfile"}

LOADER = "algo_service/loader.py"
"""The one place that imports what a user names."""


def modules() -> list[Path]:
    return [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]


def suspects(tree: ast.AST) -> set[str]:
    """The names of what may run data as code."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names} & RUNS_WHAT_IT_LOADS
        elif isinstance(node, ast.ImportFrom):
            found |= {(node.module or "").partition(".")[0]} & RUNS_WHAT_IT_LOADS
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            found |= {node.func.id} & RUNS_TEXT
        elif isinstance(node, ast.Attribute) and node.attr in ("exec_module", "read_pickle"):
            found.add(node.attr)
        elif isinstance(node, ast.keyword) and node.arg in ("allow_pickle", "shell"):
            found.add(node.arg)
    return found


def test_no_module_runs_what_it_loads_but_the_loader_of_algorithms() -> None:
    found = {
        str(file.relative_to(ROOT)): names
        for file in modules()
        if (names := suspects(ast.parse(file.read_bytes())))
    }
    assert found == {LOADER: {"exec_module"}}


@pytest.mark.parametrize(
    "code",
    ["import pickle", "from dill import loads", "eval(x)", "run(x, shell=1)", "pd.read_pickle(f)"],
)
def test_such_a_module_is_found(code: str) -> None:
    assert suspects(ast.parse(code))


def test_the_state_of_an_algorithm_cannot_name_a_class() -> None:
    """It is MessagePack with a few kinds of values, and an array of numpy has no objects in it."""
    np = pytest.importorskip("numpy")
    with pytest.raises(StateError, match="is not plain data"):
        codec.encode({"evil": JournalError})
    with pytest.raises(StateError, match="holds more than numbers"):
        codec.encode(np.array([object()]))
    import msgpack

    array = msgpack.packb(["|O", [1], b"\0" * 8])
    with pytest.raises(ValueError, match="OBJECT"):
        codec.decode(msgpack.packb(msgpack.ExtType(8, array)))
