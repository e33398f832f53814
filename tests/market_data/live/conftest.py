"""A Binance on loopback, and readers of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.market_data.live.exchange_reader import Reader
    from tests.support.exchanges.binance import BinanceServer


@pytest.fixture
def binance() -> Iterator[BinanceServer]:
    from tests.support.exchanges.binance import BinanceServer

    server = BinanceServer()
    yield server
    server.close()


@pytest.fixture
def read(binance: BinanceServer) -> Iterator[Callable[..., Reader]]:
    """Makes readers that are connected, and closes them."""
    from tests.market_data.live.exchange_reader import Reader

    made: list[Reader] = []

    def reader(stream: str = "aggTrade", **settings: Any) -> Reader:
        made.append(Reader(binance, **settings))
        made[-1].connect(stream)
        return made[-1]

    yield reader
    for each in made:
        each.source.close()
