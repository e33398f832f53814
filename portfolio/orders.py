"""Orders and fills: immutable records, fields in the contract's order (contracts/README.md)."""

from typing import Literal, NamedTuple

Side = Literal["buy", "sell"]


class Order(NamedTuple):
    """An order, as it is placed."""

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
    """Cash per unit, as paid."""
    amount: float
    """The cash given or received, without the fee."""
    fee: float
    """The cash charged on top."""
    ts: str | float | None
    """The time of the quote at which the order filled, verbatim."""
    quote_id: str
