"""What sizing policies and limits read of a portfolio."""

from __future__ import annotations

from typing import Protocol


class Book(Protocol):
    """The part of a portfolio that sizing policies and limits read; both leave it as it is."""

    @property
    def buying_power(self) -> float:
        """Cash that no order placed has committed yet."""
        ...

    @property
    def equity(self) -> float:
        """Cash plus the value of every position at its instrument's last quote."""
        ...

    @property
    def instruments(self) -> int:
        """The number of instruments that had a quote."""
        ...

    def value(self, sid: str) -> float:
        """Return what is held of an instrument, once all orders placed have filled, in cash."""
        ...
