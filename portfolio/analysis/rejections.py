"""The reasons of rejections."""

from __future__ import annotations

from portfolio.accounting.orders import Order, Rejection
from portfolio.execution.terms import Lot


def of_buy(
    sid: str,
    price: float,
    amount: float,
    lot: Lot,
    cash: float,
    minimum: float,
    unit_cost: float | None,
) -> Rejection | None:
    """Return why a buy that was asked for leads to no order; None if nothing was asked for.

    :param amount: that was asked for, in cash.
    :param lot: what it was cut to.
    :param cash: that is left.
    :param minimum: the smallest buy, in cash.
    :param unit_cost: of one unit with its costs, where units are whole.
    """
    is_spent = cash <= 0 or cash < minimum
    if amount < 0 or (not amount and not is_spent):
        return None
    if is_spent:
        found = f"{cash:.10g} of cash is left" if cash > 0 else "no cash is left"
        return Rejection(sid, "buy", "no_cash", found)
    if unit_cost is not None and not lot.quantity:
        found = (
            f"one unit costs {unit_cost:.10g} and {cash:.10g} of cash is left"
            if cash < unit_cost
            else f"one unit costs {price:.10g} and {amount:.10g} was to be spent"
        )
        return Rejection(sid, "buy", "below_one_unit", found)
    if lot.amount > 0 or amount < minimum:
        spent = min(amount, lot.amount) or amount
        return Rejection(
            sid,
            "buy",
            "below_minimum",
            f"a buy for {spent:.6g} is below the minimum_amount of {minimum:.6g}",
        )
    return Rejection(
        sid, "buy", "no_cash", f"{cash:.10g} of cash is left, which the costs of an order take up"
    )


def of_pending(order: Order, price: float, cash: float) -> Rejection:
    """Return why an order that waited did not fill at its quote.

    :param cash: that is left.
    """
    found = f"{cash:.10g} of cash" if cash > 0 else "no cash"
    if order.side == "sell":
        reason = f"at {price:.10g} it brings less than its costs, and {found} is left for them"
    elif cash > 0:
        reason = f"at {price:.10g} the {found} that is left does not pay for it"
    else:
        reason = "no cash is left to pay for it"
    return Rejection(order.sid, order.side, "unfilled", reason)
