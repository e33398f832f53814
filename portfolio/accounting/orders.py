"""Orders and fills: immutable records, fields in the contract's order (contracts/README.md)."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

Side = Literal["buy", "sell"]


class Order(NamedTuple):
    """An order, as it is placed; one that a limit refused has a quantity of 0."""

    id: str
    """`<algo>:<channel>:<id>:<n>` of the input at which it was placed; n counts from 0."""
    algo: str
    sid: str
    side: Side
    kind: Literal["market"]
    quantity: float
    """Units of the instrument."""
    price: float
    """In cash per unit, without slippage: what the quote at which it was placed offers, its ask or
    bid if it has them; at data or a command, the last quote."""
    amount: float
    """The cash that the order commits."""
    ts: str | float | None
    """The quote's own time, verbatim."""
    quote_id: str
    """The quote at which it was placed, which the algorithm may have kept; or the data or the
    command."""
    asked: float | None = None
    """The amount before a limit cut it, or a limit or a halt refused it; None where none did."""
    reason: str | None = None
    """Why it was cut or refused; None where it was not."""


class Fill(NamedTuple):
    """A fill, as it happens: the only thing that changes cash and positions."""

    id: str
    """`<algo>:<channel>:<id>:<n>` of the quote at which it filled; n counts from 0."""
    order_id: str
    algo: str
    sid: str
    side: Side
    quantity: float
    """Units of the instrument."""
    price: float
    """Cash per unit, as paid: slippage is in it."""
    amount: float
    """The cash given or received, without the fee."""
    fee: float
    """The cash charged on top: the commission."""
    ts: str | float | None
    """The time of the quote at which the order filled, verbatim."""
    quote_id: str
    """The quote at which the order filled."""


def placed(
    key: str,
    number: int,
    algo: str,
    data: Mapping[str, Any],
    sid: str,
    side: Side,
    quantity: float,
    price: float,
    amount: float,
    asked: float | None = None,
    reason: str | None = None,
) -> Order:
    """Return an order as it is placed; all orders are built here.

    :param key: `<algo>:<channel>:<id>` of the input under way.
    :param number: of the orders placed at that input before.
    :param data: the quote at which it is placed, or the data or the command.
    """
    # half the time that the class itself takes, and this is much of the time of a trade
    return tuple.__new__(
        Order,
        (
            f"{key}:{number}",
            algo,
            sid,
            side,
            "market",
            quantity,
            price,
            amount,
            data.get("ts"),
            data.get("id", ""),
            asked,
            reason,
        ),
    )


def filled(
    order: Order,
    key: str,
    number: int,
    data: Mapping[str, Any],
    quantity: float,
    price: float,
    amount: float,
    fee: float,
) -> Fill:
    """Return the fill of an order; all fills are built here.

    :param key: `<algo>:<channel>:<id>` of the quote at which it fills.
    :param number: of the fills at that quote before.
    :param data: that quote.
    """
    return tuple.__new__(
        Fill,
        (
            f"{key}:{number}",
            order.id,
            order.algo,
            order.sid,
            order.side,
            quantity,
            price,
            amount,
            fee,
            data.get("ts"),
            data.get("id", ""),
        ),
    )


Code = Literal[
    "below_one_unit", "below_minimum", "no_cash", "unfilled", "filled_in_part", "cancelled"
]


class Rejection(NamedTuple):
    """A request that led to no order, or an order that did not fill.

    An order that a limit has refused is not a rejection: it is an `Order` with a quantity of 0.
    """

    sid: str
    side: Side
    code: Code
    """`below_one_unit`: units are whole, and the amount does not pay for one. `below_minimum`: the
    amount is below `minimum_amount`. `no_cash`: the cash is spent. `unfilled`: the cash did not pay
    for a pending order, or for the costs of a sale, at its quote; or nothing was held.
    `filled_in_part`: the account paid for, or held, a part of an order that an algorithm returned.
    `cancelled`: a person or a limit stopped all buying while an order was pending."""
    reason: str
    """In words, with the numbers."""
