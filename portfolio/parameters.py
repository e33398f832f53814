"""Parameters: declared with type, default and range, by the portfolio and by algorithms."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portfolio.errors import ParameterError
from portfolio.nearest import did_you_mean
from portfolio.reals import is_whole, real


@dataclass(frozen=True)
class Parameter:
    """One parameter: a number with a range, or one word of several."""

    name: str
    default: float | str | None
    """None: there is no default, or it is drawn at random."""
    help: str
    minimum: float = -math.inf
    maximum: float = math.inf
    whole: bool = False
    choices: tuple[str, ...] = ()
    """The words, for a parameter that is not a number."""
    aliases: tuple[str, ...] = ()

    def read(self, params: Mapping[str, Any]) -> Any:
        """Return this parameter's value in `params`, checked, or its default.

        A number comes as an int or a float, whatever kind of real number was given.

        :raises ParameterError: if the value is not a number of its range, or not one of its words.
        """
        names = (self.name, *self.aliases)
        value: Any = next((params[name] for name in names if name in params), self.default)
        if value is None and self.default is None:
            return None
        if self.choices:
            if not isinstance(value, str) or value not in self.choices:
                nearest = did_you_mean(str(value), self.choices)
                raise ParameterError(f"parameter {self.name} is {value!r:.80}{nearest}")
            return str(value)
        number = self._number(value)
        if number is None or not self.minimum <= number <= self.maximum:
            raise ParameterError(
                f"parameter {self.name} is {value!r:.80}: it has to be {self.range}"
            )
        return number

    def _number(self, value: Any) -> float | None:
        if is_whole(value):
            return int(value)
        try:
            number = real(value, self.name)
        except ValueError:
            return None
        if not self.whole:
            return number
        return int(number) if number.is_integer() else None

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
