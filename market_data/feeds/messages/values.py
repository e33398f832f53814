"""The values of a quote's fields: what each may be, and what becomes of it."""

from __future__ import annotations

import math
import re
from typing import Any

from market_data.feeds.bounds import MAX_PRICE, MAX_SID
from market_data.feeds.messages.limits import ID
from market_data.feeds.messages.refusal import refusal, show
from portfolio.errors import InvalidTimeError
from portfolio.times import MAX_SAFE, instant

SPACE = " \t\n\r"
"""The white space of JSON (RFC 8259, section 2): others may belong to a name."""

# below this a number with a fraction is a double in every language, and one without an integer
_PLAIN = 1e15

# JSON's grammar of numbers (RFC 8259, section 6), and leading zeros, which padded texts have
_PRICE = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def number(value: int | float) -> int | float:
    """Return a number as every language has it: a double, and an integer where that is exact."""
    if type(value) is int:
        if -MAX_SAFE <= value <= MAX_SAFE:
            return value
        try:
            return float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    assert type(value) is float
    return int(value) if value.is_integer() and -MAX_SAFE <= value <= MAX_SAFE else value


def text_of_number(value: Any, key: str) -> str | None:
    """Return a whole number as its text, None if it is not one.

    Others write 600519 and "600519" for one instrument.
    """
    if type(value) is not int and type(value) is not float:
        return None
    value = number(value)
    if type(value) is int:
        return str(value)
    if value.is_integer():
        raise refusal(
            "number_unsafe",
            f'"{key}" is {value:g}: a number of more than 53 bits is not exact: send it as text',
        )
    return None


def read_sid(value: Any) -> str:
    """Return an instrument without the white space of JSON around it."""
    sid = value.strip(SPACE) if type(value) is str else text_of_number(value, "sid")
    if sid is None or not 0 < len(sid) <= MAX_SID:
        reason = f'"sid" is {show(value)}: it has to be a text of 1 to {MAX_SID} characters'
        raise refusal("sid_type", reason)
    return sid


def read_id(value: Any) -> str:
    """Return an id as text."""
    own_id = value if type(value) is str else text_of_number(value, "id")
    if own_id is None or not 0 < len(own_id) <= ID:
        reason = f'"id" is {show(value)}: it has to be a text of 1 to {ID} characters'
        raise refusal("id_type", reason)
    return own_id


def read_price(value: Any, key: str) -> float:
    """Return a price as a float."""
    if type(value) is float:
        price = value
    elif type(value) is int or (type(value) is str and _PRICE.fullmatch(value)):
        try:
            price = float(value)
        except OverflowError:
            price = number(value)  # type: ignore[arg-type]
    else:
        reason = f'"{key}" is {show(value)}: a price is a number, or a JSON number as text'
        raise refusal("quote_type", reason, "missing" if value is None else None)
    if not 0 < price <= MAX_PRICE:
        found = f"{price:g}" if math.isfinite(price) else "no finite number"
        raise refusal(
            "quote_range",
            f'"{key}" is {found}: a price is finite, above 0 and at most 1e9',
            "not_positive" if price <= 0 else None,
        )
    return price


def is_price(value: Any) -> bool:
    """Tell whether it is one."""
    try:
        read_price(value, "")
    except ValueError:
        return False
    return True


def read_time(ts: Any) -> tuple[Any, int]:
    """Return a time as it is carried along, and its instant."""
    if type(ts) is not str and (type(ts) is int or type(ts) is float):
        ts = number(ts)
    try:
        return ts, instant(ts)
    except InvalidTimeError as error:
        raise refusal(error.code, f'"ts" is {show(ts, 40)}: {error.reason}') from None


def is_time(ts: Any) -> bool:
    """Tell whether it is one."""
    try:
        read_time(ts)
    except ValueError:
        return False
    return True


def plain_numbers(fields: dict[str, Any]) -> None:
    """Make the numbers of the fields that are carried along what every language has, in place.

    :raises InvalidQuoteError: if one of them is not finite.
    """
    for key, value in fields.items():
        kind = type(value)
        if kind is float:
            # that it is neither large nor whole tells that it is a double in every language
            if not -_PLAIN < value < _PLAIN or value.is_integer():
                fields[key] = _finite(value, key)
        elif kind is int:
            if not -_PLAIN < value < _PLAIN:
                fields[key] = _finite(value, key)
        elif kind is dict or kind is list:
            fields[key] = _plain(value, key)


def _plain(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner, f"{name}.{key}") for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner, f"{name}.{n}") for n, inner in enumerate(value)]
    return _finite(value, name) if type(value) is int or type(value) is float else value


def _finite(value: int | float, name: str) -> int | float:
    found = number(value)
    if type(found) is float and not math.isfinite(found):
        raise refusal(
            "number_range",
            f'"{name}" is no finite number (NaN, Infinity, or too large): leave it out, or send'
            " null",
        )
    return found
