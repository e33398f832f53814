"""Binance's spot market on a free port of loopback: REST and streams, with faults on request.

The protocol is that of developers.binance.com/docs/binance-spot-api-docs: `rest-api.md`, and
`web-socket-streams.md`. Streams are at `/stream/ws`: ccxt takes addresses without `/stream` for
those of futures.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from aiohttp import WSMsgType, web

from tests.support.exchanges.binance_messages import (
    BASES,
    FIRST,
    SINCE,
    Json,
    Refusal,
    Trade,
    as_aggregate,
    as_kline,
    as_rest_aggregate,
    as_rest_trade,
    as_trade,
    exchange_info,
)
from tests.support.exchanges.klines import MINUTE, Klines, row

Result = TypeVar("Result")
Levels = list[list[str]]
"""Prices with their sizes."""


class BinanceServer:
    """The exchange. Its methods are called from the test's thread; they return when it is done."""

    def __init__(self) -> None:
        self.trades: dict[str, list[Trade]] = {symbol: [] for symbol in BASES}
        """All that took place, whether they were sent or not, by symbol."""
        self.forgotten: dict[str, int] = {}
        """The first number that REST still has, by symbol."""
        self.requests: list[str] = []
        """The paths and queries of REST that were asked for."""
        self.klines = Klines(SINCE)
        self.connections = 0
        """Streams that were opened, ever."""
        self.pongs: list[bytes] = []
        self.is_deaf = False
        """Whether trades are not sent, while connections stay open."""
        self._books: dict[str, Json] = {
            symbol: {"lastUpdateId": 100, "bids": [], "asks": []} for symbol in BASES
        }
        self._refused: dict[str, Refusal] = {}
        self._streams: dict[web.WebSocketResponse, set[str]] = {}
        self._requests: dict[web.WebSocketResponse, web.Request] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.port = self._run(self._serve())

    @property
    def url(self) -> str:
        """Of its REST; with `ws` in front that of its streams."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def config(self) -> Json:
        """What ccxt needs to find it."""
        streams = f"ws://127.0.0.1:{self.port}/stream/ws"
        return {"urls": {"api": {"public": f"{self.url}/api/v3", "ws": {"spot": streams}}}}

    # what happens at the exchange

    def trade(self, symbol: str, count: int = 1, sent: bool = True) -> list[Trade]:
        """Let trades take place, and return them; if they are not `sent`, only REST has them."""

        async def happen() -> list[Trade]:
            known = self.trades[symbol]
            made = []
            for n in range(len(known), len(known) + count):
                price, size = f"{100 + n % 50}.5", f"0.{n % 9 + 1}"
                made.append(Trade(symbol, FIRST + n, price, size, SINCE + 10 * n))
            known.extend(made)
            if sent:
                await self._send_trades(made)
            return made

        return self._run(happen())

    def send(self, *trades: Trade) -> None:
        """Send trades, perhaps again, in this order."""
        self._run(self._send_trades(trades))

    def book(self, symbol: str, bid: str, ask: str) -> None:
        """Send the best bid and ask."""
        message = {"u": 1, "s": symbol, "b": bid, "B": "1.5", "a": ask, "A": "2.5"}
        self._run(self._send(f"{symbol.lower()}@bookTicker", json.dumps(message)))

    def depth(self, symbol: str, bids: Levels, asks: Levels) -> None:
        """Change the order book, and send what has changed."""
        book = self._books[symbol]
        number = book["lastUpdateId"] = book["lastUpdateId"] + 1
        for side, changes in (("bids", bids), ("asks", asks)):
            book[side] = list({**dict(book[side]), **dict(changes)}.items())
        message = {"e": "depthUpdate", "E": SINCE, "s": symbol, "U": number, "u": number}
        text = json.dumps({**message, "b": bids, "a": asks})
        for rate in ("", "@100ms"):
            self._run(self._send(f"{symbol.lower()}@depth{rate}", text))

    def minutes(self, symbol: str, count: int, sent: bool = True) -> None:
        """Let minutes pass, and send the bar that ends with each, and the one that begins."""
        for _ in range(count):
            now = self.klines.now = self.klines.now + MINUTE
            for at in (now - MINUTE, now) if sent else ():
                text = json.dumps(as_kline(symbol, row(at, MINUTE, now)))
                self._run(self._send(f"{symbol.lower()}@kline_1m", text))

    def send_text(self, text: str) -> None:
        """Send a message of any text on all streams."""
        self._each(lambda socket: socket.send_str(text))

    # faults

    def cut(self) -> None:
        """End all connections in the middle of a frame."""

        async def cut(socket: web.WebSocketResponse) -> None:
            transport = self._requests[socket].transport
            assert transport is not None
            # a text frame of 126 bytes or more [RFC 6455, 5.2], of which a few arrive
            transport.write(b'\x81\x7e\x01\x00{"e":"aggTrade","E":17')  # type: ignore[attr-defined]
            await asyncio.sleep(0)
            transport.close()

        self._each(cut)

    def close_streams(self, code: int = 1000, reason: bytes = b"") -> None:
        """Close all connections, as after 24 hours, or with 1008 where a rule was broken."""

        async def close(socket: web.WebSocketResponse) -> None:
            await socket.close(code=code, message=reason, drain=False)

        self._each(close)

    def announce_shutdown(self) -> None:
        """Send `serverShutdown`; the connections stay open for now."""
        self.send_text(json.dumps({"e": "serverShutdown", "E": SINCE}))

    def ping(self, payload: bytes) -> None:
        """Send a ping."""
        self._each(lambda socket: socket.ping(payload))

    def refuse(self, path: str, status: int, **headers: str) -> None:
        """Answer requests of this path so, such as `/api/v3/aggTrades`, until `accept`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._refused[path] = Refusal(status, named)

    def accept(self, path: str) -> None:
        """Answer requests of this path again."""
        del self._refused[path]

    def is_subscribed(self, symbol: str, stream: str = "aggTrade") -> bool:
        """Tell whether a connection is subscribed to a stream of this symbol."""
        name = f"{symbol.lower()}@{stream}"
        return any(name in names for names in list(self._streams.values()))

    def close(self) -> None:
        """End the server."""
        for transport in [request.transport for request in self._requests.values()]:
            if transport is not None:
                self._loop.call_soon_threadsafe(transport.abort)  # type: ignore[attr-defined]
        self._run(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    # how it answers

    async def _serve(self) -> int:
        application = web.Application(middlewares=[self._answer])
        get = application.router.add_get
        get("/api/v3/exchangeInfo", self._exchange_info)
        get("/api/v3/depth", self._order_book)
        get("/api/v3/klines", self.klines.answer)
        get("/api/v3/time", self.klines.answer_time)
        get("/api/v3/aggTrades", self._aggregate_trades)
        get("/api/v3/trades", self._recent_trades)
        get("/api/v3/historicalTrades", self._historical_trades)
        # ccxt puts the number of the connection behind it
        get("/stream/ws", self._stream)
        get("/stream/ws/{number}", self._stream)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        port: int = self._runner.addresses[0][1]
        return port

    @web.middleware
    async def _answer(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        path = "/stream/ws" if request.path.startswith("/stream/ws") else request.path
        if path != "/stream/ws":
            self.requests.append(request.path_qs)
        if refusal := self._refused.get(path):
            limited = {"code": -1003, "msg": "Too many requests."}
            unknown = {"code": -1000, "msg": "An unknown error occurred."}
            error = limited if refusal.status in (418, 429) else unknown
            return web.json_response(error, status=refusal.status, headers=refusal.headers)
        return await handler(request)

    async def _exchange_info(self, request: web.Request) -> web.Response:
        return web.json_response(exchange_info())

    async def _order_book(self, request: web.Request) -> web.Response:
        return web.json_response(self._books[request.query["symbol"]])

    async def _aggregate_trades(self, request: web.Request) -> web.Response:
        found = [as_rest_aggregate(trade) for trade in self._asked_for(request)]
        return web.json_response(found)

    async def _recent_trades(self, request: web.Request) -> web.Response:
        limit = int(request.query.get("limit", 500))
        found = self.trades[request.query["symbol"]][-limit:]
        return web.json_response([as_rest_trade(trade) for trade in found])

    async def _historical_trades(self, request: web.Request) -> web.Response:
        if "X-MBX-APIKEY" not in request.headers:
            error = {"code": -2014, "msg": "API-key format invalid."}
            return web.json_response(error, status=401)
        return web.json_response([as_rest_trade(trade) for trade in self._asked_for(request)])

    def _asked_for(self, request: web.Request) -> list[Trade]:
        symbol = request.query["symbol"]
        limit = int(request.query.get("limit", 500))
        assert limit <= 1000, "the documented limit"
        first = self.forgotten.get(symbol, FIRST)
        known = [trade for trade in self.trades[symbol] if trade.number >= first]
        if "fromId" in request.query:
            number = int(request.query["fromId"])
            return [trade for trade in known if trade.number >= number][:limit]
        if "startTime" in request.query:
            at = int(request.query["startTime"])
            return [trade for trade in known if trade.at >= at][:limit]
        return known[-limit:]

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        self.connections += 1
        self._streams[socket], self._requests[socket] = set(), request
        try:
            async for message in socket:
                if message.type is WSMsgType.PONG:
                    self.pongs.append(bytes(message.data))
                elif message.type is WSMsgType.PING:
                    await socket.pong(message.data)
                elif message.type is WSMsgType.TEXT:
                    await self._command(socket, json.loads(message.data))
        finally:
            del self._streams[socket], self._requests[socket]
        return socket

    async def _command(self, socket: web.WebSocketResponse, command: Json) -> None:
        names = set(command.get("params", []))
        if command["method"] == "SUBSCRIBE":
            self._streams[socket] |= names
        else:
            self._streams[socket] -= names
        await socket.send_json({"result": None, "id": command["id"]})

    async def _send_trades(self, trades: tuple[Trade, ...] | list[Trade]) -> None:
        for trade in trades:
            name = trade.symbol.lower()
            await self._send(f"{name}@aggTrade", json.dumps(as_aggregate(trade)))
            await self._send(f"{name}@trade", json.dumps(as_trade(trade)))

    async def _send(self, stream: str, text: str) -> None:
        if self.is_deaf:
            return
        for socket, names in list(self._streams.items()):
            if stream in names:
                # a connection that has ended is the test's own doing
                with contextlib.suppress(ConnectionError):
                    await socket.send_str(text)

    def _each(self, act: Callable[[web.WebSocketResponse], Awaitable[None]]) -> None:
        async def act_on_all() -> None:
            for socket in list(self._streams):
                await act(socket)

        self._run(act_on_all())

    def _run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)
