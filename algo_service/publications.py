"""What an algorithm shares with other algorithms."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from algo_service.decisions import Publication
from algo_service.errors import PublicationError
from algo_service.journal.content import MAX_LEVELS
from portfolio.reals import real
from portfolio.times import MAX_SAFE

MAX_NAME_LENGTH = 64
"""Characters of a publication's name."""
MAX_ID_LENGTH = 256
"""Characters of a message's id: readers refuse a longer one."""
MAX_BYTES = 1_000_000
"""Of a publication's fields as JSON: its id and time have to fit in the message as well."""
MAX_VALUES = 100_000
"""Texts, numbers, maps, lists and others of a message, with those that are set for it."""
MAX_PER_INPUT = 1000
"""Publications of one input."""

# a broker closes the connection at a topic that holds one
_CONTROL = re.compile(r"[\0-\x1f\x7f-\x9f\ud800-\udfff]")
_SET = ("id", "ts")
_OURS = (*_SET, "channel")

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


class Publications:
    """Data that an algorithm shares, with the guarantees of its orders.

    What the algorithm publishes at an input is kept with the decision on it, and the bridge
    publishes it on `data/<algo>/<name>`. Other algorithms receive it in `event` as data where their
    `initialize` returns that channel. If the event fails, nothing of it is published; during a
    warm-up and in a backtest nothing is.

    The algorithm calls `publish` in `event`. The engine calls `take` after each input, or `clear`
    if it has failed. All calls come on one thread.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[str, str]] = []

    def publish(self, name: str, message: Mapping[str, Any]) -> None:
        """Publish a message on `data/<algo>/<name>`.

        :param name: 1 to 64 characters; in the topic, `%`, `/`, `+`, `#` and space are
            percent-encoded.
        :param message: the fields, of text, numbers of any kind (a whole number beyond 2**53 - 1
            becomes the nearest double), None, booleans, and lists and maps of these. `id`, `ts`
            (that of the input) and `channel` are added.
        :raises PublicationError: naming the field and its value, if it cannot be a message.
        """
        if (
            not isinstance(name, str)
            or not 0 < len(name) <= MAX_NAME_LENGTH
            or _CONTROL.search(name)
        ):
            raise PublicationError(
                f"the name of a publication is {name!r:.80}: it has to be a text of 1 to"
                f" {MAX_NAME_LENGTH} characters, without control characters"
            )
        if len(self._waiting) == MAX_PER_INPUT:
            raise PublicationError(
                f'"{name}" is publication {MAX_PER_INPUT + 1:,} of one input: at most'
                f" {MAX_PER_INPUT:,} are published"
            )
        if not isinstance(message, Mapping):
            raise PublicationError(
                f'the message of "{name}" is {message!r:.80}: it has to be a map of fields'
            )
        for field in _OURS:
            if field in message:
                raise PublicationError(
                    f'"{field}" of "{name}" is {message[field]!r:.80}: this field is set for the'
                    " message, so give yours another name"
                )
        text = _encode(_plain(message, name, MAX_LEVELS))
        try:
            size = len(text.encode())
        except UnicodeEncodeError as error:
            raise PublicationError(
                f'"{name}" has the text {error.object[error.start]!r}, which is half of a character'
            ) from None
        if size > MAX_BYTES:
            raise PublicationError(
                f'"{name}" has {size:,} bytes as JSON; at most {MAX_BYTES:,} are published'
            )
        # a value has at least one character, and a comma or a bracket behind it
        if size > 2 * MAX_VALUES and (count := _count(message) + len(_SET)) > MAX_VALUES:
            raise PublicationError(
                f'"{name}" has {count:,} texts, numbers and other values; at most {MAX_VALUES:,}'
                " are published"
            )
        self._waiting.append((name, text))

    @property
    def has_waiting(self) -> bool:
        """Whether something was published since the last input."""
        return bool(self._waiting)

    def take(self, key: str, ts: Any) -> list[Publication]:
        """Return what was published at an input, as messages, and forget it.

        :param key: what the ids of the input's outputs begin with.
        :param ts: that of the input; None if it has none.
        """
        waiting, self._waiting = self._waiting, []
        return [
            {"name": name, "text": _with_own(text, _bounded(f"{key}:{n}"), ts)}
            for n, (name, text) in enumerate(waiting)
        ]

    def clear(self) -> None:
        """Forget what was published at an input."""
        self._waiting = []


def _bounded(message_id: str) -> str:
    """Return an id, or its SHA-256 in hexadecimal where it is longer than an id may be."""
    is_short = len(message_id) <= MAX_ID_LENGTH
    return message_id if is_short else hashlib.sha256(message_id.encode()).hexdigest()


def _with_own(text: str, message_id: str, ts: Any) -> str:
    own = {"id": message_id} if ts is None else {"id": message_id, "ts": ts}
    comma = "" if text == "{}" else ","
    return f"{text[:-1]}{comma}{_encode(own)[1:]}"


def _plain(value: Any, path: str, levels: int) -> Any:
    """Return a value of text, floats, whole numbers, None, booleans, lists and maps."""
    if value is None or isinstance(value, bool | str):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, Mapping | list | tuple):
        if not levels:
            raise PublicationError(
                f'"{path[:80]}" is nested too deeply: a message has at most {MAX_LEVELS} levels'
            )
        if isinstance(value, Mapping):
            return {
                _key(each, path): _plain(inner, f"{path}.{each}", levels - 1)
                for each, inner in value.items()
            }
        return [_plain(each, f"{path}.{n}", levels - 1) for n, each in enumerate(value)]
    if type(value) is int and abs(value) <= MAX_SAFE:
        return value
    try:
        return real(value, f'"{path}"')
    except ValueError as error:
        raise PublicationError(str(error)) from None


def _count(value: Any) -> int:
    if isinstance(value, Mapping):
        return 1 + sum(map(_count, value.values()))
    if isinstance(value, list | tuple):
        return 1 + sum(map(_count, value))
    return 1


def _key(key: Any, path: str) -> str:
    if not isinstance(key, str):
        raise PublicationError(f'"{path}" has the key {key!r:.80}: a key has to be a text')
    return str(key)
