"""Reads a question about the past (contracts/query.schema.json)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from algo_service.errors import QueryError
from portfolio import InvalidTimeError
from portfolio.nearest import did_you_mean
from portfolio.times import instant

MIN_POINTS, MAX_POINTS = 4, 2000
"""Points of a curve, or bars. A curve has its first, highest, lowest and last value."""

MAX_ENTRIES = 1000
"""Orders, fills, errors, commands or lines of a log."""

MAX_SID_LENGTH = 64

MAX_NAME = 255
"""Characters of the name of a file."""

MAX_TEXT = 128
"""Of an algorithm's name, a time, or an interval."""

MAX_RUN = 2**53 - 1

_DEFAULT_ENTRIES = 100


class Question(NamedTuple):
    """What is asked, with every option in one form."""

    query: str
    options: dict[str, Any]
    """`from`, `to` and `since` of the past in nanoseconds since 1970, or None; others as given."""


def read_question(message: Any) -> Question:
    """Return the question that a message is.

    :raises QueryError: naming the field and its value, if it is none.
    """
    if not isinstance(message, Mapping):
        raise QueryError(f"the question is {message!r:.80}: it has to be a map")
    query = message.get("query")
    if not isinstance(query, str) or query not in _OPTIONS:
        raise QueryError(f'"query" is {query!r:.80}{did_you_mean(str(query)[:80], _OPTIONS)}')
    readers = _OPTIONS[query]
    for name in message:
        if name != "query" and name not in readers:
            hint = did_you_mean(str(name)[:80], readers) or ", which has none"
            raise QueryError(f'"{name!s:.80}" is not an option of {query}{hint}')
    options = {name: read(name, message.get(name)) for name, read in readers.items()}
    _check_span(options)
    return Question(query, options)


def _check_span(options: Mapping[str, Any]) -> None:
    # of a backtest they are texts, which it reads itself
    first, last = options.get("from"), options.get("to")
    if isinstance(first, int) and isinstance(last, int) and last < first:
        raise QueryError('"to" is before "from": the first of the two is the earlier one')


def _time(name: str, value: Any) -> int | None:
    if value is None:
        return None
    try:
        return instant(value)
    except InvalidTimeError as error:
        raise QueryError(str(error).replace('"ts"', f'"{name}"', 1)) from None


def _whole(least: int, most: int, default: int) -> Callable[[str, Any], int]:
    def read(name: str, value: Any) -> int:
        if value is None:
            return default
        if type(value) is not int or not least <= value <= most:
            raise QueryError(
                f'"{name}" is {value!r:.80}: it has to be a whole number from {least} to {most:,}'
            )
        return value

    return read


def _sid(name: str, value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_SID_LENGTH:
        raise QueryError(
            f'"{name}" is {value!r:.80}: it has to be an instrument, a text of 1 to'
            f" {MAX_SID_LENGTH} characters"
        )
    return value


def _text(most: int, *, is_needed: bool = False) -> Callable[[str, Any], str | None]:
    def read(name: str, value: Any) -> str | None:
        if value is None and not is_needed:
            return None
        if not isinstance(value, str) or not 0 < len(value) <= most:
            raise QueryError(
                f'"{name}" is {value!r:.80}: it has to be a text of 1 to {most} characters'
            )
        return value

    return read


def _params(name: str, value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise QueryError(f'"{name}" is {value!r:.80}: it has to be a map of parameters')
    return dict(value)


def _run(name: str, value: Any) -> int:
    if type(value) is not int or not 1 <= value <= MAX_RUN:
        raise QueryError(f'"{name}" is {value!r:.80}: it has to be the number of a backtest')
    return value


_points = _whole(MIN_POINTS, MAX_POINTS, MAX_POINTS)
_limit = _whole(1, MAX_ENTRIES, _DEFAULT_ENTRIES)

_OPTIONS: dict[str, dict[str, Callable[[str, Any], Any]]] = {
    "equity": {"from": _time, "to": _time, "points": _points},
    "profit": {"since": _time},
    "positions": {},
    "orders": {"limit": _limit},
    "fills": {"limit": _limit},
    "errors": {"limit": _limit},
    "commands": {"limit": _limit},
    "prices": {"sid": _sid, "from": _time, "to": _time, "points": _points},
    "parameters": {},
    "journal": {"limit": _limit},
    "backtests": {},
    "backtest_choices": {},
    "backtest": {
        "algo": _text(MAX_TEXT),
        "data": _text(MAX_NAME, is_needed=True),
        "params": _params,
        "from": _text(MAX_TEXT),
        "to": _text(MAX_TEXT),
        "bars": _text(MAX_TEXT),
    },
    "backtest_result": {"run": _run},
    "backtest_cancel": {"run": _run},
}
