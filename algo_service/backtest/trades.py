"""Trades: what each sale made of what was bought, and what is still held."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from typing import NamedTuple, TextIO

from portfolio import Fill, Portfolio
from portfolio.accounting.account import remainder
from portfolio.analysis.observation import Observation
from portfolio.times import instant, iso_8601_full

MAX_TRADES = 200
"""That are kept where the course is thinned, and that a report shows."""

Time = str | float | None
"""A quote's `ts`, verbatim."""


class Trade(NamedTuple):
    """A sale with its share of the purchases before it, or what is held at the end.

    Every sale is a trade, as in `portfolio.performance.Trades`: one that sells a part of a position
    takes that part of its cost and fees, by average cost. (vectorbt calls these exit trades.)
    """

    sid: str
    position: int
    """Counts the instrument's positions from 1: the sales of one, from flat to flat, share it."""
    entry_ts: Time
    """When the position was opened."""
    entry_price: float
    """Mean cash per unit of what was bought so far, as paid, without fees."""
    exit_ts: Time
    exit_price: float | None
    """Cash per unit; None where it is still held."""
    quantity: float
    """Units."""
    profit: float
    """In cash, after fees; of what is still held at its last quote."""
    gain: float
    """Profit / (share of the cost and its fees)."""
    fees: float
    """In cash: those of the sale, and the share of those of the purchases."""
    bars: int
    """Quotes of the instrument from the entry to the exit, the first one not counted."""
    status: str
    """`closed`, or `open` where it is still held."""


COLUMNS = (
    *("sid", "position", "entry_time", "entry_price", "exit_time", "exit_price"),
    *("quantity", "profit", "return", "fees", "bars", "status"),
)
"""Of data frames and CSV files: the fields of a trade, with times as times."""


class _Position:
    __slots__ = ("bars", "cost", "entry_ts", "fees", "number", "quantity")

    def __init__(self, number: int, entry_ts: Time):
        self.number, self.entry_ts = number, entry_ts
        self.quantity = self.cost = self.fees = 0.0
        self.bars = 0


class RoundTrips:
    """Watches a portfolio, and makes trades of its fills.

    :param portfolio: before its first quote.
    :param max_trades: trades that are kept; None for all.
    :param on_trade: called with each one when it is closed.
    """

    def __init__(
        self, portfolio: Portfolio, max_trades: int | None, on_trade: Callable[[Trade], None] | None
    ):
        self._portfolio = portfolio
        self._max_trades = max_trades
        self._on_trade = on_trade
        self._held: dict[str, _Position] = {}
        self._opened: dict[str, int] = {}
        self.closed: list[Trade] = []
        """The first ones, in the order closed."""
        self.count = 0
        """Of those closed, kept or not."""

    def see(self, seen: Observation) -> None:
        """Record what came of a quote."""
        if self._held:
            held = self._held.get(seen.quote["sid"])
            if held is not None:
                held.bars += 1
        if seen.transaction.fills:
            for fill in seen.transaction.fills:
                self._take(fill)

    def _take(self, fill: Fill) -> None:
        sid = fill.sid
        held = self._held.get(sid)
        if fill.side == "buy":
            if held is None:
                number = self._opened[sid] = self._opened.get(sid, 0) + 1
                held = self._held[sid] = _Position(number, fill.ts)
            held.quantity += fill.quantity
            held.cost += fill.amount
            held.fees += fill.fee
            return
        assert held is not None, f"{fill.id} sells {sid}, which is not held"
        part = fill.quantity / held.quantity
        cost, fees = held.cost * part, held.fees * part
        self._close(
            Trade(
                sid,
                held.number,
                held.entry_ts,
                held.cost / held.quantity,
                fill.ts,
                fill.price,
                fill.quantity,
                fill.amount - fill.fee - cost - fees,
                _gain(fill.amount - fill.fee - cost - fees, cost + fees),
                fees + fill.fee,
                held.bars,
                "closed",
            )
        )
        # as the account counts it, which may have sold again at this quote
        held.quantity = remainder(held.quantity, fill.quantity)
        held.cost -= cost
        held.fees -= fees
        if not held.quantity:
            del self._held[sid]

    def _close(self, trade: Trade) -> None:
        self.count += 1
        if self._max_trades is None or len(self.closed) < self._max_trades:
            self.closed.append(trade)
        if self._on_trade:
            self._on_trade(trade)

    def open(self) -> Iterator[Trade]:
        """Yield what is held, valued at the last quotes."""
        for sid, held in self._held.items():
            profit = held.quantity * self._portfolio.prices[sid] - held.cost - held.fees
            yield Trade(
                sid,
                held.number,
                held.entry_ts,
                held.cost / held.quantity,
                None,
                None,
                held.quantity,
                profit,
                _gain(profit, held.cost + held.fees),
                held.fees,
                held.bars,
                "open",
            )


def _gain(profit: float, cost: float) -> float:
    return profit / cost if cost else 0.0


class TradeFile:
    """Writes trades as CSV, as they are closed.

    :param file: open for writing text, with `newline=""`.
    """

    def __init__(self, file: TextIO):
        self._writer = csv.writer(file)
        self._writer.writerow(("algo", *COLUMNS))

    def write(self, algo: str, trade: Trade) -> None:
        """Write a trade; times in ISO 8601, empty where there is none."""
        row = trade._replace(entry_ts=_iso(trade.entry_ts), exit_ts=_iso(trade.exit_ts))
        self._writer.writerow((algo, *row))


def _iso(ts: Time) -> str | None:
    return None if ts is None else iso_8601_full(instant(ts))
