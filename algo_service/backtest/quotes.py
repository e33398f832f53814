"""Quotes of history as an algorithm gets them: what would be refused live is refused here."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from algo_service.errors import QuoteError
from algo_service.failure import sentence
from algo_service.ledger import Failure
from algo_service.quotes import accept, digest
from market_data import Feed, as_message
from portfolio import InvalidTimeError
from portfolio.times import instant

Refuse = Callable[[Any, Failure], None]

RUN = "backtest"
"""The run in the ids of quotes; `market-data replay --run backtest` publishes the same."""

MOST_IDS = 1_000_000
"""Ids that are remembered of a recording, to know a quote that comes again."""


class Checked(list[dict[str, Any]]):
    """Quotes that `of_feed` has made, kept for several runs."""

    def copies(self) -> Iterator[dict[str, Any]]:
        """Yield a copy of each: an algorithm may write into its quotes."""
        return map(dict, self)


def of_feed(feed: Feed, refuse: Refuse, advance: Callable[[int], None]) -> Iterator[dict[str, Any]]:
    """Yield the quotes of a feed.

    :param refuse: gets a quote whose id was used before, with other content.
    :param advance: gets how many have been read since its last call.
    """
    seen = _Seen(refuse)
    for _times, quotes in feed.batches():
        for quote in quotes:
            message = as_message(quote, RUN)
            if quote.recorded is None or seen.is_new(message):
                yield message
        advance(len(quotes))


def of_maps(quotes: Iterable[Any], refuse: Refuse) -> Iterator[dict[str, Any]]:
    """Yield maps with at least `sid` and `quote`; a missing id is counted, a missing channel added.

    :param refuse: gets what is no quote.
    """
    seen = _Seen(refuse)
    for number, quote in enumerate(quotes, 1):
        try:
            message = accept({"id": f"maps:{RUN}:{number}", "channel": "quotes", **quote})
            ts = message.get("ts")
            if ts is not None:
                instant(ts)
        except TypeError:
            refuse(quote, _failure(f"a quote is a map, not {type(quote).__name__}"))
            continue
        except (QuoteError, InvalidTimeError) as error:
            refuse(quote, {"error": sentence(error), "traceback": ""})
            continue
        if "id" not in quote or seen.is_new(message):
            yield message


class _Seen:
    """Knows quotes that come again, as the engine does: they are decided once."""

    def __init__(self, refuse: Refuse) -> None:
        self._refuse = refuse
        self._digests: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    def is_new(self, message: dict[str, Any]) -> bool:
        key = message["channel"], message["id"]
        content = digest(message)
        before = self._digests.setdefault(key, content)
        if len(self._digests) > MOST_IDS:
            self._digests.popitem(last=False)
        if before is content:
            return True
        if before != content:
            used = f'id used before: "{key[1]}" on {key[0]}, with other content'
            self._refuse(message, _failure(used))
        return False


def _failure(reason: str) -> Failure:
    return {"error": sentence(QuoteError(reason)), "traceback": ""}
