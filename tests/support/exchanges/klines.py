"""Candles of the exchange of the tests, by `/api/v3/klines` as Binance documents it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from aiohttp import web

MINUTE = 60_000
LENGTHS = {"1m": MINUTE, "1h": 60 * MINUTE, "1d": 1440 * MINUTE}

Row = list[int | str]


class Klines:
    """Candles of all symbols alike: what they hold follows from their times.

    All times are in ms.
    """

    def __init__(self, now: int):
        self.first = now
        """When the first one opens."""
        self.now = now
        """The time at the exchange."""
        self.missing: list[tuple[int, int]] = []
        """Spans without candles: from, and up to which."""
        self.served = 0
        """Requests that were answered, or wait."""
        self.holds_at: int | None = None
        """The number of the request that is not answered."""
        self.forgets_at: int | None = None
        """The number of the request whose answer lacks every second candle."""

    async def answer(self, request: web.Request) -> web.Response:
        """Answer a request for candles."""
        self.served += 1
        number = self.served
        if number == self.holds_at:
            while request.transport is not None:  # until the client is gone
                await asyncio.sleep(0.02)
        limit = int(request.query.get("limit", 500))
        assert limit <= 1000, "the documented limit"
        length = LENGTHS[request.query["interval"]]
        newest = (self.now // length - limit + 1) * length
        rows = self._rows(int(request.query.get("startTime", newest)), length, limit)
        found = list(rows)
        return web.json_response(found[::2] if number == self.forgets_at else found)

    async def answer_time(self, request: web.Request) -> web.Response:
        """Answer a request for the time of the exchange."""
        return web.json_response({"serverTime": self.now})

    def _rows(self, since: int, length: int, limit: int) -> Iterator[Row]:
        at = max(-(-since // length) * length, self.first)
        while at <= self.now and limit:
            if not any(start <= at < end for start, end in self.missing):
                limit -= 1
                yield row(at, length, self.now)
            at += length


def row(at: int, length: int, now: int) -> Row:
    """Return a candle; of one that is open the close is not final."""
    n = at // length
    close = 100 + n % 40 if at + length <= now else 1
    volume = f"{n % 7}.25"
    ends = at + length - 1
    return [at, f"{100 + n % 30}", "141.5", "0.5", f"{close}", volume, ends, "0", 3, "0", "0", "0"]
