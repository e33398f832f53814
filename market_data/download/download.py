"""Downloads the history of several symbols into a folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from market_data.download.exchange import History
from market_data.download.folder import SymbolFolder, write_gaps
from market_data.download.gaps import Gap, as_text, find_gaps
from market_data.download.pages import read_pages
from market_data.errors import ReadOptionError

# Seconds that candles stay in memory: a kill loses no more, and a file is written no more often.
_MAX_UNWRITTEN = 5.0


class Outcome(NamedTuple):
    """What a download came to."""

    candles: int
    """All that are in the folder now, of the symbols that were asked for."""
    gaps: list[Gap]


class Download:
    """The history from one time on up to now, of which what the folder holds is not asked again.

    :param symbols: with the exchange's own name of each.
    :param start: in ms.
    :raises ReadOptionError: if that is yet to come.
    :raises UnusableFileError: if a file of the folder cannot be read.
    """

    def __init__(self, folder: Path, history: History, symbols: Mapping[str, str], start: int):
        self.candles = 0
        """That were fetched so far; any thread may read it."""
        self._folder = folder
        self._history = history
        self._symbols = symbols
        self._start = start
        self._end = history.now()
        if start > self._end:
            reason = f"at {history} it is {as_text(self._end)}"
            raise ReadOptionError("--since", as_text(start), reason)
        self._kept = {
            symbol: SymbolFolder(folder, sid, history.length) for symbol, sid in symbols.items()
        }

    @property
    def kept(self) -> int:
        """How many candles long the history is that the folder holds already."""
        return sum(self._length(self._start, self._begin(symbol)) for symbol in self._symbols)

    @property
    def total(self) -> int:
        """How many candles the whole history has at most."""
        return self._length(self._start, self._end) * len(self._symbols)

    def run(self, progress: Callable[[int], None]) -> Outcome:
        """Fetch what is missing, symbol by symbol.

        :param progress: called with a number of candles, there or missing, that are behind it now.
        """
        for symbol in self._symbols:
            self._fetch(symbol, progress)
        count = 0
        gaps: list[Gap] = []
        for symbol, sid in self._symbols.items():
            times = list(self._kept[symbol].times())
            count += len(times)
            gaps += find_gaps(sid, times, self._start, self._end, self._history.length)
        write_gaps(self._folder, gaps)
        return Outcome(count, gaps)

    def _fetch(self, symbol: str, progress: Callable[[int], None]) -> None:
        history, kept = self._history, self._kept[symbol]
        at, written_at = self._begin(symbol), time.monotonic()
        pages = read_pages(
            lambda since: history.candles(symbol, since),
            *(at, self._end, history.length, history.limit(symbol)),
        )
        try:
            for page in pages:
                kept.append(page.candles)
                self.candles += len(page.candles)
                progress(self._length(at, page.until))
                at = page.until
                if time.monotonic() - written_at >= _MAX_UNWRITTEN:
                    kept.flush()
                    written_at = time.monotonic()
        finally:
            # also what came before a signal, or an error
            kept.flush()

    def _begin(self, symbol: str) -> int:
        return self._kept[symbol].until or self._start

    def _length(self, start: int, end: int) -> int:
        return max(end - start, 0) // self._history.length
