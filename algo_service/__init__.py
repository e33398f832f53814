"""Algorithms, the engine that drives one, and its ZeroRPC host."""

import sys
from typing import TYPE_CHECKING

from tickwire.checks import objection

__tickwire_internal__ = True  # see algo_service/engine/failure.py

# `python -m` looks for __main__ first, which says the same in one line
_reason = "" if sys.argv[:1] == ["-m"] else objection()
if _reason:
    raise ImportError(_reason)

if TYPE_CHECKING:
    from algo_service.algorithm import Algorithm as Algorithm
    from algo_service.algorithms import RandomAlgo as RandomAlgo
    from algo_service.engine.engine import Engine as Engine
    from algo_service.publications import Publications as Publications
else:
    from importlib import import_module

    # imported when they are asked for, so that nobody waits for what is not used
    _NAMES = {
        "algo_service.algorithm": ("Algorithm",),
        "algo_service.algorithms": ("RandomAlgo",),
        "algo_service.engine.engine": ("Engine",),
        "algo_service.publications": ("Publications",),
    }
    _MODULES = {name: module for module, names in _NAMES.items() for name in names}
    __all__ = sorted(_MODULES)

    def __getattr__(name):
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_MODULES[name]), name)
        return value

    def __dir__():
        return sorted({*globals(), *__all__})
