"""Makes inputs of the messages of a call, and finds which of them were decided before."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from algo_service.decisions import Decision, Failure, Input, Key, Kind
from algo_service.engine.commands import accept_command
from algo_service.engine.failure import failure_of
from algo_service.engine.quotes import accept
from algo_service.errors import AlgoServiceError, InputError, QuoteError
from algo_service.journal.content import CHANGED, canonical, fingerprint, read
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

_quote: Kind = "quote"
_new = tuple.__new__


def kind_of(channel: Any) -> Kind:
    """Return what kind of input comes on a channel; of anything but text, that of a quote."""
    if not isinstance(channel, str) or not channel.startswith(_NOT_QUOTES):
        return _quote
    return _PREFIXES[channel[: channel.index("/") + 1]]


def accept_all(
    messages: Iterable[Any], content_of: Callable[[dict[str, Any]], bytes]
) -> list[Input | Failure]:
    """Check each message of a call; one that is not valid is a failure in its place.

    :param content_of: what the store keeps of a message.
    """
    accepted: list[Input | Failure] = []
    last, kind = None, _quote  # most messages of a call come on one channel
    for message in messages:
        try:
            channel = message["channel"]
        except (TypeError, KeyError):
            channel = None  # the check of a quote says what is missing
        if channel != last:
            last, kind = channel, kind_of(channel)
        try:
            message = accept(message) if kind is _quote else _CHECKS[kind](message)
            content = content_of(message)  # now: the algorithm may write into it
        except AlgoServiceError as error:
            accepted.append(failure_of(error))
            continue
        # as Input(...) makes it, in half the time
        key = channel, message["id"]
        accepted.append(_new(Input, (key, kind, message, content)))
    return accepted


def keys(inputs: Iterable[Input | Failure]) -> list[Key]:
    """Return the keys of those that are valid."""
    return [each[0] for each in inputs if isinstance(each, tuple)]


def outcomes(
    inputs: Iterable[Input | Failure], known: Mapping[Key, Known], fresh: dict[Key, Input]
) -> list[Decision | Failure | Key]:
    """Return what is known of each input, or its key after it was added to the fresh ones.

    :param known: what the store holds of these inputs.
    :param fresh: gets the inputs that have no decision yet, once each, in their order.
    """
    found: list[Decision | Failure | Key] = []
    for each in inputs:
        if not isinstance(each, tuple):
            found.append(each)
            continue
        key = each[0]
        entry = known.get(key)
        if entry is not None:
            found.append(entry.decision if _is_same(entry, each) else _used_before(each))
        else:
            first = fresh.setdefault(key, each)
            is_same = first is each or canonical(first.message) == canonical(each.message)
            found.append(key if is_same else _used_before(each))
    return found


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
    "data": _accept_data,
    "command": accept_command,
    "execution": _refuse_execution,
}


def _used_before(each: Input) -> Failure:
    channel, name = each.key
    error = QuoteError if each.kind == "quote" else InputError
    return failure_of(error(f'id used before: "{name}" on {channel}, with other content'))


def _is_same(entry: Known, each: Input) -> bool:
    if entry.content is None:
        found = fingerprint(each.message)
        return entry.digest == found or _is_of_older_encoding(entry, each)
    if entry.content == each.content:
        return True
    # its fields may have come in another order
    return canonical(read(entry.content)) == canonical(each.message)


def _is_of_older_encoding(entry: Known, each: Input) -> bool:
    """Whether two digests cannot be compared, so that the key alone decides."""
    if not entry.is_older or not canonical(each.message).startswith(CHANGED):
        return False
    log.info(
        '"%s" on %s was decided by an earlier version, whose digest of such content was another:'
        " it is taken for the same message by its key alone",
        each.key[1],
        each.key[0],
        extra={f"{each.kind}_id": each.key[1], "channel": each.key[0]},
    )
    return True
