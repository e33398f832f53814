"""Quotes from a recording: one message per line, as `mosquitto_sub -t quotes` prints them.

It takes and refuses what the bridge does (contracts/README.md, "Quotes").
"""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from market_data.errors import UnusableFileError
from market_data.feeds.asked import Asked
from market_data.feeds.invalid_quote import InvalidQuoteError
from market_data.feeds.messages import Rules, read
from market_data.feeds.messages.limits import BYTES
from market_data.feeds.opening import open_bytes
from market_data.feeds.quote import Quote
from market_data.feeds.table import OnSkip
from market_data.feeds.timed import BATCH, Timed

# a mark, a message and the end of its line
_MAX_LINE = BYTES + 5


def read_jsonl(
    path: Path,
    name: str,
    on_skip: OnSkip,
    rules: Rules,
    note: Callable[[str], None],
    asked: Asked,
) -> Iterator[Timed]:
    """Yield the quotes of a recording in the order of its lines, a batch at a time.

    Rows are its lines, which count from 1, without blank ones. A shorthand or an array gives
    several quotes, all of one row. A message that breaks the contract goes to `on_skip` as a whole.
    UnusableFileError where the file cannot be read, or all quotes are on channels that are not
    asked for.

    :param note: called at the end with a sentence about the quotes that were not read.
    """
    row = 0
    has_quotes = False
    times: list[int | None] = []
    batch: list[Quote] = []
    try:
        with open_bytes(path) as file:
            for line in _lines(file):
                row += 1
                try:
                    of_row, quotes = read(line, row, name, rules)
                except InvalidQuoteError as error:
                    on_skip(error.skipped(name, row))
                    continue
                for time, quote in zip(of_row, quotes, strict=True):
                    if quote.recorded is None or asked.takes(quote.recorded.channel):
                        has_quotes = True
                        batch.append(quote)
                        times.append(time)
                if len(batch) >= BATCH:
                    yield Timed(times, batch)
                    times, batch = [], []
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnusableFileError(str(path), reason, "a recording that can be read") from error
    if batch:
        yield Timed(times, batch)
    asked.finish(note, has_quotes)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield lines that are not blank, without their ends; of one too long the beginning."""
    mark = codecs.BOM_UTF8
    while line := file.readline(_MAX_LINE):
        if len(line) == _MAX_LINE:
            rest = line
            while rest and not rest.endswith(b"\n"):
                rest = file.readline(_MAX_LINE)
        # of white space what is that of JSON
        if line.removeprefix(mark).strip(b" \t\r\n"):
            yield line.rstrip(b"\r\n")
