"""The volume-weighted average price."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from indicators.errors import QuoteFieldError
from indicators.indicator import Indicator
from indicators.settings import Setting
from indicators.window import WindowSum


class Vwap(Indicator[float]):
    """The mean of the last `period` prices, each weighted with its volume.

    The volume is the `size` of a trade, and `volume` where the quote has no size. In units of the
    price. There is no value where all of the volumes are 0. It does not begin anew with a day: when
    a market opens is not known here. Warm-up: `period` quotes. Source: S. Berkowitz, D. Logue and
    E. Noser, The Total Cost of Transactions on the NYSE, Journal of Finance 43 (1988), over a
    window of quotes in place of a day.
    """

    KIND = "vwap"
    SETTINGS = (Setting("period", 20),)
    FIELDS = ("vwap",)
    NEEDS = 'quotes with "sid", "quote", and "volume" or "size"'

    def __init__(self, period: int) -> None:
        super().__init__(period)
        self.period = self.warm_up = int(period)

    def update(self, quote: Mapping[str, Any]) -> float | None:
        """Take a price and its volume in, and return the value of their instrument.

        :return: None while warming up, and where all of the volumes are 0.
        :raises QuoteFieldError: if the quote lacks one of them, or the volume is negative; nothing
            has changed then.
        """
        price = self._number(quote, "quote")
        field = "volume" if quote.get("size") is None else "size"
        volume = self._number(quote, field)
        if volume < 0:
            raise QuoteFieldError(
                field,
                f'{self.name}: "{field}" of {quote.get("sid")} is {volume:.12g}, which is below 0',
            )
        if "sid" not in quote:
            raise self._lack(quote, "sid")
        return self._of(quote["sid"]).add((price, volume))

    def _new(self) -> VwapSeries:
        return VwapSeries(self.period)


class VwapSeries:
    """The volume-weighted mean of one instrument's last prices."""

    __slots__ = ("_amounts", "_volumes")

    def __init__(self, period: int) -> None:
        self._amounts, self._volumes = WindowSum(period), WindowSum(period)

    def add(self, trade: tuple[float, float]) -> float | None:
        """Take a price and its volume in; return the mean once there are enough."""
        price, volume = trade
        amounts, volumes = self._amounts, self._volumes
        amounts.push(price * volume)
        volumes.push(volume)
        if not volumes.is_full or not volumes.total:
            return None
        return (amounts.total << volumes.bits) / (volumes.total << amounts.bits)

    def save(self) -> list[Any]:
        """Return price times volume, and the volumes, the oldest first."""
        return [self._amounts.save(), self._volumes.save()]

    def load(self, state: list[Any]) -> None:
        """Take on the state that `save` returned."""
        amounts, volumes = state
        self._amounts.load(amounts)
        self._volumes.load(volumes)
