"""The module `random`, shared by algorithms in one process without their noticing."""

from __future__ import annotations

import random
import weakref
from typing import Any


class ModuleRandom:
    """One algorithm's state of the module `random`, which has one state for the process.

    An algorithm that draws from the module is reproducible, also beside others.

    :param seed: what the module is seeded with now.
    """

    _last: weakref.ref[ModuleRandom] | None = None
    """Whose state the module has."""

    def __init__(self, seed: Any):
        self._state: Any = None
        self.use()
        random.seed(seed)

    def use(self) -> None:
        """Give the module this algorithm's state; call it before the algorithm runs."""
        last = ModuleRandom._last() if ModuleRandom._last is not None else None
        if last is self:
            return
        if last is not None:
            last._state = random.getstate()
        if self._state is not None:
            random.setstate(self._state)
        ModuleRandom._last = weakref.ref(self)
