"""Alpaca's market data on a free port of loopback: stream and history, with faults on request.

The protocol is that of docs.alpaca.markets: "WebSocket Stream", "Real-time Stock Data" and
"Historical trades".
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Coroutine
from email.utils import formatdate
from typing import Any, TypeVar

from aiohttp import WSMsgType, web

from portfolio.times import instant, iso_8601_full

Result = TypeVar("Result")
Json = dict[str, Any]

KEY, SECRET = "PKTESTKEY0123456789", "s3cr3t/Of+The+Tests"
"""The only credentials that are accepted."""

SINCE = instant("2024-01-10T15:00:00Z")
"""The time of the first trade."""

STEP = 10**7
"""Nanoseconds from each trade to the next."""


class AlpacaServer:
    """The exchange. Its methods are called from the test's thread; they return when it is done."""

    def __init__(self) -> None:
        self.now = SINCE
        """Its clock, in nanoseconds since 1970; each trade moves it on."""
        self.trades: dict[str, list[Json]] = {}
        """All that took place and that the history has, by symbol, in the order of time."""
        self.lagging: list[tuple[str, Json]] = []
        """Trades that the history does not have yet."""
        self.is_late = False
        """Whether the history lacks new trades, until `catch_up`."""
        self.page = 1_000
        """The most trades of a page."""
        self.is_limited = False
        """Whether the account has another connection."""
        self.is_mute = False
        """Whether nothing is sent to new connections."""
        self.early: list[Json] = []
        """Elements that are sent before a subscription is confirmed."""
        self.questions: list[str] = []
        """The paths and queries of the history that were asked for."""
        self.commands: list[Json] = []
        """What connections have sent, without credentials."""
        self.pongs: list[bytes] = []
        self.connections = 0
        """Connections that were opened, ever."""
        self._number = 0
        self._refused: dict[str, tuple[int, str, dict[str, str]]] = {}
        self._streams: dict[web.WebSocketResponse, set[str]] = {}
        self._requests: dict[web.WebSocketResponse, web.Request] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.port = self._run(self._serve())

    @property
    def options(self) -> list[str]:
        """What the command needs to find it."""
        address = f"127.0.0.1:{self.port}"
        return ["--stream-url", f"ws://{address}", "--history-url", f"http://{address}"]

    # what happens at the exchange

    def trade(self, symbol: str, count: int = 1, sent: bool = True, **fields: object) -> list[Json]:
        """Let trades take place, and return them; if not `sent`, only the history has them.

        :param fields: in place of their own, in stream and history.
        """

        async def happen() -> list[Json]:
            made = []
            for _ in range(count):
                self._number += 1
                self.now += STEP
                price = 100 + self._number % 50 + 0.5
                own = {"i": self._number, "x": "D", "p": price, "s": self._number % 9 + 1}
                times = {"t": iso_8601_full(self.now), "c": ["@", "I"], "z": "C"}
                made.append({**own, **times, **fields})
            if self.is_late:
                self.lagging += [(symbol, trade) for trade in made]
            else:
                self.trades.setdefault(symbol, []).extend(made)
            if sent:
                await self._send([as_live(symbol, trade) for trade in made])
            return made

        return self._run(happen())

    def catch_up(self) -> None:
        """Let the history have all trades."""

        async def catch_up() -> None:
            for symbol, trade in self.lagging:
                self.trades.setdefault(symbol, []).append(trade)
            self.lagging, self.is_late = [], False

        self._run(catch_up())

    def send(self, *elements: Json) -> None:
        """Send one message with these elements, each to those who are subscribed to its symbol."""
        self._run(self._send(list(elements)))

    def quote(self, symbol: str, bid: float, ask: float) -> None:
        """Send a bid and an ask."""
        sides = {"bx": "U", "bp": bid, "bs": 1, "ax": "Q", "ap": ask, "as": 2}
        self.send({"T": "q", "S": symbol, **sides, "t": iso_8601_full(self.now), "z": "C"})

    def send_text(self, text: str) -> None:
        """Send a message of any text to all connections."""
        self._each(lambda socket: socket.send_str(text))

    def fail(self, code: int, text: str) -> None:
        """Send an error of the stream."""
        self.send_text(json.dumps([{"T": "error", "code": code, "msg": text}]))

    # faults

    def cut(self) -> None:
        """End all connections in the middle of a frame."""

        async def cut(socket: web.WebSocketResponse) -> None:
            transport = self._requests[socket].transport
            assert transport is not None
            # a text frame of 256 bytes [RFC 6455, 5.2], of which a few arrive
            transport.write(b'\x81\x7e\x01\x00[{"T":"t","S":"AAPL",')  # type: ignore[attr-defined]
            await asyncio.sleep(0)
            transport.close()

        self._each(cut)

    def close_streams(self, code: int = 1000, reason: bytes = b"") -> None:
        """Close all connections."""

        async def close(socket: web.WebSocketResponse) -> None:
            await socket.close(code=code, message=reason, drain=False)

        self._each(close)

    def ping(self, payload: bytes) -> None:
        """Send a ping; its pong comes into `pongs`."""
        self._each(lambda socket: socket.ping(payload))

    def refuse(self, path: str, status: int, message: str, **headers: str) -> None:
        """Answer requests so, of the history of a symbol or of `stream`, until `accept`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._refused[path] = status, message, named

    def accept(self, path: str) -> None:
        """Answer these requests again."""
        del self._refused[path]

    def is_subscribed(self, symbol: str) -> bool:
        """Tell whether a connection is subscribed to the trades of a symbol."""
        return any(symbol in symbols for symbols in list(self._streams.values()))

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
        application = web.Application()
        application.router.add_get("/v2/stocks/{symbol}/trades", self._history)
        application.router.add_get("/v2/{feed}", self._stream)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        port: int = self._runner.addresses[0][1]
        return port

    async def _history(self, request: web.Request) -> web.Response:
        self.questions.append(request.path_qs)
        symbol = request.match_info["symbol"]
        if symbol in self._refused:
            return self._refusal(symbol)
        given = request.headers.get("APCA-API-KEY-ID"), request.headers.get("APCA-API-SECRET-KEY")
        if given != (KEY, SECRET):
            return web.json_response({"message": "forbidden."}, status=403)
        query = request.query
        limit = min(int(query["limit"]), self.page)
        start, end = instant(query["start"]), instant(query["end"])
        known = self.trades.get(symbol, [])
        found = [trade for trade in known if start <= instant(trade["t"]) <= end]
        found.sort(key=lambda trade: instant(trade["t"]))
        first = int(query.get("page_token", "0"))
        following = str(first + limit) if first + limit < len(found) else None
        return web.json_response(
            {
                "symbol": symbol,
                # as the real one has it
                "trades": found[first : first + limit] or None,
                "next_page_token": following,
            }
        )

    def _refusal(self, path: str) -> web.Response:
        status, message, headers = self._refused[path]
        return web.json_response({"message": message}, status=status, headers=headers)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if "stream" in self._refused:
            return self._refusal("stream")
        socket = web.WebSocketResponse(autoping=False)
        socket.headers["Date"] = formatdate(self.now // 10**9, usegmt=True)
        await socket.prepare(request)
        self.connections += 1
        self._streams[socket], self._requests[socket] = set(), request
        try:
            if not self.is_mute:
                await socket.send_json([{"T": "success", "msg": "connected"}])
            is_authenticated = False
            async for message in socket:
                if message.type is WSMsgType.PONG:
                    self.pongs.append(bytes(message.data))
                elif message.type is WSMsgType.PING:
                    await socket.pong(message.data)
                elif message.type is WSMsgType.TEXT:
                    command = json.loads(message.data)
                    if command["action"] == "auth":
                        is_authenticated = await self._authenticate(socket, command)
                    elif is_authenticated:
                        await self._subscribe(socket, command)
                    else:
                        await self._error(socket, 401, "not authenticated")
        finally:
            del self._streams[socket], self._requests[socket]
        return socket

    async def _authenticate(self, socket: web.WebSocketResponse, command: Json) -> bool:
        if (command["key"], command["secret"]) != (KEY, SECRET):
            # no server should say this, and no client show it
            await self._error(socket, 402, f"auth failed for {command['secret']}")
        elif self.is_limited:
            await self._error(socket, 406, "connection limit exceeded")
        else:
            await socket.send_json([{"T": "success", "msg": "authenticated"}])
            return True
        await socket.close()
        return False

    async def _subscribe(self, socket: web.WebSocketResponse, command: Json) -> None:
        self.commands.append(command)
        self._streams[socket] |= set(command["trades"])
        lists = {"trades": command["trades"], "quotes": command["quotes"], "bars": []}
        of_trades = {"corrections": command["trades"], "cancelErrors": command["trades"]}
        if self.early:
            await socket.send_json(self.early)
        await socket.send_json([{"T": "subscription", **lists, **of_trades}])

    async def _error(self, socket: web.WebSocketResponse, code: int, text: str) -> None:
        await socket.send_json([{"T": "error", "code": code, "msg": text}])

    async def _send(self, elements: list[Json]) -> None:
        for socket, symbols in list(self._streams.items()):
            mine = [element for element in elements if element["S"] in symbols]
            # a connection that ends is the test's own doing
            if mine and not socket.closed:
                await socket.send_json(mine)

    def _each(self, act: Callable[[web.WebSocketResponse], Awaitable[None]]) -> None:
        async def act_on_all() -> None:
            for socket in list(self._streams):
                await act(socket)

        self._run(act_on_all())

    def _run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)


def as_live(symbol: str, trade: Json) -> Json:
    """Return a trade as the stream has it."""
    return {"T": "t", "S": symbol, **trade}


def id_of(symbol: str, trade: Json) -> str:
    """Return the id of the quote that a trade becomes."""
    return f"alpaca:{symbol}:{instant(trade['t'])}:{trade['x']}:{trade['i']}"
