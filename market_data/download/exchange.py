"""The history of an exchange, by its REST interface through ccxt."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from market_data.bars.interval import Interval
from market_data.download.candle import Candle
from market_data.download.errors import ExchangeError, UnknownNameError
from market_data.errors import MissingPackageError, ReadOptionError
from market_data.live.exchange.dialect import dialect_of
from market_data.live.exchange.hidden import hidden
from market_data.mqtt.backoff import Backoff
from market_data.stopping import Stop

MAX_ATTEMPTS = 12
"""Requests that may fail one after another."""

MAX_DELAY = 60.0
"""Seconds between two of them."""

MAX_RETRY_AFTER = 3600.0
"""Seconds that an exchange may ask to wait: longer, and the command ends."""

_LIMIT = 100
"""Candles of a request, where ccxt does not know how many the exchange gives."""

_MS = 10**6  # nanoseconds

_GO_ON = "; the same command goes on from here"


def open_exchange(name: str, config: Mapping[str, Any], symbols: Sequence[str]) -> Any:
    """Return ccxt's exchange of this name.

    :param config: what ccxt takes beyond the defaults, such as `urls`, `proxies` or `verify`.
    :param symbols: the ones that will be asked for.
    :raises MissingPackageError: without ccxt.
    :raises UnknownNameError: if there is no such exchange.
    """
    try:
        import ccxt
    except ModuleNotFoundError:
        raise MissingPackageError(name, "ccxt", "live", doing="downloading from") from None
    if name not in ccxt.exchanges:
        raise UnknownNameError("exchange", name, ccxt.exchanges)
    # the markets of futures are other servers
    is_spot = not any(":" in symbol for symbol in symbols)
    options = dict(dialect_of(name).options if is_spot else {}, **config.get("options", {}))
    return getattr(ccxt, name)({"enableRateLimit": True, **config, "options": options})


class History:
    """Candles of one length of an exchange.

    Its methods wait between requests as the exchange prescribes, and try again what failed.

    :param exchange: of ccxt.
    :param notify: called with a sentence when it waits.
    :raises ExchangeError: if it has no candles, or cannot be reached.
    :raises ReadOptionError: if it has none of this length.
    """

    def __init__(
        self, exchange: Any, interval: Interval, stop: Stop, notify: Callable[[str], None]
    ):
        self._exchange = exchange
        self._stop = stop
        self._notify = notify
        self.length = interval.length // _MS
        """Of a candle, in ms."""
        if exchange.has.get("fetchOHLCV") is not True:
            raise ExchangeError(exchange.id, "it gives no candles")
        if interval.name not in exchange.timeframes:
            listed = ", ".join(exchange.timeframes)
            raise ReadOptionError("--every", interval.name, f"{exchange.id} has {listed}")
        self._interval = interval.name
        self._markets = self._ask(exchange.load_markets)

    def __str__(self) -> str:
        return str(self._exchange.id)

    def sid(self, symbol: str) -> str:
        """Return the exchange's own name of a symbol; UnknownNameError if it has none such."""
        if symbol not in self._markets:
            raise UnknownNameError(f"symbol of {self}", symbol, self._markets)
        return str(self._markets[symbol]["id"])

    def now(self) -> int:
        """Return the time in ms, of the exchange's clock if it tells."""
        if self._exchange.has.get("fetchTime") is True:
            return int(self._ask(self._exchange.fetch_time))
        return time.time_ns() // _MS

    def limit(self, symbol: str) -> int:
        """Return how many candles a request gives at most."""
        found = self._exchange.feature_value(symbol, "fetchOHLCV", "limit")
        return int(found or _LIMIT)

    def candles(self, symbol: str, since: int) -> list[Candle]:
        """Return the first candles that open at a time in ms or later."""
        limit = self.limit(symbol)
        found = self._ask(lambda: self._exchange.fetch_ohlcv(symbol, self._interval, since, limit))
        # some exchanges write a candle without trades with nothing in it
        return [Candle(int(row[0]), *map(float, row[1:6])) for row in found if None not in row[:6]]

    def _ask(self, request: Callable[[], Any]) -> Any:
        from ccxt import BaseError, OperationFailed

        backoff = Backoff(MAX_DELAY)
        attempts = 0
        while True:
            attempts += 1
            # those of an answer before would stay where no answer comes
            self._exchange.last_response_headers = None
            try:
                with self._stop.interruptible():
                    return request()
            except OperationFailed as error:
                backoff.grow()
                self._wait(error, backoff.delay, is_last=attempts == MAX_ATTEMPTS)
            except BaseError as error:
                raise ExchangeError(str(self), _sentence(error, self._exchange)) from error

    def _wait(self, error: Exception, delay: float, *, is_last: bool) -> None:
        name, reason = str(self), _sentence(error, self._exchange)
        asked = _retry_after(self._exchange.last_response_headers or {})
        if is_last or (asked or 0) > MAX_RETRY_AFTER:
            hint = "" if asked is None else f"; it asks to wait {asked:.0f} s"
            raise ExchangeError(name, reason, hint + _GO_ON) from error
        seconds = delay if asked is None else asked
        self._notify(f"{name}: {reason}; trying again in {seconds:.1f} s")
        with self._stop.interruptible():
            time.sleep(seconds)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that an answer asks to wait; None if it does not [RFC 9110, 10.2.3]."""
    asked = next((text for name, text in headers.items() if name.lower() == "retry-after"), "")
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", asked, re.ASCII):
        return float(asked)
    with contextlib.suppress(ValueError):
        at = parsedate_to_datetime(asked)
        return max((at - datetime.now(UTC)).total_seconds(), 0.0)
    return None


def _sentence(error: Exception, exchange: Any) -> str:
    text = hidden(str(error).partition("\n")[0], exchange)
    return f"{type(error).__name__}: {text:.200}"
