"""What is particular about an exchange: how its trades are counted, and asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Dialect(NamedTuple):
    """How ccxt is told to speak with an exchange."""

    is_numbered: bool = False
    """Whether the ids of an instrument's trades are consecutive numbers."""
    options: Mapping[str, Any] = {}
    """Of ccxt."""
    watch: Mapping[str, Any] = {}
    """Parameters of a subscription to trades."""
    history: Mapping[str, Any] = {}
    """Parameters of a question for trades of the past."""
    from_number: str = ""
    """The parameter of the first number that is asked for."""


# The aggregate trades: what one order has traded at one price. Their history needs no key, reaches
# back to the beginning, and costs a hundredth of that of the single ones.
_AGGREGATE = Dialect(
    is_numbered=True,
    # where keys are configured, ccxt would ask private pages for the other two, too
    options={
        "fetchMarkets": {"types": ["spot"]},
        "fetchCurrencies": False,
        "fetchMargins": False,
    },
    watch={"name": "aggTrade"},
    history={"fetchTradesMethod": "publicGetAggTrades"},
    from_number="fromId",
)

_DIALECTS = {"binance": _AGGREGATE, "binanceus": _AGGREGATE}


def dialect_of(exchange: str) -> Dialect:
    """Return that of an exchange, by its name in ccxt."""
    return _DIALECTS.get(exchange, Dialect())
