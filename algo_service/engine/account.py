"""What one algorithm hands over to another (contracts/account.schema.json), as plain data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from algo_service.errors import HandOverError
from algo_service.journal.recent import unpack
from algo_service.journal.store import Recent
from portfolio import Portfolio
from portfolio.reals import real

MAX_SEQ = 2**53 - 1


class Account(NamedTuple):
    """What is taken over."""

    seq: int
    """The number of decisions that the other algorithm has made."""
    portfolio: dict[str, Any]
    """As `Portfolio.take_over` takes it."""
    recent: list[Recent]
    text: str
    """JSON, for the log of a journal."""


def account_of(portfolio: Portfolio) -> dict[str, Any]:
    """Return the account of a portfolio, what its halt is, and the orders that wait."""
    state = portfolio.save()
    return {
        "cash": state["cash"],
        "realised": state["realised"],
        "fees": state["fees"],
        "positions": {
            sid: {"quantity": quantity, "cost": cost}
            for sid, (quantity, cost) in state["positions"].items()
        },
        "prices": state["prices"],
        "halt": portfolio.halted,
        "stop": portfolio.limit_stop,
        "cancelled": [
            {
                "order_id": order.id,
                "sid": order.sid,
                "side": order.side,
                "quantity": order.quantity,
            }
            for order in portfolio.pending
        ],
    }


def record(account: Mapping[str, Any]) -> str:
    """Return an account as JSON, for the log of a journal: all but prices and decisions."""
    left_out = ("prices", "recent")
    kept = {name: value for name, value in account.items() if name not in left_out}
    return json.dumps(kept, ensure_ascii=False, default=repr)


def read_account(given: Any, algo: str) -> Account:
    """Return an account that was handed over.

    :param algo: the name of the algorithm that takes it over.
    :raises HandOverError: naming the field and its value, if it cannot be read.
    """
    if not isinstance(given, Mapping):
        raise HandOverError(f"the account is {given!r:.80}: it has to be what hand_over returns")
    if given.get("algo") != algo:
        raise HandOverError(f"the account is that of {given.get('algo')!r:.80}, not of {algo}")
    seq = given.get("seq")
    if type(seq) is not int or not 0 <= seq <= MAX_SEQ:
        raise HandOverError(f'"seq" is {seq!r:.80}: it has to be a whole number from 0 on')
    try:
        portfolio = _portfolio(given)
    except KeyError as error:
        raise HandOverError(f"the account has no {error}") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise HandOverError(f"the account cannot be read: {error}") from None
    if not all(isinstance(name, str) for name in given):
        raise HandOverError("the account cannot be read: one of its names is not text")
    packed = given.get("recent")
    recent = unpack(packed) if packed is not None else []
    if recent and recent[-1].seq > seq:
        raise HandOverError(f'"recent" has the decision {recent[-1].seq}, and "seq" is {seq}')
    return Account(seq, portfolio, recent, record(given))


def _portfolio(given: Mapping[str, Any]) -> dict[str, Any]:
    prices = {sid: real(price, f"the price of {sid}") for sid, price in given["prices"].items()}
    for sid, price in prices.items():
        if not isinstance(sid, str):
            raise TypeError(f"the instrument {sid!r:.80} is not text")
        if price <= 0:
            raise ValueError(f"the price of {sid} is {price}: it has to be above 0")
    # in this order whatever has passed it on: not every language keeps that of a map
    positions = {
        sid: _position(sid, each, prices) for sid, each in sorted(given["positions"].items())
    }
    return {
        **{name: real(given[name], f'"{name}"') for name in ("cash", "realised", "fees")},
        "positions": positions,
        "prices": prices,
        "halt": None if given["halt"] is None else _halt(given["halt"]),
    }


def _halt(given: Mapping[str, Any]) -> list[str | None]:
    reason, by, command_id = (given[name] for name in ("reason", "by", "id"))
    if not isinstance(reason, str) or not isinstance(by, str | None):
        raise TypeError(f"the halt is {given!r:.80}")
    return [reason, by, str(command_id)]


def _position(sid: str, given: Mapping[str, Any], prices: Mapping[str, float]) -> list[float]:
    quantity = real(given["quantity"], f"the quantity of {sid}")
    cost = real(given["cost"], f"the cost of {sid}")
    if quantity <= 0 or cost < 0:
        raise ValueError(f"{quantity} {sid} for {cost}: a position has units, and a cost")
    if sid not in prices:
        raise ValueError(f"{quantity} {sid} are held, and there is no price of it")
    return [quantity, cost]
