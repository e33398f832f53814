"""The quotes of one call: which are decided now, and which were decided before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from algo_service.decisions import Decision, Entry, Failure, Key
from algo_service.engine.driver import Quote
from algo_service.engine.failure import sentence
from algo_service.engine.quotes import accept, digest
from algo_service.errors import QuoteError

AcceptedQuote = tuple[Key, bytes, Quote]
"""A valid quote: its key, the digest of its content, and itself."""


def accept_all(quotes: Iterable[Any]) -> list[AcceptedQuote | Failure]:
    """Check each quote of a call; an invalid one is a failure in its place."""
    return [_accept(quote) for quote in quotes]


def keys(quotes: Iterable[AcceptedQuote | Failure]) -> list[Key]:
    """Return the keys of those that are valid."""
    return [each[0] for each in quotes if isinstance(each, tuple)]


def outcomes(
    quotes: Iterable[AcceptedQuote | Failure],
    known: Mapping[Key, Entry],
    fresh: dict[Key, AcceptedQuote],
) -> list[Decision | Failure | Key]:
    """Return what is known of each quote, or its key after it was added to the fresh ones.

    :param known: the stored decisions on these quotes.
    :param fresh: gets the quotes that have no decision yet, once each, in their order.
    """
    return [_outcome(each, known, fresh) if isinstance(each, tuple) else each for each in quotes]


def _accept(quote: Any) -> AcceptedQuote | Failure:
    try:
        quote = accept(quote)
    except QuoteError as error:
        return {"error": sentence(error), "traceback": ""}
    return (quote["channel"], quote["id"]), digest(quote), quote


def _outcome(
    accepted: AcceptedQuote, known: Mapping[Key, Entry], fresh: dict[Key, AcceptedQuote]
) -> Decision | Failure | Key:
    key, content, _ = accepted
    entry = known.get(key)
    first = fresh.setdefault(key, accepted) if entry is None else entry
    if first[1] != content:
        used = QuoteError(f'id used before: "{key[1]}" on {key[0]}, with other content')
        return {"error": sentence(used), "traceback": ""}
    return key if entry is None else entry[2]
