"""Trades of an exchange, as they take place, and those that were missed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from market_data.errors import FeedError
from market_data.feeds.quote import Quote
from market_data.live.exchange.client import PAGE, ExchangeClient, check_exchange
from market_data.live.exchange.dialect import dialect_of
from market_data.live.exchange.errors import RateLimitedError
from market_data.live.exchange.instrument import Instrument, Invalid, read_trade
from market_data.live.exchange.numbered import NumberedTrades
from market_data.live.exchange.recent import RecentTrades
from market_data.live.exchange.settings import Settings
from market_data.live.exchange.trade import Ask, Place, Trade
from market_data.live.source import Batch, Position, Report, SourceLostError


class ExchangeSource:
    """A live source (market_data/live/source.py) whose position is a trade of each instrument.

    After each connection the history is asked for the trades since. Whatever the stream leaves out
    while it is connected is asked for, too. What the history does not have is a gap.

    :param notify: called with a sentence about a trade that is not published, once for each
        reason, and about refusals of the exchange.
    """

    def __init__(
        self,
        settings: Settings,
        notify: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ):
        check_exchange(settings.exchange)
        self.name = settings.name
        self.skipped: Counter[str] = Counter()
        self._settings = settings
        self._notify = notify
        self._clock = clock
        self._dialect = dialect_of(settings.exchange)
        self._client: ExchangeClient | None = None
        self._markets: Mapping[str, Any] | None = None
        self._instruments: dict[str, Instrument] = {}
        self._poll_at = 0.0
        self._no_requests_until = 0.0
        self._stopped: str | None = None
        self._reported: set[str] = set()

    def __str__(self) -> str:
        bars = f"bars of {self._settings.bars.name} of " if self._settings.bars else ""
        return f"{bars}{', '.join(self._settings.symbols)} of {self._settings.exchange}"

    def connect(self, position: Position | None) -> None:
        """Connect, subscribe, and go on where it stopped."""
        if self._clock() < self._no_requests_until:
            raise SourceLostError("it has asked for a pause of requests")
        settings = self._settings
        self._stopped = None
        self._client = client = ExchangeClient(settings, self._dialect)
        try:
            self._markets = client.connect(self._markets)
        except RateLimitedError as error:
            self._no_requests_until = self._clock() + error.pause
            raise SourceLostError(str(error)) from error
        if not self._instruments:
            self._instruments = self._begin(position, self._markets)
        for instrument in self._instruments.values():
            instrument.trades.connected()
            instrument.is_checked = False
            instrument.heard()
        self._poll_at = self._clock()

    def read(self, timeout: float) -> Batch | None:
        """Return the quotes of trades that have come, and of those that were missing."""
        assert self._client is not None
        if self._stopped is not None:
            raise SourceLostError(self._stopped)
        self._client.wait(self._patience(timeout))
        self._take(self._client)
        begun = [each for each in self._instruments.values() if each.trades.begin()]
        if begun:
            # the beginning is kept before the first quote is published
            return Batch([], self._position)
        quotes: list[Quote] = []
        reports: list[Report] = []
        for instrument in self._instruments.values():
            quotes += instrument.quotes()
            try:
                self._ask(self._client, instrument)
            except SourceLostError as error:
                # the others' quotes are taken, and would be lost with it
                self._stopped = str(error)
            if gap := instrument.trades.give_up():
                reports.append(instrument.gap(gap))
            quotes += instrument.quotes()
        if quotes or reports:
            return Batch(quotes, self._position, reports)
        if self._stopped is not None:
            raise SourceLostError(self._stopped)
        return None

    def acknowledge(self, position: Position) -> None:
        """Do nothing: an exchange keeps its trades."""

    def close(self) -> None:
        """Disconnect."""
        if self._client is not None:
            self._client.close()
            self._client = None

    @property
    def _position(self) -> Position:
        lasts = {each.sid: each.trades.last for each in self._instruments.values()}
        return {sid: list(last) for sid, last in lasts.items() if last}

    def _begin(
        self, position: Position | None, markets: Mapping[str, Any]
    ) -> dict[str, Instrument]:
        lasts = _places_of(position)
        kind = NumberedTrades if self._dialect.is_numbered else RecentTrades
        made = {}
        for symbol in self._settings.symbols:
            sid = markets[symbol]["id"]
            trades = kind(lasts.get(sid), self._clock)
            made[symbol] = Instrument(
                self.name, sid, symbol, trades, self._clock, self._settings.bar_length
            )
        return made

    def _patience(self, timeout: float) -> float:
        assert self._client is not None
        if any(each.trades.ask() for each in self._instruments.values()) and self._may_ask:
            return 0.0
        if self._client.is_polled:
            return min(timeout, max(self._poll_at - self._clock(), 0.0))
        return timeout

    @property
    def _may_ask(self) -> bool:
        return self._clock() >= self._no_requests_until

    def _take(self, client: ExchangeClient) -> None:
        for arrival in client.take():
            instrument = self._instruments.get(arrival.symbol)
            if instrument is None:
                continue
            instrument.heard()
            if not arrival.is_whole:
                instrument.trades.lost()
            book = client.book(arrival.symbol)
            instrument.trades.add(self._read(instrument, arrival.trades, book))
        if client.is_polled:
            if self._clock() >= self._poll_at:
                self._poll_at = self._clock() + self._settings.every
                for instrument in self._instruments.values():
                    instrument.trades.check()
            return
        quiet = self._settings.quiet + self._settings.bar_length / 1000
        for instrument in self._instruments.values():
            # before its first trade there is nothing that newer ones could be told from
            if instrument.trades.last and instrument.silence >= quiet:
                instrument.heard()
                instrument.is_checked = True
                instrument.trades.check()

    def _ask(self, client: ExchangeClient, instrument: Instrument) -> None:
        ask = instrument.trades.ask() if self._may_ask else None
        if ask is None:
            return
        page = self._page(client, instrument, ask)
        if page is None:
            return
        trades = self._read(instrument, page, {})
        is_new = instrument.trades.add_history(trades, len(page) < PAGE - 1)
        if is_new and instrument.is_checked:
            self._stopped = f"it has stopped sending trades of {instrument.symbol}"
        instrument.is_checked = False

    def _page(
        self, client: ExchangeClient, instrument: Instrument, ask: Ask
    ) -> Sequence[Mapping[str, Any]] | None:
        try:
            return client.history(instrument.symbol, ask)
        except RateLimitedError as error:
            # trades go on coming meanwhile; what is missing is asked for later
            self._no_requests_until = self._clock() + error.pause
            self._notify(f"{self}: {error}; what is missing is fetched after that")
            return None

    def _read(
        self,
        instrument: Instrument,
        trades: Sequence[Mapping[str, Any]],
        book: Mapping[str, Any],
    ) -> list[Trade]:
        found = []
        for fields in trades:
            try:
                found.append(read_trade(fields, fields.get("bar", book), self._dialect.is_numbered))
            except Invalid as error:
                self.skipped["unreadable"] += 1
                kind = str(error).partition(" is ")[0]
                if kind not in self._reported:
                    self._reported.add(kind)
                    self._notify(f"{self}: a trade of {instrument.symbol} is skipped: {error}")
        return found


def _places_of(position: Position | None) -> dict[str, Place]:
    if position is None:
        return {}
    try:
        places = {sid: Place(*place) for sid, place in position.items()}
        if all(isinstance(p.id, str) and isinstance(p.at, int) for p in places.values()):
            return places
    except (AttributeError, TypeError):
        pass
    raise FeedError(
        f"the state {position!r:.60} is of no exchange; expected the file of another source"
    )
