"""Where a broker is: mqtt://[user:password@]host[:port], or mqtts:// for TLS."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import unquote

from market_data.errors import AddressError, FilterError, PrefixError, TopicError
from market_data.url import split_url

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_EXPECTED = "mqtt://[user:password@]host[:port] or mqtts://…"
_ENCODED = (
    "; special characters of user and password are percent-encoded: : is %3A, @ is %40, / is %2F,"
    " # is %23, ? is %3F, % is %25"
)


class BrokerAddress(NamedTuple):
    """A broker's address; as text it holds neither user nor password."""

    host: str
    port: int
    tls: bool
    user: str | None
    password: str | None

    @classmethod
    def parse(cls, url: str) -> BrokerAddress:
        """Read a broker's URL; AddressError if it has another form."""
        # no URL in the error: it may contain a password that was not encoded
        expected = f"{_EXPECTED}{_ENCODED}" if "@" in url else _EXPECTED
        parts, port = split_url(url, tuple(_PORTS), expected)
        if parts.path not in ("", "/") or parts.query or parts.fragment:
            raise AddressError("the broker's URL has more than host and port", expected)
        if parts.netloc.count("@") > 1:
            raise AddressError("the broker's URL has a bare @ in its user or password", expected)
        if parts.password is not None and not parts.username:
            raise AddressError("the broker's URL has a password and no user", expected)
        return cls(
            host=str(parts.hostname),
            port=port or _PORTS[parts.scheme],
            tls=parts.scheme == "mqtts",
            user=_decoded(parts.username, "user", expected) or None,
            password=_decoded(parts.password, "password", expected),
        )

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}"


def _decoded(text: str | None, what: str, expected: str) -> str | None:
    if text is None:
        return None
    try:
        decoded = unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise AddressError(f"the {what} of the broker's URL is not UTF-8", expected) from None
    if re.search("%(?![0-9A-Fa-f]{2})", text):
        raise AddressError(f"the {what} of the broker's URL holds a bare %", expected)
    return decoded


def check_topic(topic: str) -> str:
    """Return the topic if one can publish on it, else raise TopicError."""
    if not topic:
        raise TopicError(topic, "it is empty")
    # MQTT 5, 4.7.1 and 4.7.3: no wildcards in a topic name, no null character, 65,535 bytes
    for character in "+#\0":
        if character in topic:
            raise TopicError(topic, f"it holds {character!r}")
    try:
        size = len(topic.encode())
    except UnicodeEncodeError:
        raise TopicError(topic, "it is not UTF-8") from None
    if size > 65_535:
        raise TopicError(f"{topic[:30]}…", "it is longer than 65,535 bytes")
    return topic


def check_filters(filters: Sequence[str]) -> list[str]:
    """Return the filters if one can subscribe to all of them, else raise FilterError.

    Filters that overlap are refused: a broker may send a message once for each of them.
    """
    for number, given in enumerate(filters):
        levels = given.split("/")
        # MQTT 5, 4.7.1: a wildcard is a level of its own, and # the last one
        if not given or "\0" in given or len(given.encode(errors="replace")) > 65_535:
            raise FilterError(given[:60], "it is empty, or not text that a broker takes")
        if any(len(level) > 1 and ("+" in level or "#" in level) for level in levels):
            raise FilterError(given, "+ and # stand for whole levels, as in quotes/+ or quotes/#")
        if "#" in levels[:-1]:
            raise FilterError(given, "# is the last level")
        for other in filters[:number]:
            if _overlap(levels, other.split("/")):
                raise FilterError(given, f"it overlaps with {other!r}")
    return list(filters)


def _overlap(one: list[str], other: list[str]) -> bool:
    for a, b in zip(one, other, strict=False):
        if "#" in (a, b):
            return True
        if a != b and "+" not in (a, b):
            return False
    # # stands for the level above it, too
    longer = max(one, other, key=len)
    return len(one) == len(other) or longer[min(len(one), len(other))] == "#"


def read_prefix(text: str) -> str:
    """Return the prefix of all topics, "" or text that ends in "/"; else raise PrefixError."""
    if not text:
        return ""
    # MQTT 5, 4.7.2: what begins with $ is the broker's own
    for is_wrong, reason in (
        (text.startswith("/"), 'it begins with "/"'),
        (text.startswith("$"), 'it begins with "$"'),
    ):
        if is_wrong:
            raise PrefixError(text, reason)
    prefix = text if text.endswith("/") else f"{text}/"
    try:
        return check_topic(prefix)
    except TopicError as error:
        raise PrefixError(text, error.reason) from None
