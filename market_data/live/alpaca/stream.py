"""The stream of Alpaca: a WebSocket whose every message is an array."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from contextlib import ExitStack
from email.utils import parsedate_to_datetime
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from market_data.live.alpaca.errors import (
    CREDENTIALS,
    AlpacaRefusedError,
    refused_credentials,
    stream_error,
)
from market_data.live.credentials import Credentials
from market_data.live.source import SourceLostError

Element = dict[str, Any]

PATIENCE = 10.0
"""Seconds to wait for a connection, and for each answer. Alpaca waits as long for credentials."""

MAX_AHEAD = 1024
"""Messages that are received and not yet read: more stay with Alpaca."""

MAX_MESSAGE = 16 * 1024 * 1024
"""Bytes of a message."""

_CLOSING = 0.5

# The library would write the credentials into the log where that is verbose.
_NO_LOG = logging.Logger("alpaca", logging.CRITICAL + 1)


class Stream:
    """One connection, authenticated and subscribed, until `close`.

    :param url: with the feed, such as wss://stream.data.alpaca.markets/v2/iex.
    :raises SourceLostError: if Alpaca is not reached, or has no room for this connection.
    :raises AlpacaRefusedError: if it never takes these credentials, or this subscription.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        symbols: Sequence[str],
        patience: float = PATIENCE,
    ):
        self._origin = credentials.origin
        self._hide = credentials.hide
        self._early: list[Element] = []
        self._open = ExitStack()
        self._socket = self._connect(url, patience)
        try:
            self._await("success", patience)
            key, secret = (credentials[name] for name in CREDENTIALS)
            self._send({"action": "auth", "key": key, "secret": secret})
            self._await("success", patience)
            self._send({"action": "subscribe", "trades": symbols, "quotes": symbols})
            subscribed = self._await("subscription", patience).get("trades") or []
            if missing := [symbol for symbol in symbols if symbol not in subscribed]:
                raise AlpacaRefusedError(
                    "the subscription", f"it leaves out {', '.join(missing)}", "other symbols"
                )
        except BaseException:
            self.close()
            raise

    @property
    def opened_at(self) -> int:
        """The time of Alpaca's clock when it was opened, in nanoseconds since 1970."""
        response = self._socket.response
        assert response is not None
        try:
            at = parsedate_to_datetime(response.headers["Date"]).timestamp()
        except (KeyError, ValueError):
            at = time.time()
        return int(at) * 10**9

    def receive(self, timeout: float) -> list[Element]:
        """Return the elements of the next message; of none if none comes in so many seconds."""
        if self._early:
            early, self._early = self._early, []
            return early
        try:
            text = self._socket.recv(timeout)
        except TimeoutError:
            return []
        except (ConnectionClosed, OSError) as error:
            raise SourceLostError(self._reason(error)) from error
        try:
            elements = json.loads(text)
        except (ValueError, RecursionError):
            elements = None
        if not isinstance(elements, list) or not all(isinstance(e, dict) for e in elements):
            raise SourceLostError("it has sent a message that is no array of objects")
        for element in elements:
            if element.get("T") == "error":
                message = self._hide(f"{element.get('msg'):.200}")
                raise stream_error(element.get("code"), message, self._origin)
        return elements

    def close(self) -> None:
        """Disconnect."""
        self._open.close()

    def _connect(self, url: str, patience: float) -> ClientConnection:
        try:
            return self._open.enter_context(
                connect(
                    url,
                    open_timeout=patience,
                    close_timeout=_CLOSING,
                    max_size=MAX_MESSAGE,
                    max_queue=MAX_AHEAD,
                    logger=_NO_LOG,
                )
            )
        except InvalidStatus as error:
            status = error.response.status_code
            if status in (401, 403):
                raise refused_credentials(self._origin, f"status {status}") from error
            if 400 <= status < 500 and status not in (408, 429):
                expected = "--stream-url and --feed of a stream"
                raise AlpacaRefusedError("the connection", f"status {status}", expected) from error
            raise SourceLostError(f"it answers with the status {status}") from error
        except TimeoutError as error:
            raise SourceLostError(f"no connection within {patience:g} s") from error
        except (OSError, WebSocketException) as error:
            raise SourceLostError(self._reason(error)) from error

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self._socket.send(json.dumps(message))
        except (ConnectionClosed, OSError) as error:
            raise SourceLostError(self._reason(error)) from error

    def _await(self, kind: str, patience: float) -> Element:
        """Return the next element of this kind; what comes before it is received later."""
        deadline = time.monotonic() + patience
        early: list[Element] = []
        while (remaining := deadline - time.monotonic()) > 0:
            elements = self.receive(remaining)
            # what is no trade or quote is alone in its message
            if elements and elements[0].get("T") == kind:
                self._early = early
                return elements[0]
            early += elements
        raise SourceLostError(f"no answer within {patience:g} s")

    def _reason(self, error: Exception) -> str:
        if isinstance(error, ConnectionClosed):
            if error.rcvd is None:
                return "the connection broke"
            said = f" {self._hide(error.rcvd.reason)}".rstrip()
            return f"it closed the connection ({error.rcvd.code}{said})"
        if isinstance(error, OSError):
            return error.strerror or str(error)
        return self._hide(str(error))
