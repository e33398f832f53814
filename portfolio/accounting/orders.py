"""Orders and fills: immutable records, fields in the contract's order (contracts/README.md)."""

from typing import Literal, NamedTuple

Side = Literal["buy", "sell"]


class Order(NamedTuple):
    """An order, as it is placed; one that a limit refused has a quantity of 0."""

    id: str
    """`<algo>:<channel>:<quote id>:<n>`, n counting from 0 in the order placed."""
    algo: str
    sid: str
    side: Side
    kind: Literal["market"]
    quantity: float
    """Units of the instrument."""
    price: float
    """The quote that caused the order, in cash per unit."""
    amount: float
    """The cash that the order commits."""
    ts: str | float | None
    """The quote's own time, verbatim."""
    quote_id: str
    asked: float | None = None
    """The amount before a limit cut or refused it; None where none did."""
    reason: str | None = None
    """Why it was cut or refused; None where it was not."""


class Fill(NamedTuple):
    """A fill, as it happens: the only thing that changes cash and positions."""

    id: str
    """`<algo>:<channel>:<quote id>:<n>`, n counting from 0 in the order filled."""
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
    for a pending order at its quote. `filled_in_part`: the account paid for, or held, a part of an
    order that an algorithm returned. `cancelled`: a limit stopped all buying while an order was
    pending."""
    reason: str
    """In words, with the numbers."""
