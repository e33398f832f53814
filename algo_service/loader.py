"""Finds the algorithm that `--algo` names: built-in, `package.module:Class`, `file.py:Class`."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from algo_service.algorithms import BUILT_IN
from algo_service.errors import LoadError
from algo_service.missing_package import package_advice
from portfolio.nearest import did_you_mean

METHODS = ("initialize", "event")


def load(spec: str) -> tuple[str, type[Any]]:
    """Return the algorithm's name (the built-in's, or the class') and its class.

    :raises LoadError: if it cannot be imported, is not a class, or lacks a method.
    """
    place, colon, class_name = spec.rpartition(":")
    if not colon:
        if spec.endswith(".py") or "." in spec:
            raise LoadError(f'"{spec}" names no class: write {spec}:MyAlgo')
        if spec not in BUILT_IN:
            raise LoadError(
                f'there is no built-in algorithm "{spec}"{did_you_mean(spec, BUILT_IN)}'
            )
        return spec, BUILT_IN[spec]
    found = _import(place)
    algorithm = getattr(found, class_name, None)
    if not inspect.isclass(algorithm):
        classes = [name for name, value in vars(found).items() if _is_own_class(value, found)]
        raise LoadError(f'{place} has no class "{class_name}"{did_you_mean(class_name, classes)}')
    for method in METHODS:
        if not callable(getattr(algorithm, method, None)):
            own = [name for name in vars(algorithm) if not name.startswith("_")]
            near = [name for name in own if name not in METHODS]
            raise LoadError(
                f"{class_name} in {place} has no method {method}; an algorithm has"
                f" initialize(params) and event(data){_instead(method, near)}"
            )
    return class_name, algorithm


def absolute(spec: str) -> str:
    """Return the same spec for a process in any folder."""
    place, colon, class_name = spec.rpartition(":")
    return f"{Path(place).resolve()}:{class_name}" if colon and place.endswith(".py") else spec


def _import(place: str) -> ModuleType:
    path = Path(place)
    if path.suffix == ".py" and not path.is_file():
        others = [f"{path.parent / other.name}" for other in path.parent.glob("*.py")]
        raise LoadError(f'there is no file "{place}"{did_you_mean(place, others)}')
    # The author's other modules are found as `python file.py` would find them, but after ours.
    folder = str(path.parent.resolve() if path.suffix == ".py" else Path.cwd())
    if folder not in sys.path:
        sys.path.append(folder)
    try:
        if path.suffix != ".py":
            return importlib.import_module(place)
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    except BaseException as error:  # any exception: the file is the author's
        # if the named module itself is missing, no package would help
        is_itself = isinstance(error, ImportError) and f"{place}.".startswith(f"{error.name}.")
        advice = "" if is_itself else package_advice(error)
        raise LoadError(
            f"cannot import {place}: {type(error).__name__}: {error}{_where(error)}{advice}"
        ) from error
    return module


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    if isinstance(error, SyntaxError) or not frames or frames[-1].filename.startswith("<"):
        return ""  # the error names the place itself, or the import failed
    return f" ({frames[-1].filename}, line {frames[-1].lineno})"


def _is_own_class(value: object, module: ModuleType) -> bool:
    return inspect.isclass(value) and value.__module__ == module.__name__


def _instead(method: str, near: list[str]) -> str:
    answer = did_you_mean(method, near)
    return f' (it has "{answer.split(chr(34))[1]}")' if "did you mean" in answer else ""
