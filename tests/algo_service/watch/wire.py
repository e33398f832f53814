"""Messages as the bridge publishes them, and a watcher without a broker."""

from __future__ import annotations

import json
from typing import Any

from algo_service.watch.lines import Lines
from algo_service.watch.messages import Kind
from algo_service.watch.state import Board

NOTHING = {
    **dict.fromkeys(["cash", "positions", "equity", "realised", "unrealised", "fees", "halt"])
}


def order(
    quote: int, side: str, quantity: float, price: float, sid: str = "GOOG", **more: Any
) -> dict[str, Any]:
    return {
        "id": f"random:quotes:{quote}:0",
        "sid": sid,
        "side": side,
        "quantity": quantity,
        "price": price,
        "quote_id": str(quote),
        **more,
    }


def fill(
    quote: int, side: str, quantity: float, price: float, sid: str = "GOOG", of: int | None = None
) -> dict[str, Any]:
    return {
        "id": f"random:quotes:{quote}:0",
        "order_id": f"random:quotes:{quote if of is None else of}:0",
        "sid": sid,
        "side": side,
        "quantity": quantity,
        "price": price,
        "amount": quantity * price,
        "fee": 0.0,
        "quote_id": str(quote),
    }


def snapshot(
    seq: int,
    cash: float,
    *positions: tuple[str, float, float],
    halt: str | None = None,
) -> dict[str, Any]:
    """A snapshot of after the quote of the number `seq`; the account began with 1,000."""
    equity = cash + sum(quantity * price for _, quantity, price in positions)
    return {
        "seq": seq,
        "quote_id": str(seq),
        "cash": cash,
        "positions": {
            sid: {"quantity": quantity, "average_cost": price, "price": price}
            for sid, quantity, price in positions
        },
        "equity": equity,
        "realised": equity - 1000,
        "unrealised": 0.0,
        "fees": 0.0,
        "halt": halt,
    }


class Watching:
    """Takes messages, and keeps the lines that they make; the time is what the test says."""

    def __init__(self) -> None:
        self.board = Board()
        self.lines: list[str] = []
        self.now = 0.0
        self._lines = Lines()

    def take(
        self, kind: Kind, message: Any, algo: str = "random", *, retained: bool = False
    ) -> Watching:
        payload = message if isinstance(message, bytes) else json.dumps(message).encode()
        self._show(self.board.take(kind, algo, payload, self.now, retained=retained))
        return self

    def at(self, now: float) -> Watching:
        self.now = now
        self._show(self.board.overdue(now))
        return self

    def _show(self, events: Any) -> None:
        for event in events:
            self.lines += self._lines.of(event, self.now)
