"""Trades of Alpaca, as they take place, and those that were missed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from market_data.errors import FeedError
from market_data.live.alpaca.fill import Fill
from market_data.live.alpaca.history import History, HistoryAwayError, HistoryRefusedError
from market_data.live.alpaca.known import Known
from market_data.live.alpaca.messages import (
    NAME,
    Book,
    Element,
    InvalidTradeError,
    Trade,
    read_book,
    read_cancel,
    read_correction,
    read_trade,
    unreadable,
)
from market_data.live.alpaca.quiet import Quiet
from market_data.live.alpaca.stream import Stream
from market_data.live.credentials import Credentials
from market_data.live.source import Batch, Position, Report, SourceLostError
from portfolio.times import iso_8601_full

MAX_HELD = 100_000
"""Live trades that wait for the history; more stay with Alpaca."""

_SECOND = 10**9

# Seconds for which a trade that the history has may still be on its way in the stream.
_GRACE = 5

# Seconds by which a stream is late, where it is, with one to spare: as long its trades are refused.
_DELAYS = {"delayed_sip": 15 * 60 + 1}
# The history of a stream, where it has another name.
_HISTORIES = {"delayed_sip": "sip"}


class Settings(NamedTuple):
    """What is published, and where from."""

    symbols: Sequence[str]
    feed: str
    stream_url: str
    """Without the feed, such as wss://stream.data.alpaca.markets."""
    history_url: str


class AlpacaSource:
    """A live source (market_data/live/source.py) whose position is the last trade of each symbol.

    After each connection but the first, the history is asked for the trades since, and live ones
    wait for them, for each symbol by itself. What cannot be had is reported as a gap. In a silence
    the history tells whether trades take place: then the stream is lost. Bid and ask of a trade
    are the latest ones that came before it.
    """

    name = NAME

    def __init__(
        self,
        settings: Settings,
        credentials: Credentials,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._settings = settings
        self._credentials = credentials
        self._clock = clock
        feed = _HISTORIES.get(settings.feed, settings.feed)
        self._history = History(settings.history_url, feed, credentials)
        self._stream: Stream | None = None
        self._known: dict[str, Known] = {}
        self._positions: dict[str, list[str]] = {}
        self._books: dict[str, Book] = {}
        self._fills: dict[str, Fill] = {}
        self._quiet = Quiet(settings.symbols, clock)
        self._opened = 0, 0.0
        self._no_questions_until = 0.0
        self._is_streams_turn = False
        self._is_begun = False

    def __str__(self) -> str:
        return f"{', '.join(self._settings.symbols)} of Alpaca ({self._settings.feed})"

    def connect(self, position: Position | None) -> None:
        """Connect, subscribe, and begin to fill what is missing of each symbol."""
        settings = self._settings
        if not self._known:
            self._known = _known_of(position)
        url = f"{settings.stream_url.rstrip('/')}/v2/{settings.feed}"
        self._stream = stream = Stream(url, self._credentials, settings.symbols)
        now = stream.opened_at - _DELAYS.get(settings.feed, 0) * _SECOND
        self._opened = now, self._clock()
        self._quiet.heard()
        self._books = {}
        self._fills = {}
        for sid in settings.symbols:
            if sid in self._known:
                # the clock of the stream shows whole seconds
                self._fills[sid] = Fill(sid, self._known[sid], now + _SECOND, self._clock)
            else:
                self._known[sid] = Known(iso_8601_full(now))
            self._positions[sid] = self._known[sid].position
        self._is_begun = False

    def read(self, timeout: float) -> Batch | None:
        """Return the quotes of one message, or of one page of the history."""
        if not self._is_begun:
            # what is lost before the first trade is missing, too
            self._is_begun = True
            return self._batch([], [])
        for fill in self._fills.values():
            if fill.is_overdue():
                return self._give_up(fill, "its history does not have them, or does not answer")
        next_one, wait = self._next_question(timeout)
        if wait == 0.0 and next_one is not None and not self._is_streams_turn:
            self._is_streams_turn = True
            return self._ask(next_one)
        self._is_streams_turn = False
        if sum(each.held for each in self._fills.values()) >= MAX_HELD:
            time.sleep(wait)
            return None
        assert self._stream is not None
        elements = self._stream.receive(wait)
        if elements:
            self._quiet.heard()
            return self._read(elements)
        if not self._fills and (sid := self._quiet.next()) is not None:
            self._check(sid)
        return None

    def acknowledge(self, position: Position) -> None:
        """Do nothing: Alpaca keeps its trades."""

    def close(self) -> None:
        """Disconnect."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _next_question(self, timeout: float) -> tuple[Fill | None, float]:
        """Return whose turn it is to ask, and the seconds until then, at most `timeout`."""
        now = self._clock()
        asked = [
            (max(fill.ask_at, self._no_questions_until), sid)
            for sid, fill in self._fills.items()
            if fill.ask_at is not None
        ]
        if not asked:
            return None, timeout
        at, sid = min(asked)
        return self._fills[sid], min(max(at - now, 0.0), timeout)

    def _check(self, sid: str) -> None:
        """Ask the history for trades that the stream should have sent."""
        opened_at, then = self._opened
        until = opened_at + int(self._clock() - then - _GRACE) * _SECOND
        known = self._known[sid]
        try:
            page = self._history.page(sid, known.since, iso_8601_full(until), None)
        except (HistoryRefusedError, HistoryAwayError):
            return
        for element in page.trades:
            try:
                trade = read_trade(element, sid, {})
            except InvalidTradeError:
                continue
            if trade.quote is not None and trade not in known:
                raise SourceLostError(f"it has stopped sending trades of {sid}")

    def _ask(self, fill: Fill) -> Batch | None:
        ask = fill.ask()
        try:
            page = self._history.page(fill.sid, ask.start, ask.end, ask.token)
        except HistoryRefusedError as error:
            return self._give_up(fill, f"its history is refused: {error}")
        except HistoryAwayError as error:
            fill.failed(error.pause)
            if error.pause is not None:
                self._no_questions_until = self._clock() + error.pause
            return None
        trades: list[Trade] = []
        reports: list[Report] = []
        for element in page.trades:
            try:
                trades.append(read_trade(element, fill.sid, {}))
            except InvalidTradeError as error:
                reports.append(unreadable(element, fill.sid, str(error)))
        new = fill.add(trades, page.following)
        self._forget_if_done(fill)
        return self._batch(new, reports, fill.sid)

    def _give_up(self, fill: Fill, reason: str) -> Batch:
        gap, trades = fill.give_up()
        self._forget_if_done(fill)
        after, before = (bound.id or bound.ts for bound in (gap.after, gap.before))
        sentence = f"trades of {fill.sid} may be missing between {after} and {before}: {reason}"
        return self._batch(trades, [Report("gap", sentence, gap=gap)], fill.sid)

    def _forget_if_done(self, fill: Fill) -> None:
        if fill.is_done:
            del self._fills[fill.sid]

    def _read(self, elements: Sequence[Element]) -> Batch | None:
        trades: list[Trade] = []
        reports: list[Report] = []
        for element in elements:
            kind, sid = element.get("T"), element.get("S")
            known = self._known.get(sid) if isinstance(sid, str) else None
            if known is None:
                continue
            assert isinstance(sid, str)
            if kind == "q":
                self._books[sid] = read_book(element)
            elif kind == "t":
                try:
                    trade = read_trade(element, sid, self._books.get(sid, {}))
                except InvalidTradeError as error:
                    reports.append(unreadable(element, sid, str(error)))
                    continue
                if (fill := self._fills.get(sid)) is not None:
                    fill.hold(trade)
                elif known.add(trade):
                    trades.append(trade)
                    self._positions[sid] = known.position
            elif kind == "c":
                reports.append(read_correction(element))
            elif kind == "x":
                reports.append(read_cancel(element))
        return self._batch(trades, reports) if trades or reports else None

    def _batch(
        self, trades: Sequence[Trade], reports: Sequence[Report], sid: str | None = None
    ) -> Batch:
        if sid is not None:
            self._positions[sid] = self._known[sid].position
        reported = [trade.report for trade in trades if trade.report is not None]
        quotes = [trade.quote for trade in trades if trade.quote is not None]
        return Batch(quotes, dict(self._positions), [*reports, *reported])


def _known_of(position: Position | None) -> dict[str, Known]:
    if position is None:
        return {}
    try:
        for texts in position.values():
            if not all(isinstance(text, str) for text in texts):
                raise TypeError
        return {sid: Known(ts, ids) for sid, (ts, *ids) in position.items()}
    except (AttributeError, TypeError, ValueError) as error:
        found = f"the state {position!r:.60} is not of Alpaca; expected the file of another source"
        raise FeedError(found) from error
