"""The history of Alpaca's trades, by REST."""

from __future__ import annotations

import json
import urllib.request
from email.message import Message
from http.client import HTTPException, HTTPMessage
from typing import IO, Any, NamedTuple
from urllib.error import HTTPError
from urllib.parse import quote, urlencode

from market_data.live.alpaca.errors import CREDENTIALS
from market_data.live.credentials import Credentials

PAGE = 1_000
"""Trades that are asked for at once."""

MAX_ANSWER = 16 * 1024 * 1024
"""Bytes of an answer."""

_PATIENCE = 10.0
_MAX_MESSAGE = 200
_TOO_MANY = 429

MAX_PAUSE = 3600.0
"""The longest pause that the history may ask for, in seconds."""


class HistoryRefusedError(Exception):
    """The history is not for this account, or not of this feed; its text is the reason."""


class HistoryAwayError(Exception):
    """The history does not answer, or asks to wait; its text is the reason.

    :param pause: in seconds, if it says so.
    """

    def __init__(self, reason: str, pause: float | None = None):
        super().__init__(reason)
        self.pause = pause


class Page(NamedTuple):
    """Some trades, in the order of time, and what asks for those behind them."""

    trades: list[dict[str, Any]]
    following: str | None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The credentials are for one host."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        """Follow none."""


class History:
    """Asks for trades of the past.

    :param url: such as https://data.alpaca.markets.
    :param feed: whose trades.
    """

    def __init__(self, url: str, feed: str, credentials: Credentials):
        self._url = url.rstrip("/")
        self._feed = feed
        key, secret = (credentials[name] for name in CREDENTIALS)
        self._headers = {"APCA-API-KEY-ID": key, "APCA-API-SECRET-KEY": secret}
        self._hide = credentials.hide
        self._opener = urllib.request.build_opener(_NoRedirect())

    def page(self, symbol: str, start: str, end: str, token: str | None) -> Page:
        """Return trades of a symbol, both times included.

        :param token: what the page before has said; None for the first page.
        :raises HistoryRefusedError: if asking again does not help.
        :raises HistoryAwayError: if it may.
        """
        asked = {"start": start, "end": end, "limit": str(PAGE), "feed": self._feed, "sort": "asc"}
        if token is not None:
            asked["page_token"] = token
        path = f"/v2/stocks/{quote(symbol, safe='')}/trades?{urlencode(asked)}"
        request = urllib.request.Request(self._url + path, headers=self._headers)
        try:
            with self._opener.open(request, timeout=_PATIENCE) as answer:
                content = answer.read(MAX_ANSWER)
        except HTTPError as error:
            with error:
                raise self._error_of(error) from error
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise HistoryAwayError(self._hide(str(reason))) from error
        return _read_page(content)

    def _error_of(self, error: HTTPError) -> HistoryRefusedError | HistoryAwayError:
        reason = f"status {error.code}"
        try:
            said = json.loads(error.read(MAX_ANSWER))["message"]
            reason = f"{self._hide(str(said))[:_MAX_MESSAGE]} ({reason})"
        except (OSError, HTTPException, ValueError, KeyError, TypeError, RecursionError):
            pass
        if error.code == _TOO_MANY or error.code == 408 or error.code >= 500:
            return HistoryAwayError(reason, _pause(error.headers))
        return HistoryRefusedError(reason)


def _pause(headers: Message) -> float | None:
    try:
        return min(max(0.0, float(headers["Retry-After"])), MAX_PAUSE)
    except (TypeError, ValueError):
        return None


def _read_page(content: bytes) -> Page:
    try:
        answer = json.loads(content)
        trades, following = answer.get("trades"), answer.get("next_page_token")
    except (ValueError, AttributeError, RecursionError) as error:
        raise HistoryAwayError("its answer is not a JSON object") from error
    # null where there is none
    trades = [] if trades is None else trades
    is_list = isinstance(trades, list) and all(isinstance(each, dict) for each in trades)
    if not is_list or not isinstance(following, str | None):
        raise HistoryAwayError("its answer is no page of trades")
    return Page(trades, following or None)
