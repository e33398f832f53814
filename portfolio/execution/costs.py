"""What trading costs: commission, and slippage."""

from typing import NamedTuple

from portfolio.accounting.orders import Side


class Costs(NamedTuple):
    """Charged in every fill; none by default.

    The commission of a fill is `per_order + per_share * quantity + fraction * amount`, and at
    least `minimum`. Slippage moves its price against the order, as a fraction of the quote.
    """

    fraction: float = 0.0
    """Commission, of the fill's amount."""
    per_share: float = 0.0
    """Commission, cash per unit."""
    per_order: float = 0.0
    """Commission, cash."""
    minimum: float = 0.0
    """Of the commission of one fill, cash."""
    slippage: float = 0.0
    """Fraction of the quote, below 1."""

    def slip(self, side: Side) -> float:
        """Return the price of a fill as a multiple of the quote."""
        return 1 + self.slippage if side == "buy" else 1 - self.slippage

    def fee(self, amount: float, quantity: float) -> float:
        """Return the commission of a fill, in cash."""
        charged = self.per_order + self.per_share * quantity + self.fraction * amount
        return float(max(self.minimum, charged))

    def affordable(self, cash: float, price: float) -> float:
        """Return, but for rounding, the largest amount that `cash` pays with its commission.

        :param price: at which it fills.
        """
        # amount + fee is the greater of two rising lines: solve both, take the lesser solution
        rising = (cash - self.per_order) / (1 + self.fraction + self.per_share / price)
        return max(0.0, min(rising, cash - self.minimum))


NO_COSTS = Costs()
