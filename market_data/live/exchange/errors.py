"""What an exchange may refuse, in sentences."""

from __future__ import annotations

from typing import Any

from market_data.errors import FeedError
from market_data.live.exchange.hidden import hidden

MAX_REASON = 200


class UnknownExchangeError(FeedError):
    """A name that ccxt does not know, or an exchange that does not tell its trades."""

    def __init__(self, exchange: str, hint: str):
        super().__init__(f'there is no exchange "{exchange}" with public trades; {hint}')
        self.exchange = exchange


class UnknownMarketError(FeedError):
    """A symbol that is not traded at the exchange."""

    def __init__(self, exchange: str, symbol: str, hint: str):
        super().__init__(f'{exchange} has no market "{symbol}"; {hint}')
        self.exchange = exchange
        self.symbol = symbol


class NoBarsError(FeedError):
    """An exchange that does not make bars of this length."""

    def __init__(self, exchange: str, timeframe: str, has: list[str]):
        hint = f"it has {', '.join(has)}" if has else "it has none"
        super().__init__(f"{exchange} has no bars of {timeframe}; {hint}")
        self.exchange = exchange
        self.timeframe = timeframe


class NoDepthError(FeedError):
    """An exchange whose order book is no stream."""

    def __init__(self, exchange: str):
        super().__init__(f"{exchange} has no stream of its order book; leave out --depth")
        self.exchange = exchange


class ExchangeConfigError(FeedError):
    """A file of --exchange-config that cannot be used."""

    def __init__(self, path: str, found: str):
        super().__init__(
            f"{path}: {found}; expected a JSON object of what ccxt's exchanges take, such as"
            ' {"urls": …, "httpsProxy": …}'
        )
        self.path = path


class ExchangeRefusedError(FeedError):
    """An exchange that does not take these credentials."""

    def __init__(self, exchange: str, reason: str):
        super().__init__(f"{exchange} refuses the credentials of --exchange-config: {reason}")
        self.exchange = exchange


class RateLimitedError(Exception):
    """An exchange that asks to be left alone for `pause` seconds."""

    def __init__(self, pause: float):
        super().__init__(f"it asks for no more requests for {pause:g} s")
        self.pause = pause


def reason_of(error: BaseException, exchange: Any) -> str:
    """Return the text of an error as a part of a sentence, without secrets.

    :param exchange: as `hidden` takes it.
    """
    text = " ".join(str(error).split()) or type(error).__name__
    text = hidden(text, exchange)
    return text if len(text) <= MAX_REASON else text[:MAX_REASON] + "…"
