"""What happens, as short lines: they fit beside the prefix of a process manager."""

from __future__ import annotations

from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from algo_service import figures
from algo_service.watch.joining import Figures
from algo_service.watch.messages import Fill, Order, Snapshot
from algo_service.watch.state import (
    Event,
    FailureEvent,
    RefusalEvent,
    SnapshotEvent,
    StopEvent,
    TradeEvent,
)

# 100 columns less what runners put before a line, such as "HH:MM:SS broker.1 | ".
WIDTH = 80
# Seconds between two lines about a portfolio that changes, and about one that does not.
_INTERVAL = 1.0
_UNCHANGED_INTERVAL = 10.0

_NAME = 16
_VERB = 6
_MIN_SID = 4


class _Subject(NamedTuple):
    verb: str
    quantity: str
    sid: str
    rest: str


class Lines:
    """Turns events into lines; `now` is in seconds."""

    def __init__(self, width: int = WIDTH):
        self._width = width
        self._name_width = 6
        # by algorithm: the time of its last line, and the last text about its portfolio
        self._shown_at: dict[str, float] = {}
        self._portfolio: dict[str, str] = {}

    def of(self, event: Event, now: float) -> list[str]:
        """Return the lines for an event; none if the last ones are too recent."""
        algo = event.algo
        match event:
            case TradeEvent(_, trade, worth):
                self._shown_at[algo] = now
                cut = isinstance(trade, Order) and trade.reason
                return [
                    *self._with_figures(algo, _trade(trade), worth),
                    *([self._line(algo, "cut", cut)] if cut else []),
                ]
            case RefusalEvent(_, order):
                text = f"{order.side} of {order.sid} at {figures.price(order.price)}"
                return [self._line(algo, "no", f"{text}: {order.reason}")]
            case FailureEvent(_, failure):
                return [self._line(algo, "error", failure.reason)]
            case StopEvent(_, reason):
                return [self._line(algo, "stop", reason or "over: it may buy again")]
            case SnapshotEvent(_, snapshot):
                return self._changed(algo, snapshot, now)
            case _:
                text = f"seq {event.seq:.0f} after {event.seen:.0f}: an older portfolio is ignored"
                return [self._line(algo, "error", text)]

    def notice(self, text: str) -> str:
        """Return a sentence as a line."""
        return fit(text, self._width)

    def _changed(self, algo: str, snapshot: Snapshot, now: float) -> list[str]:
        since = now - self._shown_at.get(algo, float("-inf"))
        if since < _INTERVAL:
            return []
        lines = self._with_figures(
            algo, _holding(snapshot), Figures(snapshot.equity, snapshot.profit)
        )
        text = "\n".join(lines)
        if text == self._portfolio.get(algo) and since < _UNCHANGED_INTERVAL:
            return []
        self._shown_at[algo], self._portfolio[algo] = now, text
        return lines

    def _with_figures(self, algo: str, what: _Subject, worth: Figures | None) -> list[str]:
        name = self._name(algo)
        padded = f"{name}  {what.verb:<{_VERB}}{what.quantity:>9} "
        if worth is None or worth.equity is None:
            return [self._fitted(padded, what, "")]
        room = self._width - len(_figures(worth, 10, 9)) - 3
        if cell_len(padded) + cell_len(what.sid) + cell_len(what.rest) <= room:
            left = set_cell_size(f"{padded}{what.sid}{what.rest}", room)
            return [f"{left}   {_figures(worth, 10, 9)}"]
        # first the columns give way, then the instrument, and numbers never
        dense = f"{name}  {what.verb} {what.quantity} "
        right = f"  {_figures(worth, 0, 0)}"
        if cell_len(dense) + _MIN_SID + cell_len(what.rest) + len(right) <= self._width:
            return [self._fitted(dense, what, right)]
        return [self._fitted(dense, what, ""), self._line(algo, "", right)]

    def _fitted(self, head: str, what: _Subject, right: str) -> str:
        room = self._width - cell_len(head) - cell_len(what.rest) - len(right)
        return fit(f"{head}{fit(what.sid, max(room, _MIN_SID))}{what.rest}{right}", self._width)

    def _line(self, algo: str, verb: str, text: str) -> str:
        return fit(f"{self._name(algo)}  {verb:<{_VERB}} {text}", self._width)

    def _name(self, algo: str) -> str:
        name = fit(algo, _NAME)
        self._name_width = max(self._name_width, cell_len(name))
        return set_cell_size(name, self._name_width)


def fit(text: str, width: int) -> str:
    """Return a text of at most `width` columns, with an ellipsis where it is longer."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…"


_FLAT = _Subject("flat", "", "", "")


def _trade(trade: Order | Fill) -> _Subject:
    verb = trade.side
    if isinstance(trade, Fill):
        verb = {"buy": "bought", "sell": "sold"}.get(verb, verb)
    rest = f" at {figures.price(trade.price)}"
    return _Subject(verb, figures.quantity(trade.quantity), trade.sid, rest)


def _holding(snapshot: Snapshot) -> _Subject:
    if snapshot.equity is None:
        return _Subject("", "", "no portfolio yet", "")
    if not snapshot.positions:
        last = snapshot.last
        return _Subject("flat", "", last.sid, f" at {figures.price(last.price)}") if last else _FLAT
    first, *others = snapshot.positions
    rest = f" at {figures.price(first.price)}" + (f" +{len(others)}" if others else "")
    return _Subject("holds", figures.quantity(first.quantity), first.sid, rest)


def _figures(worth: Figures, equity_width: int, profit_width: int) -> str:
    equity, profit = worth
    assert equity is not None
    text = f"equity {figures.money(equity, equity):>{equity_width}}"
    if profit is None:
        return text
    return f"{text}  profit {figures.money(profit, equity):>{profit_width}}"
