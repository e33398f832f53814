"""Parameters: declared with type, default and range, by the portfolio and by algorithms."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portfolio.errors import ParameterError
from portfolio.nearest import did_you_mean


@dataclass(frozen=True)
class Parameter:
    """One parameter: a number with a range, or one word of several."""

    name: str
    default: float | str | None
    """None: there is none, or it is drawn."""
    help: str
    minimum: float = -math.inf
    maximum: float = math.inf
    whole: bool = False
    choices: tuple[str, ...] = ()
    """The words, where it is no number."""
    aliases: tuple[str, ...] = ()

    def read(self, params: Mapping[str, Any]) -> Any:
        """Return this parameter's value in `params`, checked, or its default.

        :raises ParameterError: if the value is not a number of its range, or none of its words.
        """
        names = (self.name, *self.aliases)
        value: Any = next((params[name] for name in names if name in params), self.default)
        if value is None and self.default is None:
            return None
        if self.choices:
            if value not in self.choices:
                nearest = did_you_mean(str(value), self.choices)
                raise ParameterError(f"parameter {self.name} is {value!r:.80}{nearest}")
            return value
        right_type = isinstance(value, int) or (isinstance(value, float) and not self.whole)
        if isinstance(value, bool) or not right_type or not self.minimum <= value <= self.maximum:
            raise ParameterError(
                f"parameter {self.name} is {value!r:.80}: it has to be {self.range}"
            )
        return value

    @property
    def range(self) -> str:
        """What is allowed, as a phrase."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        kind = "a whole number" if self.whole else "a number"
        if math.isinf(self.minimum) and math.isinf(self.maximum):
            return kind
        if math.isinf(self.maximum):
            return f"{kind} of at least {self.minimum:g}"
        return f"{kind} from {self.minimum:.16g} to {self.maximum:.16g}"
