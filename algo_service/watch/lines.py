"""What happens, as short lines: they fit beside the prefix of a process manager."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

from algo_service import figures
from algo_service.watch.joining import Figures
from algo_service.watch.messages import Fill, Order, Snapshot
from algo_service.watch.state import Changed, Event, Failed, Halted, Refused, Traded

# 100 columns less "HH:MM:SS broker.1 | ", as honcho prints it.
WIDTH = 80
# Seconds between two lines about a portfolio that changes, and about one that does not.
_INTERVAL = 1.0
_UNCHANGED_INTERVAL = 10.0

_NAME = 16
_VERB = 6


class Lines:
    """Turns events into lines; `now` is in seconds."""

    def __init__(self, width: int = WIDTH):
        self._width = width
        self._name_width = 6
        # of each algorithm when it was told of last, and what was told of its portfolio
        self._told: dict[str, float] = {}
        self._portfolio: dict[str, str] = {}

    def of(self, event: Event, now: float) -> list[str]:
        """Return the lines that tell of an event; none where it is too early to tell again."""
        algo = event.algo
        match event:
            case Traded(_, trade, worth):
                self._told[algo] = now
                return self._with_figures(algo, _trade(trade), worth)
            case Refused(_, order):
                text = f"{order.side} of {order.sid} at {figures.price(order.price)}"
                return [self._line(algo, "no", f"{text}: {order.reason}")]
            case Failed(_, failure):
                return [self._line(algo, "error", failure.reason)]
            case Halted(_, halt):
                return [self._line(algo, "halt", halt or "over: it may buy again")]
            case Changed(_, snapshot):
                return self._changed(algo, snapshot, now)
            case _:
                text = f"seq {event.seq:.0f} after {event.seen:.0f}: an older portfolio is ignored"
                return [self._line(algo, "error", text)]

    def notice(self, text: str) -> str:
        """Return a sentence as a line."""
        return fit(text, self._width)

    def _changed(self, algo: str, snapshot: Snapshot, now: float) -> list[str]:
        since = now - self._told.get(algo, float("-inf"))
        if since < _INTERVAL:
            return []
        lines = self._with_figures(
            algo, _holding(snapshot), Figures(snapshot.equity, snapshot.profit)
        )
        text = "\n".join(lines)
        if text == self._portfolio.get(algo) and since < _UNCHANGED_INTERVAL:
            return []
        self._told[algo], self._portfolio[algo] = now, text
        return lines

    def _with_figures(
        self, algo: str, parts: tuple[str, str, str, str], worth: Figures | None
    ) -> list[str]:
        verb, quantity, sid, rest = parts
        right = _figures(worth) if worth else ""
        room = self._width - (cell_len(right) + 3 if right else 0)
        head = f"{self._name(algo)}  {verb:<{_VERB}}{quantity:>9} "
        # numbers are never cut: the instrument gives way, then the figures get a line of their own
        sid_room = max(room - cell_len(head) - cell_len(rest), 4)
        left = f"{head}{fit(sid, sid_room)}{rest}".rstrip()
        if not right:
            return [fit(left, self._width)]
        if cell_len(left) <= room:
            return [f"{set_cell_size(left, room)}   {right}".rstrip()]
        return [fit(left, self._width), self._line(algo, "", right)]

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


def _trade(trade: Order | Fill) -> tuple[str, str, str, str]:
    verb, rest = trade.side, f" at {figures.price(trade.price)}"
    if isinstance(trade, Fill):
        verb = {"buy": "bought", "sell": "sold"}.get(verb, verb)
    elif trade.reason:
        rest += " (cut)"
    return verb, figures.quantity(trade.quantity), trade.sid, rest


def _holding(snapshot: Snapshot) -> tuple[str, str, str, str]:
    if snapshot.equity is None:
        return "", "", "no portfolio yet", ""
    if not snapshot.positions:
        return "flat", "", "", ""
    first, *others = snapshot.positions
    rest = f" at {figures.price(first.price)}" + (f" +{len(others)}" if others else "")
    return "holds", figures.quantity(first.quantity), first.sid, rest


def _figures(worth: Figures) -> str:
    equity, profit = worth
    if equity is None:
        return ""
    text = f"equity {figures.money(equity, equity):>10}"
    return text if profit is None else f"{text}  profit {figures.money(profit, equity):>9}"
