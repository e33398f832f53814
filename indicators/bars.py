"""What an indicator is that reads the high and the low of a quote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from indicators.errors import QuoteFieldError
from indicators.indicator import INFINITY, Indicator

Value = TypeVar("Value")


Bar = tuple[float, float, float]
"""High, low, and the price of the quote, which is the close."""


class BarIndicator(Indicator[Value]):
    """An indicator that needs the high and the low of each quote.

    A quote without them is refused: that its price was the highest and the lowest is not known.
    """

    NEEDS = 'bars with "sid", "quote", "high" and "low"'

    def update(self, quote: Mapping[str, Any]) -> Value | None:
        """Take a bar in, and return the value of its instrument.

        :return: None while warming up, and where the formula has no value.
        :raises QuoteFieldError: if the quote lacks a price, or its high is below its low; nothing
            has changed then.
        """
        high, low, close = quote.get("high"), quote.get("low"), quote.get("quote")
        if not (
            type(high) is type(low) is type(close) is float
            and -INFINITY < low <= high < INFINITY
            and -INFINITY < close < INFINITY
        ):
            high, low, close = self._bar(quote)
        if "sid" not in quote:
            raise self._lack(quote, "sid")
        return self._of(quote["sid"]).add((high, low, close))

    def _bar(self, quote: Mapping[str, Any]) -> Bar:
        high, low = self._number(quote, "high"), self._number(quote, "low")
        if high < low:
            raise QuoteFieldError(
                "high",
                f'{self.name}: "high" of {quote.get("sid")} is {high:.12g}, which is below its'
                f' "low", {low:.12g}',
            )
        return high, low, self._number(quote, "quote")
