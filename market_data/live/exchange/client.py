"""One connection to an exchange by ccxt, on an event loop that runs only when it is asked to."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import aiohttp
import ccxt
import ccxt.async_support
import ccxt.pro

from market_data.live.exchange.candles import closed
from market_data.live.exchange.dialect import Dialect
from market_data.live.exchange.errors import (
    ExchangeRefusedError,
    NoBarsError,
    NoDepthError,
    RateLimitedError,
    UnknownExchangeError,
    UnknownMarketError,
    reason_of,
)
from market_data.live.exchange.order_book import best, levels
from market_data.live.exchange.settings import Settings
from market_data.live.exchange.trade import Ask
from market_data.live.source import SourceLostError

Result = TypeVar("Result")
Fields = Mapping[str, Any]

PAGE = 1_000
"""Trades of the history that are asked for at once."""

# Seconds without requests after a refusal that does not say how long.
_PAUSE = 30.0

_SHUTDOWN = "it is about to end the connection"


class Arrival(NamedTuple):
    """Trades of a market that have come since the last look."""

    symbol: str
    trades: Sequence[Fields]
    is_whole: bool
    """Whether none has come and gone between the two looks."""


def check_exchange(name: str) -> None:
    """Raise UnknownExchangeError if ccxt has none of this name."""
    if name not in ccxt.async_support.exchanges:
        near = difflib.get_close_matches(name, ccxt.async_support.exchanges, 1)
        hint = f'did you mean "{near[0]}"?' if near else "expected a name of ccxt's list"
        raise UnknownExchangeError(name, hint)


class ExchangeClient:
    """Markets, streams and history of an exchange, until it is closed.

    Streams are read while `connect`, `wait` or `history` runs. At other times what arrives stays
    in the buffers of the system, and an exchange that it becomes too much for ends the connection.
    Every method raises SourceLostError if the exchange is not reached, or has ended the connection.

    """

    def __init__(self, settings: Settings, dialect: Dialect):
        self._name = settings.exchange
        self._settings = settings
        self._dialect = dialect
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(self._unhandled)
        self._arrived = asyncio.Event()
        self._failure: BaseException | None = None
        self._exchange: Any = None
        self._tasks: list[asyncio.Task[None]] = []
        self._seen: dict[str, Any] = {}

    @property
    def is_polled(self) -> bool:
        """Whether the exchange has no stream of trades that ccxt can read."""
        has = self._exchange.has
        what = "OHLCV" if self._settings.bars else "Trades"
        return not (has.get(f"watch{what}ForSymbols") or has.get(f"watch{what}"))

    def connect(self, markets: Fields | None) -> dict[str, Any]:
        """Load the markets, unless they are given, and subscribe to trades and order books.

        :return: the markets, for the next connection.
        :raises UnknownExchangeError: or UnknownMarketError, ExchangeRefusedError, RateLimitedError.
        """
        self._run(self._connect(markets))
        return dict(self._exchange.markets)

    def wait(self, timeout: float) -> None:
        """Return when trades have come, or after this number of seconds."""
        self._run(self._wait(timeout))
        if self._failure is not None:
            raise SourceLostError(reason_of(self._failure, self._exchange))

    def take(self) -> Iterator[Arrival]:
        """Yield what has come since the last call, by symbol."""
        if bars := self._settings.bars:
            yield from self._take_bars(bars.name)
            return
        for symbol, cache in self._exchange.trades.items():
            new = []
            is_whole = False
            seen = self._seen.get(symbol)
            # from the newest one back; there may be no other that is equal, so that `is` will do
            for trade in reversed(cache):
                if trade is seen:
                    is_whole = True
                    break
                new.append(trade)
            if new:
                self._seen[symbol] = new[0]
                is_whole = is_whole or len(new) < cache.max_size
                yield Arrival(symbol, new[::-1], is_whole)

    def _take_bars(self, timeframe: str) -> Iterator[Arrival]:
        for symbol, caches in self._exchange.ohlcvs.items():
            rows = []
            for row in reversed(caches.get(timeframe, ())):
                if row[0] < self._seen.get(symbol, row[0]):
                    break
                rows.append(row)
            # the newest one is open, and comes again
            if len(rows) > 1 or (rows and symbol not in self._seen):
                self._seen[symbol] = rows[0][0]
                yield Arrival(symbol, closed(rows[::-1], self._settings.bar_length), True)

    def book(self, symbol: str) -> Fields:
        """Return what a quote says of the newest order book (order_book.py)."""
        if depth := self._settings.depth:
            return levels(self._exchange.orderbooks.get(symbol, {}), depth)
        return best(self._exchange.bidsasks.get(symbol, {}))

    def history(self, symbol: str, ask: Ask) -> Sequence[Fields]:
        """Return at most PAGE trades of the past, the oldest first; RateLimitedError.

        Of bars it is one less, since the last one may be open.
        """
        if bars := self._settings.bars:
            length = self._settings.bar_length
            since = ask.at if ask.number is None else ask.number * length
            rows = self._run(self._exchange.fetch_ohlcv(symbol, bars.name, since, PAGE))
            return closed(rows, length)
        params = dict(self._dialect.history)
        if ask.number is not None:
            params[self._dialect.from_number] = ask.number
        asked = self._exchange.fetch_trades(symbol, since=ask.at, limit=PAGE, params=params)
        found: Sequence[Fields] = self._run(asked)
        return found

    def close(self) -> None:
        """End the connection."""
        if self._loop.is_closed():
            return
        try:
            self._loop.run_until_complete(self._close())
        finally:
            self._loop.close()

    async def _connect(self, markets: Fields | None) -> None:
        self._exchange = exchange = self._make()
        if self._settings.is_sandbox:
            exchange.set_sandbox_mode(True)
        if markets is None:
            await exchange.load_markets()
        else:
            exchange.set_markets(list(markets.values()))
        for symbol in self._settings.symbols:
            if symbol not in exchange.markets:
                near = difflib.get_close_matches(symbol, exchange.markets, 1)
                hint = f'did you mean "{near[0]}"?' if near else "expected one such as BTC/USDT"
                raise UnknownMarketError(self._name, symbol, hint)
        self._watch_shutdown()
        if self._settings.bars:
            self._watch_bars(self._settings.bars.name)
            return
        symbols, watch = list(self._settings.symbols), dict(self._dialect.watch)
        if exchange.has.get("watchTradesForSymbols"):
            self._start(exchange.watch_trades_for_symbols, symbols, params=watch)
        elif exchange.has.get("watchTrades"):
            for symbol in symbols:
                self._start(exchange.watch_trades, symbol, params=watch)
        if self._settings.depth:
            if not exchange.has.get("watchOrderBook"):
                raise NoDepthError(self._name)
            for symbol in symbols:
                self._start(exchange.watch_order_book, symbol)
        elif exchange.has.get("watchBidsAsks") and not self.is_polled:
            self._start(exchange.watch_bids_asks, symbols)

    def _watch_bars(self, timeframe: str) -> None:
        exchange, symbols = self._exchange, self._settings.symbols
        if not exchange.has.get("fetchOHLCV") or timeframe not in (exchange.timeframes or ()):
            raise NoBarsError(self._name, timeframe, list(exchange.timeframes or ()))
        if exchange.has.get("watchOHLCVForSymbols"):
            self._start(exchange.watch_ohlcv_for_symbols, [[each, timeframe] for each in symbols])
        elif exchange.has.get("watchOHLCV"):
            for symbol in symbols:
                self._start(exchange.watch_ohlcv, symbol, timeframe)

    def _make(self) -> Any:
        streaming = self._name in ccxt.pro.exchanges
        kind = getattr(ccxt.pro if streaming else ccxt.async_support, self._name)
        config = self._settings.config
        options = {**self._dialect.options, **config.get("options", {})}
        exchange = kind({"newUpdates": True, **config, "options": options})
        if not exchange.has.get("fetchTrades"):
            raise UnknownExchangeError(self._name, "it tells ccxt no trades")
        return exchange

    def _watch_shutdown(self) -> None:
        """Notice `serverShutdown` of Binance, which ccxt passes over."""
        handle = getattr(self._exchange, "handle_message", None)

        def look_first(client: Any, message: Any) -> None:
            if isinstance(message, dict) and message.get("e") == "serverShutdown":
                self._fail(ConnectionError(_SHUTDOWN))
            elif handle is not None:
                handle(client, message)

        self._exchange.handle_message = look_first

    def _start(self, watch: Any, *args: Any, **kwargs: Any) -> None:
        async def follow() -> None:
            try:
                while True:
                    await watch(*args, **kwargs)
                    self._arrived.set()
            except Exception as error:
                self._fail(error)

        self._tasks.append(self._loop.create_task(follow()))

    def _fail(self, error: BaseException) -> None:
        self._failure = self._failure or error
        self._arrived.set()

    def _unhandled(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        # After what it could not read, ccxt reads no more of that stream. What nobody waits for any
        # longer may fail.
        error = context.get("exception")
        if error is not None and "never retrieved" not in context["message"]:
            self._fail(ConnectionError(f"it sent what cannot be read: {error}"))

    async def _wait(self, timeout: float) -> None:
        try:
            async with asyncio.timeout(timeout):
                await self._arrived.wait()
        except TimeoutError:
            return
        self._arrived.clear()

    async def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._exchange is not None:
            await self._exchange.close()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        try:
            return self._loop.run_until_complete(work)
        except ccxt.AuthenticationError as error:
            raise ExchangeRefusedError(self._name, reason_of(error, self._exchange)) from error
        except (ccxt.DDoSProtection, ccxt.RateLimitExceeded) as error:
            raise RateLimitedError(self._retry_after()) from error
        except (ccxt.BaseError, aiohttp.ClientError, OSError) as error:
            raise SourceLostError(reason_of(error, self._exchange)) from error

    def _retry_after(self) -> float:
        headers = self._exchange.last_response_headers or {}
        named = {name.lower(): value for name, value in headers.items()}
        try:
            return max(float(named["retry-after"]), 0.0)
        except (KeyError, ValueError):
            return _PAUSE
