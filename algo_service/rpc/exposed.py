"""The methods of a class that a ZeroRPC server has."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


def exposed(method: Callable[..., Any]) -> Callable[..., Any]:
    """Describe a method to `zerorpc --inspect`: zerorpc 0.6.3 cannot on Python >= 3.11."""
    spec = inspect.getfullargspec(method)
    described = (spec.args[1:], spec.varargs, spec.varkw, spec.defaults)
    method._zerorpc_args = lambda: described  # type: ignore[attr-defined]
    return method
