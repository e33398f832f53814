"""What an indicator is that reads the high and the low of a quote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from indicators.errors import QuoteFieldError
from indicators.indicator import MAX_NUMBER, Indicator

Value = TypeVar("Value")


Bar = tuple[float, float, float]
"""High, low, and the price of the quote, which is the close."""


class BarIndicator(Indicator[Value]):
    """An indicator that needs the high and the low of each quote.

    A quote without them is refused: that its price was the highest and the lowest is not known. So
    is one whose price is not between them, as for the paper venue.
    """

    NEEDS = 'bars with "sid", "quote", "high" and "low"'

    def update(self, quote: Mapping[str, Any]) -> Value | None:
        """Take a bar in, and return the value of its instrument.

        :return: None while warming up, and where the formula has no value.
        :raises QuoteFieldError: if the quote lacks a price, or they contradict each other; nothing
            has changed then.
        """
        high, low, close = quote.get("high"), quote.get("low"), quote.get("quote")
        if not (
            type(high) is type(low) is type(close) is float
            and -MAX_NUMBER <= low <= close <= high <= MAX_NUMBER
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
        close = self._number(quote, "quote")
        if not low <= close <= high:
            # the unadjusted ones of a price that is adjusted would give a range of no market
            raise QuoteFieldError(
                "quote",
                f"{self.name}: the price of {quote.get('sid')} is {close:.12g}, which is not"
                f' between its "low", {low:.12g}, and its "high", {high:.12g}: one may be adjusted,'
                " and the others not",
            )
        return high, low, close
