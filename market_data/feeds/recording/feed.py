"""Quotes of a recording, as the bridge read them live: with the topic as channel, and their ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from market_data.feeds.asked import Asked
from market_data.feeds.invalid_quote import InvalidQuoteError
from market_data.feeds.messages import Rules, read
from market_data.feeds.quote import Quote
from market_data.feeds.recording.row import Row
from market_data.feeds.recording.topics import carries_quotes
from market_data.feeds.table import OnSkip
from market_data.feeds.timed import BATCH, Timed


def read_recording(
    found: Iterable[Row],
    name: str,
    on_skip: OnSkip,
    rules: Rules,
    note: Callable[[str], None],
    asked: Asked,
) -> Iterator[Timed]:
    """Yield the quotes in the order of their arrival, a batch at a time.

    Rows are messages, by their numbers. One that breaks the contract goes to `on_skip` as a whole.

    :param note: called at the end with a sentence about the messages that were not read.
    :raises UnusableFileError: if all quotes are on topics that are not asked for.
    """
    others: Counter[str] = Counter()
    has_quotes = False
    times: list[int | None] = []
    batch: list[Quote] = []
    for row in found:
        if not carries_quotes(row.topic):
            others[row.topic.partition("/")[0]] += 1
            continue
        if not asked.takes(row.topic):
            continue
        try:
            of_row, quotes = read(row.payload, row.seq, name, rules, row.topic)
        except InvalidQuoteError as error:
            on_skip(error.skipped(name, row.seq))
            continue
        has_quotes = has_quotes or bool(quotes)
        batch += quotes
        times += of_row
        if len(batch) >= BATCH:
            yield Timed(times, batch)
            times, batch = [], []
    if batch:
        yield Timed(times, batch)
    asked.finish(note, has_quotes)
    for level, count in sorted(others.items()):
        note(
            f"not read, since no quotes come there: {count:,} of the messages of {name}, on"
            f" {level}/…"
        )
