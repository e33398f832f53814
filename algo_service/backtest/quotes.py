"""Quotes of history as an algorithm gets them: what would be refused live is refused here."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from algo_service.decisions import Failure
from algo_service.engine.driver import TimedQuote
from algo_service.engine.failure import sentence
from algo_service.engine.quotes import accept
from algo_service.errors import AlgoServiceError, QuoteError
from algo_service.journal.codec import digest
from algo_service.journal.content import canonical
from market_data import Feed, as_message
from portfolio import InvalidTimeError
from portfolio.times import instant

Refuse = Callable[[Any, Failure], None]

RUN = "backtest"
"""The run in the ids of quotes; `market-data replay --run backtest` publishes the same."""

MAX_IDS = 1_000_000
"""Ids of a recording that are kept, to recognise duplicates."""


class CheckedQuotes(list[TimedQuote]):
    """Quotes that `of_feed` has made, kept for several runs.

    :param recorded: the channels of those that were recorded.
    """

    def __init__(self, quotes: Iterable[TimedQuote], recorded: Collection[str] = ()):
        super().__init__(quotes)
        self._recorded = recorded

    def copies(self, is_asked: Callable[[str], bool]) -> Iterator[TimedQuote]:
        """Yield a copy of each that is asked for: an algorithm may write into its quotes.

        :raises AlgoServiceError: if that is none.
        """
        unasked = {channel for channel in self._recorded if not is_asked(channel)}
        if unasked and all(quote["channel"] in unasked for quote, _ in self):
            raise AlgoServiceError(
                "no quote is on a channel that the algorithm asks for: they were recorded on"
                f" {min(unasked)}{' and others' if len(unasked) > 1 else ''}"
            )
        return ((dict(quote), at) for quote, at in self if quote["channel"] not in unasked)


def on_channels(filters: Sequence[str]) -> Callable[[str], bool]:
    """Return what tells of a channel whether one of the filters matches it; without any, all do."""

    def is_asked(channel: str) -> bool:
        # only a recording has channels: other history needs nothing of MQTT
        from market_data.mqtt.topic_filter import overlap

        return not filters or any(overlap(each, channel) for each in filters)

    return is_asked


def of_feed(
    feed: Feed,
    refuse: Refuse,
    advance: Callable[[int], None],
    run: str = RUN,
    is_asked: Callable[[str], bool] = lambda _: True,
    recorded: set[str] | None = None,
) -> Iterator[TimedQuote]:
    """Yield the quotes of a feed with their instants.

    :param refuse: called with a quote whose id was used before, with other content.
    :param advance: called with how many have been read since its last call.
    :param run: the one in the ids of quotes.
    :param is_asked: tells of a channel whether quotes that were recorded there are to be read.
    :param recorded: gets the channels on which quotes were recorded.
    """
    duplicates = _DuplicateFilter(refuse)
    for times, quotes in feed.batches(is_asked):
        for at, quote in zip(times, quotes, strict=True):
            message = as_message(quote, run)
            if quote.recorded is None or duplicates.is_new(message):
                if recorded is not None and quote.recorded and quote.recorded.channel:
                    recorded.add(quote.recorded.channel)
                yield message, at
        advance(len(quotes))


def of_maps(quotes: Iterable[Any], refuse: Refuse) -> Iterator[TimedQuote]:
    """Yield maps with at least `sid` and `quote`, and their instants.

    A missing id is counted, a missing channel added.

    :param refuse: called with what is not a valid quote.
    """
    duplicates = _DuplicateFilter(refuse)
    for number, quote in enumerate(quotes, 1):
        try:
            message = accept({"id": f"maps:{RUN}:{number}", "channel": "quotes", **quote})
            ts = message.get("ts")
            at = None if ts is None else instant(ts)
        except TypeError:
            refuse(quote, _failure(f"a quote is a map, not {type(quote).__name__}"))
            continue
        except (QuoteError, InvalidTimeError) as error:
            refuse(quote, {"error": sentence(error), "traceback": ""})
            continue
        if "id" not in quote or duplicates.is_new(message):
            yield message, at


class _DuplicateFilter:
    """Recognises duplicates, as the engine does."""

    def __init__(self, refuse: Refuse) -> None:
        self._refuse = refuse
        self._digests: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    def is_new(self, message: dict[str, Any]) -> bool:
        key = message["channel"], message["id"]
        found = digest(canonical(message))
        before = self._digests.setdefault(key, found)
        if len(self._digests) > MAX_IDS:
            self._digests.popitem(last=False)
        if before is found:
            return True
        if before != found:
            used = f'id used before: "{key[1]}" on {key[0]}, with other content'
            self._refuse(message, _failure(used))
        return False


def _failure(reason: str) -> Failure:
    return {"error": sentence(QuoteError(reason)), "traceback": ""}
