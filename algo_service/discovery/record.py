"""The record of an algorithm on `algos/<algo>`, by contracts/algo.schema.json."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, cast, get_args

from algo_service.contract import CONTRACT as CONTRACT
from algo_service.names import objection
from algo_service.rpc.address import is_reachable
from market_data.feeds.invalid_quote import InvalidQuoteError
from market_data.feeds.messages.limits import CHANNEL
from market_data.feeds.messages.parse import parse
from market_data.feeds.messages.refusal import show

State = Literal["online", "offline", "lost"]
STATES: tuple[State, ...] = get_args(State)

MAX_RECORD_BYTES = 65_536
MAX_ALGORITHM_CHARACTERS = 256
_MAX_INSTANCE = 64

_SINCE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")


class RecordError(ValueError):
    """A payload is not a record of an algorithm; the text says why, and shows a part of it."""


class AlgoRecord(NamedTuple):
    """What is announced of an algorithm, with the names of the contract's fields."""

    name: str
    state: State
    algorithm: str
    contract: int
    address: str
    channels: list[str] | None
    parameters: dict[str, Any]
    since: str
    instance: str

    def payload(self) -> str:
        """Return the message: without the parameters, or the channels, that no reader would take.

        :raises ValueError: if it is not a valid record without them either.
        """
        for fields in (self, self._replace(parameters={})):
            try:
                return fields._checked()
            except (ValueError, TypeError, RecursionError):
                pass
        return self._replace(parameters={}, channels=None)._checked()

    def _checked(self) -> str:
        text = json.dumps(
            self._asdict(), ensure_ascii=False, allow_nan=False, separators=(",", ":")
        )
        read_record(text.encode())
        return text


def read_record(payload: bytes) -> AlgoRecord:
    """Return the record that a payload holds; fields that are not known are ignored.

    :raises RecordError: if it holds none.
    """
    if len(payload) > MAX_RECORD_BYTES:
        raise RecordError(
            f"the record has {len(payload):,} bytes; it has at most {MAX_RECORD_BYTES:,}"
        )
    try:
        fields = parse(payload)
    except InvalidQuoteError as error:
        raise RecordError(f"the record is no message: {error}") from None
    if not isinstance(fields, dict):
        raise RecordError(f"the record is {show(fields)}, not a map")
    for name, (is_right, expected) in _FIELDS.items():
        if name not in fields:
            raise RecordError(f'"{name}" is missing')
        if not is_right(fields[name]):
            raise RecordError(f'"{name}" is {show(fields[name])}: expected {expected}')
    return AlgoRecord(**{name: fields[name] for name in _FIELDS})


def _is_text(longest: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and 1 <= len(value) <= longest


def _is_name(value: object) -> bool:
    return isinstance(value, str) and objection(value) is None


def _is_version(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and cast(float, value) >= 1 and cast(float, value) % 1 == 0


def _are_channels(value: object) -> bool:
    is_channel = _is_text(CHANNEL)
    return value is None or (isinstance(value, list) and all(map(is_channel, value)))


def _is_finite(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(_is_finite, value.values()))
    if isinstance(value, list):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


_FIELDS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "name": (_is_name, "a name of an algorithm"),
    "state": (lambda value: value in STATES, f"one of {', '.join(STATES)}"),
    "algorithm": (
        _is_text(MAX_ALGORITHM_CHARACTERS),
        f"a text of 1 to {MAX_ALGORITHM_CHARACTERS} characters",
    ),
    "contract": (_is_version, "a version, such as 4"),
    "address": (is_reachable, "an address that others can reach, such as tcp://algo:4242"),
    "channels": (_are_channels, "a list of topics, or null"),
    "parameters": (
        lambda value: isinstance(value, dict) and _is_finite(value),
        "a map, with finite numbers",
    ),
    "since": (
        lambda value: isinstance(value, str) and _SINCE.fullmatch(value) is not None,
        "a time such as 2026-11-28T10:00:00.000Z",
    ),
    "instance": (_is_text(_MAX_INSTANCE), f"a text of 1 to {_MAX_INSTANCE} characters"),
}
