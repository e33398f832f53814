"""`buy_and_hold`: buys once and waits. An example; it promises nothing, least of all profit."""

from collections.abc import Mapping
from typing import Any

from algo_service.parameters import SEED
from portfolio import EqualWeight, Portfolio, Quote, sized


class BuyAndHold:
    """Buys each instrument at the first quote that the cash pays, in equal parts, and holds.

    How many instruments will come is not known: the first one takes all the cash. When another one
    is quoted for the first time, each that is held is trimmed to the equal part at its own next
    quote, once, and the new one is bought with what that has freed. Between such arrivals nothing
    is sold, and what has been bought is not added to.

    With `instruments`, or another sizing, each is bought once for that, and nothing is ever sold.
    What every other rule is measured against: B. G. Malkiel, A Random Walk Down Wall Street (1973).
    """

    PARAMETERS = (*sized("equal_weight"), SEED)

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        """Make the portfolio."""
        self.portfolio = Portfolio.from_params(params)
        sizing = self.portfolio.sizing
        self._makes_room = isinstance(sizing, EqualWeight) and sizing.instruments is None
        # of each instrument, among how many it had its part when it was last bought or trimmed
        self._among: dict[str, int] = {}
        return ["quotes"]

    def save(self) -> dict[str, Any]:
        """Return among how many instruments each one has its part."""
        return {"among": self._among}

    def load(self, data: Mapping[str, Any]) -> None:
        """Take on the state that `save` returned."""
        self._among = dict(data.get("among", {}))

    def event(self, data: Quote) -> None:
        """Buy what is neither held nor ordered; make room for what is new."""
        sid, portfolio = data["sid"], self.portfolio
        held = portfolio.value(sid)
        if not self._makes_room:
            if not held:
                portfolio.optimize(data)
            return
        count = portfolio.instruments
        if held and self._among.get(sid) == count:
            return
        lack = portfolio.equity / count - held
        if held and (lack <= 0 or sid in self._among):
            self._trim(data, held, held + lack)
        else:
            self._buy(data, lack)

    def _trim(self, data: Quote, held: float, part: float) -> None:
        if held > part:
            self.portfolio.order_target_value(data, part)
        if all(order.quantity for order in self.portfolio.orders):  # a limit has refused none
            self._among[data["sid"]] = self.portfolio.instruments

    def _buy(self, data: Quote, lack: float) -> None:
        sid, portfolio = data["sid"], self.portfolio
        count, power = portfolio.instruments, portfolio.buying_power
        # once all the others have made room no more cash will come
        is_last = all(
            self._among.get(other) == count for other in portfolio.prices if other != sid
        ) and not any(order.side == "sell" for order in portfolio.pending)
        if not is_last and power < portfolio.minimum_amount:
            return
        portfolio.optimize(data)
        if portfolio.value(sid) and (is_last or power >= lack):
            self._among[sid] = count
