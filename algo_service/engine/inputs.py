"""Makes inputs of the messages of a call, and finds which of them were decided before."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from algo_service.decisions import Decision, Failure, Input, Key, Kind
from algo_service.engine.commands import accept_command
from algo_service.engine.content import CHANGED, content, digest
from algo_service.engine.failure import failure_of
from algo_service.engine.quotes import accept
from algo_service.errors import AlgoServiceError, InputError, QuoteError
from algo_service.journal.store import Known
from portfolio import InvalidTimeError
from portfolio.times import check

log = logging.getLogger(__name__)

_PREFIXES: dict[str, Kind] = {
    "data/": "data",
    "indicators/": "data",
    "commands/": "command",
    "executions/": "execution",
}
_NOT_QUOTES = tuple(_PREFIXES)

MAX_ID_LENGTH = 256


def kind_of(channel: str) -> Kind:
    """Return what kind of input comes on a channel."""
    if not channel.startswith(_NOT_QUOTES):
        return "quote"
    return _PREFIXES[channel[: channel.index("/") + 1]]


def accept_all(messages: Iterable[Any]) -> list[Input | Failure]:
    """Check each message of a call; one that is not valid is a failure in its place."""
    return [_accept(message) for message in messages]


def keys(inputs: Iterable[Input | Failure]) -> list[Key]:
    """Return the keys of those that are valid."""
    return [each.key for each in inputs if isinstance(each, Input)]


def outcomes(
    inputs: Iterable[Input | Failure], known: Mapping[Key, Known], fresh: dict[Key, Input]
) -> list[Decision | Failure | Key]:
    """Return what is known of each input, or its key after it was added to the fresh ones.

    :param known: what the store holds of these inputs.
    :param fresh: gets the inputs that have no decision yet, once each, in their order.
    """
    return [_outcome(each, known, fresh) if isinstance(each, Input) else each for each in inputs]


def _accept(message: Any) -> Input | Failure:
    try:
        channel = message.get("channel") if type(message) is dict else None
        kind = kind_of(channel) if type(channel) is str else "quote"
        message = _CHECKS[kind](message)
        encoded = content(message)
    except AlgoServiceError as error:
        return failure_of(error)
    return Input((message["channel"], message["id"]), kind, message, encoded, digest(encoded))


def _accept_data(message: dict[str, Any]) -> dict[str, Any]:
    message_id = message.get("id")
    if type(message_id) is not str or not 0 < len(message_id) <= MAX_ID_LENGTH:
        raise InputError(
            f'"id" of the message on {message["channel"]} is {message_id!r:.80}: it has to be a'
            f" text of 1 to {MAX_ID_LENGTH} characters"
        )
    if message.get("ts") is not None:
        try:
            check(message["ts"])
        except InvalidTimeError as error:
            raise InputError(str(error)) from None
    return message


def _refuse_execution(message: dict[str, Any]) -> dict[str, Any]:
    raise InputError(
        f"an execution report on {message['channel']} is refused: the orders of this algorithm are"
        " executed on paper, by the service itself"
    )


_CHECKS: dict[Kind, Callable[[Any], dict[str, Any]]] = {
    "quote": accept,
    "data": _accept_data,
    "command": accept_command,
    "execution": _refuse_execution,
}


def _outcome(
    each: Input, known: Mapping[Key, Known], fresh: dict[Key, Input]
) -> Decision | Failure | Key:
    entry = known.get(each.key)
    first = fresh.setdefault(each.key, each).digest if entry is None else entry.digest
    if first != each.digest and not (entry and _is_of_older_encoding(entry, each)):
        channel, name = each.key
        error = QuoteError if each.kind == "quote" else InputError
        return failure_of(error(f'id used before: "{name}" on {channel}, with other content'))
    return each.key if entry is None else entry.decision


def _is_of_older_encoding(entry: Known, each: Input) -> bool:
    """Whether two digests cannot be compared, so that the key alone decides."""
    if not entry.is_older or not each.content.startswith(CHANGED):
        return False
    log.info(
        '"%s" on %s was decided by an earlier version, whose digest of such content was another:'
        " it is taken for the same message by its key alone",
        each.key[1],
        each.key[0],
    )
    return True
