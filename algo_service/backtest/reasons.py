"""Why an algorithm did not trade: counts what prevented orders and fills."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from algo_service.engine.failures import quotes
from portfolio import Order, Rejection

NOT_FILLED = ("unfilled", "cancelled")
"""Codes of rejections of an order that was placed, and did not fill."""
IN_PART = "filled_in_part"
"""That of an order of which a part has filled; the other codes gave no order."""


@dataclass
class Tally:
    """How often something happened, and why it did at first."""

    reason: str
    count: int = 0


@dataclass
class Reasons:
    """Counts orders and rejections, in bounded memory."""

    orders: int = 0
    """Orders placed, without those that a limit refused."""
    rejected: dict[tuple[str, str], Tally] = field(default_factory=dict)
    """By code of the rejection and side."""
    refused: dict[tuple[str, str], Tally] = field(default_factory=dict)
    """Orders that a limit refused, by limit and side."""
    cut: dict[tuple[str, str], Tally] = field(default_factory=dict)
    """Orders that a limit cut, likewise."""
    pending: tuple[Order, ...] = ()
    """Orders that still wait for their next quote."""

    def add(self, orders: Iterable[Order], rejections: Iterable[Rejection]) -> None:
        """Count what a quote has led to."""
        for order in orders:
            self.orders += bool(order.quantity)
            if order.reason is not None:
                limit = order.reason.partition(":")[0]
                counted = self.cut if order.quantity else self.refused
                _count(counted, (limit, order.side), order.reason)
        for each in rejections:
            _count(self.rejected, (each.code, each.side), each.reason)

    @property
    def not_placed(self) -> int:
        """Buys and sales that led to no order, without those that a limit refused."""
        placed = (*NOT_FILLED, IN_PART)
        return sum(t.count for (code, _), t in self.rejected.items() if code not in placed)

    @property
    def not_filled(self) -> int:
        """Orders that did not fill, or still wait."""
        lost = sum(t.count for (code, _), t in self.rejected.items() if code in NOT_FILLED)
        return lost + len(self.pending)

    def counts(self) -> dict[str, int]:
        """Return how many orders came to what, by the names of figures."""
        return {
            "orders": self.orders,
            "refused": sum(tally.count for tally in self.refused.values()),
            "cut": sum(tally.count for tally in self.cut.values()),
            "not_placed": self.not_placed,
            "not_filled": self.not_filled,
        }

    def by_code(self) -> dict[str, Tally]:
        """Return the rejections of both sides together, by their code."""
        found: dict[str, Tally] = {}
        for (code, _side), tally in self.rejected.items():
            found.setdefault(code, Tally(tally.reason)).count += tally.count
        return found

    def lines(self, seen: int) -> Iterator[str]:
        """Yield a sentence for each reason.

        :param seen: how many quotes were decided on.
        """
        for (code, side), tally in self.rejected.items():
            if code in NOT_FILLED:
                yield f"{_orders(tally.count)} never filled: {_reason(tally)}"
            elif code == IN_PART:
                yield f"{_orders(tally.count)} filled in part: {_reason(tally)}"
            else:
                yield f"no order: {_sides(tally.count, side)}, {_reason(tally)}"
        for done, counted in (("refused", self.refused), ("cut", self.cut)):
            for (_limit, side), tally in counted.items():
                yield f"{done} by a limit: {_sides(tally.count, side)}, {_reason(tally)}"
        if self.pending:
            sids = sorted({order.sid for order in self.pending})
            shown = ", ".join(sids[:5]) + (f" and {len(sids) - 5:,} more" if len(sids) > 5 else "")
            yield f"{_orders(len(self.pending))} never filled: no later quote of {shown} came"
        if not (self.orders or self.rejected or self.refused):
            yield f"no order: the algorithm asked for none at any of {quotes(seen)}"


def _count(tallies: dict[tuple[str, str], Tally], key: tuple[str, str], reason: str) -> None:
    tallies.setdefault(key, Tally(reason)).count += 1


def _reason(tally: Tally) -> str:
    return tally.reason if tally.count == 1 else f"{tally.reason}, and so on"


def _orders(count: int) -> str:
    return f"{count:,} order{'' if count == 1 else 's'}"


def _sides(count: int, side: str) -> str:
    plural = {"buy": "buys", "sell": "sales"}[side]
    return f"{count:,} {plural if count != 1 else plural.removesuffix('s')}"
