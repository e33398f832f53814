"""Reads the source of an exchange as the pump does, on the test's own thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from market_data.feeds.quote import as_message
from market_data.live.exchange.settings import Settings
from market_data.live.exchange.source import ExchangeSource
from market_data.live.source import Gap, SourceLostError
from tests.support.exchanges.binance import BinanceServer
from tests.support.exchanges.binance_messages import FIRST
from tests.support.processes import eventually

BTC, ETH = "BTCUSDT", "ETHUSDT"


def numbers(*counts: int) -> list[int]:
    """Those of the first trades of an instrument."""
    return list(range(FIRST, FIRST + sum(counts)))


class Reader:
    """Reads a source as the pump does, and connects it again."""

    def __init__(
        self,
        server: BinanceServer,
        clock: Callable[[], float] = time.monotonic,
        **settings: Any,
    ):
        self.told: list[str] = []
        self.quotes: list[dict[str, Any]] = []
        self.gaps: list[Gap] = []
        self.losses: list[str] = []
        self.position: Any = None
        config = {**server.config, "timeout_on_exit": 0, **settings.pop("config", {})}
        chosen = {"symbols": ["BTC/USDT", "ETH/USDT"], **settings}
        self._server = server
        made = Settings("binance", config=config, **chosen)
        self.source = ExchangeSource(made, self.told.append, clock)

    def connect(self, stream: str) -> None:
        self.source.connect(self.position)
        self.await_subscription(stream)

    def await_subscription(self, stream: str = "aggTrade") -> None:
        """Read on, which is what sends the subscription, until it has arrived."""
        eventually(
            lambda: self.read_on() or self._server.is_subscribed(BTC, stream), "a subscription"
        )

    def read(self, timeout: float = 0.05) -> bool:
        """Read once; tell whether something came."""
        batch = self.source.read(timeout)
        if batch is not None:
            self.quotes += [as_message(quote, "") for quote in batch.quotes]
            self.gaps += batch.gaps
            self.position = batch.position
        return batch is not None

    def read_on(self) -> None:
        """Read once, or connect again."""
        try:
            self.read()
        except SourceLostError as error:
            self.losses.append(str(error))
            self.source.close()
            eventually(self._connects, "a connection")

    def _connects(self) -> bool:
        try:
            self.source.connect(self.position)
        except SourceLostError as error:
            self.losses.append(str(error))
            self.source.close()
            return False
        return True

    def has_book(self, symbol: str) -> bool:
        client = self.source._client
        assert client is not None
        return bool(client.best(symbol))

    def numbers(self, sid: str) -> list[int]:
        """Those of the trades of an instrument that were published, in order."""
        ids = [quote["id"] for quote in self.quotes if quote["sid"] == sid]
        return [int(own_id.rpartition(":")[2]) for own_id in ids]

    def await_trades(self, sid: str, numbers: list[int]) -> None:
        eventually(
            lambda: self.read_on() or len(self.numbers(sid)) >= len(numbers),
            f"{len(numbers)} trades",
        )
        assert self.numbers(sid) == numbers
