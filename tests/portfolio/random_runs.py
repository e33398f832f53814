"""Random settings, quotes, commands and orders."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from hypothesis import strategies as st

from portfolio import Portfolio

DAY = 86_400.0
"""Seconds."""

SIZINGS = {
    "random_fraction": st.fixed_dictionaries({"seed": st.integers(0, 9)}),
    "fixed_fraction": st.fixed_dictionaries({"fraction": st.floats(0, 1)}),
    "fixed_cash": st.fixed_dictionaries({"bet": st.floats(0, 2e4)}),
    "all_in": st.just({}),
    "equal_weight": st.fixed_dictionaries({}, optional={"instruments": st.integers(1, 5)}),
}
COSTS = {
    "commission": st.floats(0, 0.05) | st.just(1),
    "commission_per_share": st.sampled_from([0, 0.005, 1, 100]),
    "commission_per_order": st.floats(0, 100),
    "minimum_commission": st.floats(0, 100),
    "slippage": st.floats(0, 0.5),
}
LIMITS = {
    "max_order": st.floats(0, 1e4),
    "max_position": st.floats(0, 1e4),
    "max_daily_loss": st.floats(0.0001, 0.5),
    "max_drawdown": st.floats(0.0001, 0.5),
    "price_band": st.floats(0, 0.6),
    "stale_after": st.sampled_from([0, 60, DAY]),
}
OTHERS = st.fixed_dictionaries(
    {"starting_cash": st.floats(0, 1e6) | st.just(10000)},
    optional={
        "units": st.sampled_from(["whole", "fractional"]),
        "fill": st.sampled_from(["next", "quote"]),
        "price": st.sampled_from(["last", "auto"]),
        "minimum_amount": st.sampled_from([0, 0.01, 500.0]),
    },
)


class Action(NamedTuple):
    """What an algorithm does at a quote."""

    kind: str
    size: float


class Step(NamedTuple):
    """A quote, by what is different from the one before, and what is done before it and at it."""

    sid: str
    factor: float
    seconds: float
    actions: list[Action]
    others: list[str]
    """The inputs before it that are no quotes: commands, and data at which the same is done."""
    sides: str
    """Which further prices the quote has: a key of `SIDES`."""
    spread: float
    """How far these are from the quote, as a fraction of it."""


SIDES: dict[str, Callable[[float, float], dict[str, Any]]] = {
    "none": lambda price, spread: {},
    "both": lambda price, spread: {"bid": price * (1 - spread), "ask": price * (1 + spread)},
    "above": lambda price, spread: {"bid": price * (1 + spread), "ask": price * (1 + 2 * spread)},
    "bid": lambda price, spread: {"bid": price * (1 - spread), "ask": None},
    "high bid": lambda price, spread: {"bid": price * (1 + spread)},
    "ask": lambda price, spread: {"ask": str(price * (1 + spread))},
    "low ask": lambda price, spread: {"ask": price * (1 - spread)},
    "crossed": lambda price, spread: {"bid": price * 1.01, "ask": price * 0.99},
    "invalid": lambda price, spread: {"bid": price, "ask": 0},
    "bar": lambda price, spread: {
        "open": price * (1 + spread), "high": price * 1.2, "low": price / 1.2, "close": price,
    },
    "bar with sides": lambda price, spread: {
        "open": price, "high": price * 1.2, "low": price / 1.2, "bid": price * (1 - spread),
    },
    "no bar": lambda price, spread: {"open": price * 2, "high": price * 1.2, "low": price / 1.2},
}  # fmt: skip
"""What a quote has beside its price, made of the price and a spread."""

OTHER_INPUTS = ["halt", "resume", "reset", "flatten", "data", "bar"]
DATA = ("data", "bar")
"""Those at which the algorithm acts. A bar is made of quotes that the account has had, or there is
data in its place."""
KINDS = ["buy", "optimize", "sell", "sell part", "order_target_value"]
PRICES = {"GOOG": 345.0, "AAPL": 0.0002, "日経": 38_000_000.0}
ACTIONS = st.lists(st.builds(Action, st.sampled_from(KINDS), st.floats(0, 1)), max_size=3)
STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(sorted(PRICES)),
        st.floats(0.5, 2) | st.sampled_from([1.0, 1e-4, 20.0]),
        st.sampled_from([0, 1, 60, 3600, DAY, 3 * DAY, -1, -3600, -2 * DAY]),
        ACTIONS,
        st.lists(st.sampled_from(OTHER_INPUTS), max_size=2, unique=True),
        st.sampled_from([*SIDES, *["bar"] * len(SIDES)]),  # only two bars in a row fill at an open
        st.floats(0, 0.1),
    ),
    min_size=12,
    max_size=24,
)


@st.composite
def settings(draw: st.DrawFn, limits: tuple[str, ...] | None = None) -> dict[str, Any]:
    """Draw the parameters of a portfolio, with these limits, or with any."""
    sizing = draw(st.sampled_from(sorted(SIZINGS)))
    some = dict.fromkeys(draw(st.sets(st.sampled_from(sorted(COSTS)))), None)
    names = draw(st.sets(st.sampled_from(sorted(LIMITS)))) if limits is None else limits
    return {
        "seed": 1,
        "sizing": sizing,
        **draw(SIZINGS[sizing]),
        **draw(OTHERS),
        **{name: draw(COSTS[name]) for name in sorted(some)},
        **{name: draw(LIMITS[name]) for name in sorted(names)},
    }


def quotes(steps: list[Step]) -> list[dict[str, Any]]:
    """Return the quotes of a run; every other time is told as text."""
    made, time = [], 1_362_096_000.0
    for number, step in enumerate(steps):
        time += step.seconds
        text = datetime.fromtimestamp(time, UTC).isoformat()
        price = PRICES[step.sid] * step.factor
        made.append(
            {
                "sid": step.sid,
                "quote": price,
                "id": str(number),
                "channel": "quotes",
                "ts": text if number % 2 else time * 1000,
                **SIDES[step.sides](price, step.spread),
            }
        )
    return made


def act(portfolio: Portfolio, data: Mapping[str, Any], action: Action) -> bool:
    """Have a portfolio do something; return whether it was not refused as a mistake."""
    held = portfolio.quantity(data["sid"])
    part = held * action.size
    if held.is_integer() and part >= 1:
        part = float(math.floor(part))
    try:
        if action.kind == "buy":
            portfolio.buy(data, 20_000 * action.size)
        elif action.kind == "optimize":
            portfolio.optimize(data)
        elif action.kind == "sell":
            portfolio.sell(data)
        elif action.kind == "sell part":
            portfolio.sell(data, part)
        else:
            portfolio.order_target_value(data, 5_000 * action.size)
    except ValueError as error:
        mistake = "cannot sell " if action.kind == "sell part" else "at most 1e+15 units"
        if mistake not in str(error) and "has no price: no trusted quote of it" not in str(error):
            raise
        return False
    return True


def begin_other(portfolio: Portfolio, kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Have a portfolio take in an input that comes before a quote; return it.

    :param data: the quote.
    """
    name = f"{data['id']}-{kind}"
    channel = "data/other" if kind in DATA else "commands/algo"
    other = {"sid": data["sid"], "id": name, "channel": channel}
    if kind == "bar":
        other |= {"quote": data["quote"] * 3, "of": ["quotes", "before", "1990-01-01"]}
        if portfolio.transaction.has_had(other):
            assert not portfolio.begin_derived("algo", other)
            return other
        del other["quote"], other["of"]
    portfolio.begin_other("algo", channel, name)
    return other


def carry_out(portfolio: Portfolio, kind: str, by: str) -> None:
    """Carry out a command, as the engine does."""
    if kind in ("halt", "flatten"):
        portfolio.halt_buying(kind, by, f"{by} {kind}")
    if kind == "flatten":
        portfolio.flatten()
    elif kind == "resume":
        portfolio.resume_buying()
    elif kind == "reset":
        portfolio.reset()


def play_other(portfolio: Portfolio, kind: str, data: Mapping[str, Any], step: Step) -> Any:
    """Have a portfolio decide on an input before a quote; return its orders and rejections."""
    other = begin_other(portfolio, kind, data)
    if kind in DATA:
        for action in step.actions:
            act(portfolio, other, action)
    else:
        carry_out(portfolio, kind, "anna")
    return portfolio.orders, portfolio.rejections


def play(portfolio: Portfolio, data: Mapping[str, Any], step: Step) -> list[Any]:
    """Have a portfolio do all of a step; return what came of each input."""
    told = [play_other(portfolio, kind, data, step) for kind in step.others]
    portfolio.begin("algo", data)
    for action in step.actions:
        act(portfolio, data, action)
    return [*told, (portfolio.orders, portfolio.fills, portfolio.rejections)]
