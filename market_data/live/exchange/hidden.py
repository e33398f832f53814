"""Sentences of an exchange, without the secrets that it was given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote, urlsplit

_CREDENTIALS = (
    *("apiKey", "secret", "uid", "accountId", "login", "password", "twofa"),
    *("privateKey", "walletAddress", "token"),
)
_PROXIES = ("proxyUrl", "httpProxy", "httpsProxy", "socksProxy", "wsProxy", "wssProxy")


def hidden(text: str, exchange: Any) -> str:
    """Return what an exchange, or ccxt, says without secrets and without what addresses hold.

    :param exchange: of ccxt; None before there is one.
    """
    text = re.sub(r"\?\S*", "?…", text)
    # the longest first: one may be a part of another
    for secret in sorted(set(_secrets(exchange)), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _secrets(exchange: Any) -> Iterator[str]:
    values = [getattr(exchange, name, None) for name in _CREDENTIALS]
    values += (getattr(exchange, "headers", None) or {}).values()
    proxies = [getattr(exchange, name, None) for name in _PROXIES]
    proxies += (getattr(exchange, "proxies", None) or {}).values()
    for proxy in proxies:
        login = urlsplit(proxy).netloc.rpartition("@")[0] if isinstance(proxy, str) else ""
        values += [login, unquote(login.partition(":")[2])]
    for value in values:
        if value and isinstance(value, str):
            yield value
            yield quote(value, safe="")
