"""Reads the source of Alpaca as the pump does."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from market_data.feeds.quote import as_message
from market_data.live.alpaca.source import AlpacaSource, Settings
from market_data.live.credentials import Credentials
from market_data.live.source import Report, SourceLostError
from tests.support.exchanges.alpaca import KEY, SECRET, AlpacaServer, id_of
from tests.support.processes import eventually


def credentials(secret: str = SECRET) -> Credentials:
    return Credentials({"APCA_API_KEY_ID": KEY, "APCA_API_SECRET_KEY": secret}, "a file")


class Reader:
    """Reads a source as the pump does, and connects it again."""

    def __init__(
        self,
        server: AlpacaServer,
        position: Any = None,
        secret: str = SECRET,
        feed: str = "iex",
        symbols: tuple[str, ...] = ("AAPL", "MSFT"),
    ):
        self.quotes: list[dict[str, Any]] = []
        self.reports: list[Report] = []
        self.losses: list[str] = []
        self.position = position
        self.later = 0.0
        address = f"127.0.0.1:{server.port}"
        settings = Settings(symbols, feed, f"ws://{address}/", f"http://{address}/")
        self.source = AlpacaSource(
            settings, credentials(secret), lambda: time.monotonic() + self.later
        )

    def connect(self) -> Reader:
        self.source.connect(self.position)
        return self

    def read(self) -> None:
        """Read once, or connect again."""
        try:
            batch = self.source.read(0.05)
        except SourceLostError as error:
            self.losses.append(str(error))
            self.source.close()
            self.connect()
            return
        if batch is not None:
            self.quotes += [as_message(quote, "") for quote in batch.quotes]
            self.reports += batch.reports
            # as the state file has it
            self.position = json.loads(json.dumps(batch.position))

    def read_until(self, condition: Callable[[], object], what: str) -> None:
        eventually(lambda: self.read() or condition(), what, interval=0)

    def ids(self, symbol: str = "AAPL") -> list[str]:
        return [quote["id"] for quote in self.quotes if quote["sid"] == symbol]

    def await_trades(self, *trades: dict[str, Any], symbol: str = "AAPL") -> None:
        """Read until these are published, and see that no other one was, in this order."""
        expected = [id_of(symbol, trade) for trade in trades]
        self.read_until(lambda: len(self.ids(symbol)) >= len(expected), f"{len(expected)} trades")
        assert self.ids(symbol) == expected

    def await_reports(self, *codes: str) -> list[Report]:
        self.read_until(lambda: len(self.reports) >= len(codes), f"{len(codes)} reports")
        assert [report.code for report in self.reports] == list(codes)
        return self.reports
