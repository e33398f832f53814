"""Commands: what a person asks of a running algorithm (contracts/command.schema.json).

| command | does |
|---|---|
| halt | stops buying, until a person resumes it |
| resume | ends a halt; a limit's stop stays in force |
| reset | ends a limit's stop; a halt stays in force |
| flatten | halts, and sells each position at its instrument's next quote |
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, Literal

from algo_service.errors import CommandError
from portfolio import InvalidTimeError, Portfolio
from portfolio.nearest import did_you_mean
from portfolio.times import SECOND, instant

log = logging.getLogger(__name__)

MAX_REASON_LENGTH = 1000
MAX_NAME_LENGTH = 256
"""Characters of an id, and of the name of the person who asks."""

Outcome = Literal["done", "unchanged", "refused"]

_FIELDS = ("channel", "id", "command", "by", "reason", "expires")
_EXPIRING = ("resume", "flatten")


def accept_command(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return a command that the engine can carry out.

    :raises CommandError: naming the field and its value, if it breaks the contract.
    """
    command = message.get("command")
    if not isinstance(command, str) or command not in _METHODS:
        raise CommandError(f'"command" is {command!r:.80}{did_you_mean(str(command), _METHODS)}')
    for name in message:
        if name not in _FIELDS:
            hint = did_you_mean(str(name), _FIELDS)
            raise CommandError(f'"{name}" is not a field of a command{hint}')
    _check_text(message, "id", MAX_NAME_LENGTH)
    for name, most in (("by", MAX_NAME_LENGTH), ("reason", MAX_REASON_LENGTH)):
        if message.get(name) is not None:
            _check_text(message, name, most)
    expires = message.get("expires")
    if expires is None and command in _EXPIRING:
        raise CommandError(
            f'"expires" is missing: {command} needs the time until which it may be carried out,'
            ' such as "2026-01-31T10:01:00Z"'
        )
    if expires is not None:
        try:
            instant(expires)
        except InvalidTimeError as error:
            raise CommandError(f'"expires": {error}') from None
    return dict(message)


def carry_out(command: Mapping[str, Any], portfolio: Portfolio, algo: str, now: float) -> str:
    """Do what a command asks, and return the reply (contracts/reply.schema.json).

    :param portfolio: after its `begin_other` for this command.
    :param algo: the algorithm's name.
    :param now: seconds since 1970; a command that has expired is refused.
    """
    expires = command.get("expires")
    if expires is not None and instant(expires) < now * SECOND:
        outcome: Outcome = "refused"
        text = f"{command['command']} has expired, at {expires}, and was not carried out"
    else:
        outcome, text = _METHODS[command["command"]](command, portfolio)
    log.warning("%s, asked by %s: %s", command["command"], command.get("by") or "a person", text)
    waiting = portfolio.pending if command["command"] == "flatten" and outcome != "refused" else ()
    halted = portfolio.halted
    reply = {
        "id": command["id"],
        "algo": algo,
        "command": command["command"],
        "by": command.get("by"),
        "outcome": outcome,
        "text": text,
        "halt": halted["reason"] if halted else None,
        "stop": portfolio.limit_stop,
        "waiting": [
            {"order_id": order.id, "sid": order.sid, "quantity": order.quantity}
            for order in waiting
            if order.side == "sell"
        ],
    }
    return json.dumps(reply, ensure_ascii=False, separators=(",", ":"))


def _halt(command: Mapping[str, Any], portfolio: Portfolio) -> tuple[Outcome, str]:
    if _halt_buying(command, portfolio):
        return "done", "buying is halted"
    return "unchanged", f"buying was halted before: {portfolio.halt}"


def _resume(_: Mapping[str, Any], portfolio: Portfolio) -> tuple[Outcome, str]:
    ended = portfolio.resume_buying()
    stop = portfolio.limit_stop
    still = f"; a limit stops it all the same: {stop}" if stop else ""
    if ended is None:
        return "unchanged", f"buying was not halted{still}"
    return "done", f"buying is resumed, which was halted: {ended}{still}"


def _reset(_: Mapping[str, Any], portfolio: Portfolio) -> tuple[Outcome, str]:
    stop = portfolio.reset()
    if stop is None:
        return "unchanged", "there is nothing to reset: no limit has stopped buying"
    still = "; buying stays halted by a person" if portfolio.halted else ""
    return "done", f"reset: {stop}{still}"


def _flatten(command: Mapping[str, Any], portfolio: Portfolio) -> tuple[Outcome, str]:
    is_new = _halt_buying(command, portfolio)
    portfolio.flatten()
    sids = sorted({order.sid for order in portfolio.pending if order.side == "sell"})
    if sids:
        return "done", (
            f"buying is halted, and the sales of {', '.join(sids)} wait for the next quote of each"
        )
    outcome: Outcome = "done" if is_new else "unchanged"
    return outcome, "buying is halted, and there is nothing to sell"


def _halt_buying(command: Mapping[str, Any], portfolio: Portfolio) -> bool:
    reason = command.get("reason") or command["command"]
    return portfolio.halt_buying(reason, command.get("by"), command["id"])


_METHODS: dict[str, Callable[[Mapping[str, Any], Portfolio], tuple[Outcome, str]]] = {
    "halt": _halt,
    "resume": _resume,
    "reset": _reset,
    "flatten": _flatten,
}


def _check_text(message: Mapping[str, Any], name: str, most: int) -> None:
    text = message.get(name)
    if not isinstance(text, str) or not 0 < len(text) <= most:
        raise CommandError(
            f'"{name}" is {text!r:.80}: it has to be a text of 1 to {most} characters'
        )
