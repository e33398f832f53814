"""What reads a bar: the high and the low of a quote, and its volume."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

from indicators.errors import QuoteFieldError
from indicators.indicator import Indicator

Value = TypeVar("Value")


class Bar(NamedTuple):
    """The prices of one bar; the close is what the quote holds as its price."""

    high: float
    low: float
    close: float


class BarIndicator(Indicator[Value]):
    """An indicator that needs the high and the low of each quote.

    A quote without them is refused: that the price itself was the highest and the lowest is not
    known.
    """

    def _read(self, quote: Mapping[str, Any]) -> Bar:
        """Return the bar of a quote.

        :raises QuoteFieldError: if the quote lacks a price, or if its high is below its low.
        """
        bar = Bar(
            self._number(quote, "high"), self._number(quote, "low"), self._number(quote, "quote")
        )
        if bar.high < bar.low:
            raise QuoteFieldError(
                "high",
                f'{self.name}: "high" of {quote.get("sid")} is {bar.high:.12g}, which is below its'
                f' "low", {bar.low:.12g}',
            )
        return bar

    def _needs(self, field: str) -> str:
        return 'needs bars, with "high" and "low"' if field != "quote" else super()._needs(field)
