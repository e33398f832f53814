"""An auditor of random runs, who knows the rules by himself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from portfolio import Fill, Order, Portfolio, fold
from tests.portfolio.random_runs import DATA, DAY, Step, act, begin_other, carry_out


class Auditor:
    """Watches a portfolio, and asserts after every action that its books are right.

    It keeps books of its own: the last prices, the orders that wait, and what each limit allows.
    """

    def __init__(self, params: Mapping[str, Any]):
        self.params = params
        self.cash = float(params["starting_cash"])
        self.minimum = params.get("minimum_amount", self.cash / 1e6)
        self.portfolio = Portfolio.from_params(params)
        self.portfolio.keep_times()
        self.is_whole = params.get("units") == "whole"
        self.waits = params.get("fill") == "next"
        self.is_auto = params.get("price") != "last"
        self.at_open: set[str] = set()
        self.prices: dict[str, float] = {}
        self.far: dict[str, float] = {}
        self.orders: dict[str, Order] = {}
        self.waiting: dict[str, Order] = {}
        self.fills: list[Fill] = []
        self.filled: set[str] = set()
        self.newest = -math.inf
        self.day = -math.inf
        self.opening = self.peak = self.cash
        self.is_lost = self.is_down = self.is_stopped = self.is_halted = False

    def play(self, data: Mapping[str, Any], step: Step) -> None:
        """Play one step."""
        for kind in step.others:
            self._play_other(kind, data, step)
        before = self.portfolio.equity
        is_trusted = self._is_trusted(data)
        if is_trusted:  # nothing is valued by a quote that is not
            self.prices[data["sid"]] = data["quote"]
        # losses are those at the new price, before anything fills at it
        self._watch_losses(before, self._equity(), data)
        self.portfolio.begin("algo", data)
        self._check_halt()
        cancelled = 0
        if self.portfolio.halt:
            sales = {k: order for k, order in self.waiting.items() if order.side == "sell"}
            cancelled, self.waiting = len(self.waiting) - len(sales), sales
        due = set()
        if is_trusted and self._offered("buy", data) is not None:
            due = {key for key, order in self.waiting.items() if order.sid == data["sid"]}
            self.waiting = {key: self.waiting[key] for key in self.waiting if key not in due}
        assert self.portfolio.orders == []
        filled = {fill.order_id for fill in self.portfolio.fills}
        assert filled <= due
        codes = [each.code for each in self.portfolio.rejections]
        assert codes == ["cancelled"] * cancelled + ["unfilled"] * len(due - filled)
        assert {order.id for order in self.portfolio.pending} == set(self.waiting)
        self._check_fills(data, 0)
        self._check_books()
        self._act(data, step, is_trusted)

    def _play_other(self, kind: str, quote: Mapping[str, Any], step: Step) -> None:
        """Play an input before the step's quote: it changes no price, and nothing fills at it."""
        portfolio = self.portfolio
        equity, prices = portfolio.equity, dict(portfolio.prices)
        data = begin_other(portfolio, kind, quote)
        assert (portfolio.orders, portfolio.fills, portfolio.rejections) == ([], [], [])
        if kind in DATA:
            data = {**data, "quote": self.prices.get(data["sid"]), "ts": None}
            self._act(data, step, is_trusted=True)
        else:
            carry_out(portfolio, kind, "anna")
            self._follow(kind, data)
        assert (portfolio.equity, portfolio.prices, portfolio.fills) == (equity, prices, [])
        assert {order.id for order in portfolio.pending} == set(self.waiting)
        self._check_halt()
        self._check_books()

    def _follow(self, command: str, data: Mapping[str, Any]) -> None:
        """Do what a command asks for in the auditor's own books."""
        if command == "reset":
            self.opening = self.peak = self.portfolio.equity
            self.is_lost = self.is_down = self.is_stopped = False
        elif command == "resume":
            self.is_halted = False
        else:
            sales = {k: order for k, order in self.waiting.items() if order.side == "sell"}
            codes = [each.code for each in self.portfolio.rejections]
            assert codes == ["cancelled"] * (len(self.waiting) - len(sales))
            self.is_halted, self.waiting = True, sales
        for order in self.portfolio.orders:
            assert (command, order.side) == ("flatten", "sell")
            priced = {**data, "sid": order.sid, "quote": self.prices[order.sid], "ts": None}
            self._check_order(order, priced, is_trusted=True)
        if command == "flatten":
            for sid, held in self.portfolio.positions.items():
                left = held.quantity
                for order in self.waiting.values():
                    left -= order.quantity if order.sid == sid else 0
                assert left * self.prices[sid] == 0

    def _act(self, data: Mapping[str, Any], step: Step, is_trusted: bool) -> None:
        for action in step.actions:
            orders, fills = len(self.portfolio.orders), len(self.portfolio.fills)
            rejected = len(self.portfolio.rejections)
            is_done = act(self.portfolio, data, action)
            if is_done and action.kind == "buy" and action.size:
                # whatever kept it from trading is told
                told = len(self.portfolio.orders) + len(self.portfolio.rejections)
                assert told > orders + rejected
            for order in self.portfolio.orders[orders:]:
                self._check_order(order, data, is_trusted)
            self._check_fills(data, fills)
            self._check_books()
            for order in self.portfolio.orders[orders:]:
                self._check_position(order)

    def _is_trusted(self, data: Mapping[str, Any]) -> bool:
        sid, price = data["sid"], data["quote"]
        # a quote too far from the last one is what the next one is measured against
        last = self.far.pop(sid, self.prices.get(sid))
        is_near = (
            last is None or abs(price - last) <= self.params.get("price_band", math.inf) * last
        )
        if not is_near:
            self.far[sid] = price
        self.newest = max(self.newest, _seconds(data))
        is_fresh = self.newest - _seconds(data) <= self.params.get("stale_after", math.inf)
        return is_near and is_fresh

    def _watch_losses(self, before: float, after: float, data: Mapping[str, Any]) -> None:
        if (day := _seconds(data) // DAY) > self.day:
            self.day, self.opening, self.is_lost = day, before, False
        self.peak = max(self.peak, after)
        for name, top in (("max_daily_loss", self.opening), ("max_drawdown", self.peak)):
            if name in self.params and top > after and after <= top * (1 - self.params[name]):
                self.is_lost |= name == "max_daily_loss"
                self.is_down |= name == "max_drawdown"

    def _check_halt(self) -> None:
        halt, stop = self.portfolio.halt, self.portfolio.limit_stop
        assert bool(stop) == (self.is_lost or self.is_down)
        assert stop or not self.is_stopped
        self.is_stopped = bool(stop) and stop.startswith("max_drawdown")
        assert bool(self.portfolio.halted) == self.is_halted
        assert bool(halt) == bool(stop or self.is_halted)
        assert (stop or "") in (halt or "")

    def _equity(self) -> float:
        held = self.portfolio.positions.items()
        values = [position.quantity * self.prices[sid] for sid, position in held]
        return math.fsum([self.portfolio.cash, *values])

    def _check_order(self, order: Order, data: Mapping[str, Any], is_trusted: bool) -> None:
        assert order.id not in self.orders
        self.orders[order.id] = order
        offered = self._offered(order.side, data)
        assert (order.sid, order.ts) == (data["sid"], data["ts"])
        assert order.price == (data["quote"] if offered is None else offered)
        assert (order.reason is None) == (order.asked is None)
        assert order.quantity >= 0
        if self.is_whole:
            assert order.quantity.is_integer()
        if not order.quantity:
            assert order.reason
            assert order.amount == 0 < order.asked
            return
        value = order.quantity * order.price
        assert math.isclose(order.amount, value, rel_tol=1e-12, abs_tol=1e-300)
        assert is_trusted
        assert offered is not None
        if order.side == "buy":
            assert not self.portfolio.halt
            assert order.amount >= self.minimum
            assert order.amount <= self.params.get("max_order", math.inf)
            assert order.asked is None or order.amount < order.asked
        else:
            assert order.reason is None
        if self.waits or data["channel"] != "quotes":
            self.waiting[order.id] = order
            if self.waits and self.is_auto and self._open(data):
                self.at_open.add(order.id)

    def _check_position(self, order: Order) -> None:
        """Assert that a buy makes no position too large, and that the cash pays all that wait."""
        if order.side == "buy" and order.quantity:
            held = self.portfolio.quantity(order.sid)
            bought = 0.0
            for other in {**self.waiting, order.id: order}.values():
                if other.sid == order.sid:
                    bought += other.amount if other.side == "buy" else 0
                    held -= other.quantity if other.side == "sell" else 0
            if order.id in self.filled:
                held -= order.quantity
            most = self.params.get("max_position", math.inf)
            # near the smallest doubles, a relative tolerance is none
            assert held * self.prices[order.sid] + bought <= most * (1 + 1e-12) + 1e-300
            buys = [other for other in self.waiting.values() if other.side == "buy"]
            bills = math.fsum(self._bill(each.quantity, each.price) for each in buys)
            assert bills <= self.portfolio.cash * (1 + 1e-12)

    def _offered(self, side: str, data: Mapping[str, Any]) -> float | None:
        """Return what a quote offers to a side; None if it offers nothing."""
        last: float = data["quote"]
        bid, ask = data.get("bid"), data.get("ask")
        if not self.is_auto or data["channel"] != "quotes" or bid is ask is None:
            return last
        bid, ask = None if bid is None else float(bid), None if ask is None else float(ask)
        if ask == 0 or (bid and ask and bid > ask):
            return None
        if side == "buy":
            return ask or max(last, bid or 0)
        return bid or min(last, ask or math.inf)

    def _open(self, data: Mapping[str, Any]) -> float | None:
        first = data.get("open")
        return first if first and data["low"] <= first <= data["high"] else None

    def _expected(self, order: Order, data: Mapping[str, Any]) -> float:
        """Return the price at which an order fills at a quote, without slippage."""
        has_sides = "bid" in data or "ask" in data
        first = self._open(data) if order.id in self.at_open and not has_sides else None
        offered = first or self._offered(order.side, data)
        assert offered is not None
        return offered

    def _price(self, side: str, quote: float) -> float:
        slippage = self.params.get("slippage", 0)
        return quote * (1 + slippage if side == "buy" else 1 - slippage)

    def _fee(self, quantity: float, amount: float) -> float:
        charged = self.params.get("commission_per_order", 0)
        charged += self.params.get("commission_per_share", 0) * quantity
        charged += self.params.get("commission", 0) * amount
        return max(self.params.get("minimum_commission", 0), charged)

    def _bill(self, quantity: float, quote: float) -> float:
        amount = quantity * self._price("buy", quote)
        return amount + self._fee(quantity, amount)

    def _check_fills(self, data: Mapping[str, Any], first: int) -> None:
        """Assert that the fills are right, and take them into the books."""
        for fill in self.portfolio.fills[first:]:
            assert fill.order_id not in self.filled
            self.filled.add(fill.order_id)
            self.fills.append(fill)
            order = self.orders[fill.order_id]
            assert (fill.sid, fill.side, fill.algo) == (order.sid, order.side, order.algo)
            assert 0 < fill.quantity <= order.quantity
            assert order.side == "buy" or fill.quantity == order.quantity
            assert (fill.sid, fill.quote_id, fill.ts) == (data["sid"], data["id"], data["ts"])
            has_waited = self.waits or not order.id.startswith("algo:quotes:")
            assert (fill.quote_id != order.quote_id) == has_waited
            price = self._price(fill.side, self._expected(order, data))
            amount = fill.quantity * price
            fee = self._fee(fill.quantity, amount)
            assert math.isclose(fill.price, price, rel_tol=1e-12)
            assert math.isclose(fill.amount, amount, rel_tol=1e-12, abs_tol=1e-300)
            assert math.isclose(fill.fee, fee, rel_tol=1e-12, abs_tol=1e-300)
            if self.is_whole:
                assert fill.quantity.is_integer()
        assert len({fill.id for fill in self.fills}) == len(self.fills)

    def _check_books(self) -> None:
        portfolio = self.portfolio
        held = {sid: each.quantity for sid, each in portfolio.positions.items()}
        assert portfolio.cash >= 0
        assert all(quantity > 0 for quantity in held.values())
        if self.is_whole:
            assert all(quantity.is_integer() for quantity in held.values())
        values = [quantity * self.prices[sid] for sid, quantity in held.items()]
        assert portfolio.equity == self._equity()
        assert portfolio.exposure == math.fsum(values)
        made = self.cash + portfolio.realised + portfolio.unrealised - portfolio.fees
        moved = self.cash + portfolio.exposure + math.fsum(fill.amount for fill in self.fills)
        # relative to what was moved: an equity near 0 is the difference of larger numbers
        assert math.isclose(made, portfolio.equity, rel_tol=1e-9, abs_tol=1e-12 * moved)
        folded = fold(self.cash, self.fills)
        assert (folded.cash, folded.positions) == (portfolio.cash, portfolio.positions)
        assert (folded.realised, folded.fees) == (portfolio.realised, portfolio.fees)


def _seconds(data: Mapping[str, Any]) -> float:
    ts = data["ts"]
    return ts / 1000 if isinstance(ts, float) else datetime.fromisoformat(ts).timestamp()
