"""The parameters of a portfolio, and what they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from portfolio.errors import ParameterError
from portfolio.execution.costs import Costs
from portfolio.execution.paper import PaperVenue
from portfolio.parameters import Parameter
from portfolio.risk.limits import (
    Limit,
    MaxDailyLoss,
    MaxDrawdown,
    MaxOrder,
    MaxPosition,
    PriceBand,
    StaleAfter,
)
from portfolio.risk.sizing import (
    AllIn,
    EqualWeight,
    FixedCash,
    FixedFraction,
    RandomFraction,
    RandomSource,
    SeededFraction,
    Sizing,
)

STARTING_CASH = Parameter(
    "starting_cash",
    50000,  # what the bridge gives, as the article's app.js does
    "The cash that the portfolio starts with.",
    minimum=0,
    maximum=1e15,
    aliases=("cash",),
)

MINIMUM_AMOUNT = Parameter(
    "minimum_amount",
    None,
    "The smallest buy, in cash; by default a millionth of the starting cash.",
    minimum=0,
    maximum=1e15,
)

SIZING = Parameter(
    "sizing",
    "random_fraction",
    "How much to bet on a buy signal.",
    choices=("random_fraction", "fixed_fraction", "fixed_cash", "all_in", "equal_weight"),
)
FRACTION = Parameter(
    "fraction", None, "The fraction of the equity that fixed_fraction bets.", minimum=0, maximum=1
)
BET = Parameter("bet", None, "The cash that fixed_cash bets.", minimum=0, maximum=1e15)
INSTRUMENTS = Parameter(
    "instruments",
    None,
    "The number of instruments that share the equity by equal_weight; by default those that had a"
    " quote.",
    minimum=1,
    maximum=1_000_000,
    whole=True,
)

UNITS = Parameter(
    "units",
    "fractional",
    "Whether a part of a unit can be traded.",
    choices=("fractional", "whole"),
)
FILL = Parameter(
    "fill",
    "quote",
    "Where an order fills: at the quote that caused it, or the next one of its instrument.",
    choices=("quote", "next"),
)
PRICE = Parameter(
    "price",
    "auto",
    "Buys at the ask and sells at the bid, where the quote has them, and with fill=next at the open"
    " of the next bar; or always at the last price, which is the quote.",
    choices=("auto", "last"),
)

COMMISSION = Parameter(
    "commission", None, "Fraction of a fill's amount that is charged.", minimum=0, maximum=1
)
COMMISSION_PER_SHARE = Parameter(
    "commission_per_share", None, "Cash charged per unit.", minimum=0, maximum=1e9
)
COMMISSION_PER_ORDER = Parameter(
    "commission_per_order", None, "Cash charged per fill.", minimum=0, maximum=1e9
)
MINIMUM_COMMISSION = Parameter(
    "minimum_commission", None, "The least cash charged per fill.", minimum=0, maximum=1e9
)
SLIPPAGE = Parameter(
    "slippage", None, "Fraction of the quote by which a fill is worse.", minimum=0, maximum=0.5
)

MAX_ORDER = Parameter(
    "max_order",
    None,
    "Cuts a buy to this amount of cash.",
    minimum=0,
    maximum=1e15,
    aliases=("largest_order",),
)
MAX_POSITION = Parameter(
    "max_position",
    None,
    "Cuts a buy so that the position is worth at most this amount of cash.",
    minimum=0,
    maximum=1e15,
    aliases=("largest_position",),
)
MAX_DAILY_LOSS = Parameter(
    "max_daily_loss",
    None,
    "Stops buying for the day once this fraction of the equity is lost; needs ts.",
    minimum=0.0001,
    maximum=1,
    aliases=("largest_daily_loss",),
)
MAX_DRAWDOWN = Parameter(
    "max_drawdown",
    None,
    "Stops buying, until a reset, once the equity is this fraction below its peak.",
    minimum=0.0001,
    maximum=1,
    aliases=("largest_drawdown",),
)
PRICE_BAND = Parameter(
    "price_band",
    None,
    "Distrusts a quote that is further than this fraction from the last one.",
    minimum=0,
    maximum=1e9,
)
STALE_AFTER = Parameter(
    "stale_after",
    None,
    "Distrusts a quote that is this number of seconds older than the newest one; needs ts.",
    minimum=0,
    maximum=1e12,
)

_SIZING = (SIZING, FRACTION, BET, INSTRUMENTS)
_COSTS = {
    COMMISSION: "fraction",
    COMMISSION_PER_SHARE: "per_share",
    COMMISSION_PER_ORDER: "per_order",
    MINIMUM_COMMISSION: "minimum",
    SLIPPAGE: "slippage",
}
_LIMITS: dict[Parameter, Callable[[float], Limit]] = {
    MAX_ORDER: MaxOrder,
    MAX_POSITION: MaxPosition,
    MAX_DAILY_LOSS: MaxDailyLoss,
    MAX_DRAWDOWN: MaxDrawdown,
    PRICE_BAND: PriceBand,
    STALE_AFTER: StaleAfter,
}
_OTHERS = (MINIMUM_AMOUNT, UNITS, FILL, PRICE, *_COSTS, *_LIMITS)

PARAMETERS = (STARTING_CASH, *_SIZING, *_OTHERS)
"""All that `Portfolio.from_params` reads, but for `seed`."""

UNSIZED = (STARTING_CASH, *_OTHERS)
"""The same without sizing, for an algorithm that decides itself how much to buy."""


def sized(default: str) -> tuple[Parameter, ...]:
    """Return `PARAMETERS` with another default for the sizing."""
    return tuple(replace(each, default=default) if each is SIZING else each for each in PARAMETERS)


def read(params: Mapping[str, Any], random: RandomSource | None) -> dict[str, Any]:
    """Return the arguments that these parameters make for a `Portfolio`.

    :raises ParameterError: if a value is not allowed, or lacks another one.
    """
    return {**read_unsized(params), "sizing": _sizing(params, random)}


def read_unsized(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same without a sizing.

    :raises ParameterError: if a value is not allowed, or a limit has two.
    """
    costs = {field: each.read(params) for each, field in _COSTS.items()}
    limits = [(make, _one(each, params)) for each, make in _LIMITS.items()]
    return {
        "amount": STARTING_CASH.read(params),
        "venue": PaperVenue(
            UNITS.read(params),
            FILL.read(params),
            Costs(**{field: value for field, value in costs.items() if value is not None}),
            PRICE.read(params),
        ),
        "limits": [make(value) for make, value in limits if value is not None],
        "minimum_amount": MINIMUM_AMOUNT.read(params),
    }


def _one(parameter: Parameter, params: Mapping[str, Any]) -> Any:
    """Return the value of a limit, which a former name may give as well, but not another value."""
    given = [name for name in (parameter.name, *parameter.aliases) if name in params]
    for other in given[1:]:
        if params[other] != params[given[0]]:
            raise ParameterError(
                f"parameter {parameter.name} is given twice: {params[given[0]]!r:.80} and, as"
                f" {other}, {params[other]!r:.80}"
            )
    return parameter.read(params)


def _sizing(params: Mapping[str, Any], random: RandomSource | None) -> Sizing:
    name = SIZING.read(params)
    for detail, owner, is_needed in (
        (FRACTION, "fixed_fraction", True),
        (BET, "fixed_cash", True),
        (INSTRUMENTS, "equal_weight", False),
    ):
        given = detail.read(params)
        if given is None and is_needed and name == owner:
            raise ParameterError(f"sizing is {name}: give it the parameter {detail.name}, too")
        if given is not None and name != owner:
            raise ParameterError(
                f"parameter {detail.name} is {given!r}: it belongs to the sizing {owner}, and"
                f" sizing is {name}"
            )
    if name == "fixed_fraction":
        return FixedFraction(FRACTION.read(params))
    if name == "fixed_cash":
        return FixedCash(BET.read(params))
    if name == "all_in":
        return AllIn()
    if name == "equal_weight":
        return EqualWeight(INSTRUMENTS.read(params))
    if random is not None:
        return RandomFraction(random)
    return SeededFraction(params.get("seed"))
