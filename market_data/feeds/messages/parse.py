"""From the bytes of a message to JSON without traps.

It is of bounded depth, holds each key once, and all its texts are texts.
"""

from __future__ import annotations

import codecs
import json
from typing import Any

from market_data.feeds.messages.grammar import is_json
from market_data.feeds.messages.limits import BYTES, DEPTH, VALUES
from market_data.feeds.messages.refusal import refusal, show

# decode() would search for white space around, twice. JSON has no NaN, but Python and others write
# it: the caller that finds it there names its field.
_decode = json.JSONDecoder(parse_constant=float).raw_decode

_MARK = codecs.BOM_UTF8
"""What programs on Windows write before a text."""
_SPACE = b" \t\n\r"
"""The white space of JSON (RFC 8259, section 2)."""


def _of_digits(text: str) -> int | float:
    # int() refuses thousands of digits, and a double is what they are to other languages
    return int(text) if len(text) < 400 else float(text)


_decode_long = json.JSONDecoder(parse_constant=float, parse_int=_of_digits).raw_decode


def parse(line: bytes) -> Any:
    """Return what the JSON of a message holds.

    :param line: with white space around it, and a byte order mark before that, if there is any.
    :raises InvalidQuoteError: in this order: empty, too_large, not_utf8, not_json, too_deep,
        too_many_values, key_twice, surrogate.
    """
    if not line:
        raise refusal("empty", "the message is empty")
    if len(line) > BYTES:
        raise refusal("too_large", f"the message is too large: longer than {BYTES} bytes")
    try:
        text = line.removeprefix(_MARK).strip(_SPACE).decode()
    except UnicodeDecodeError:
        raise refusal("not_utf8", "not UTF-8") from None
    try:
        message, end = _decoded(text)
    except RecursionError:
        if not is_json(text):
            raise refusal(
                "not_json", "not JSON, and nested too deep to say where it ends"
            ) from None
        raise refusal("too_deep", f"nested too deep, at most {DEPTH} levels") from None
    if end != len(text):
        raise refusal("not_json", f"not JSON: more behind it: {text[end:][:40]!r}")
    # a bracket may stand in a text, too
    if ("[" in text or text.count("{") > 1) and text.count("{") + text.count("[") > DEPTH:
        _check_depths(message)
    # a value has at least one character, and a comma or a bracket behind it
    if len(line) > 2 * VALUES and (count := _count_values(message)) > VALUES:
        reason = f"the message has {count} texts, numbers and other values, at most {VALUES}"
        raise refusal("too_many_values", f"{reason}: send several")
    # Without a backslash, and without white space behind a text, every key is seen by `":`. Were a
    # key there twice, there would be more of these than keys in what was read.
    if (
        type(message) is not dict
        or "\\" in text
        or text.count('":') != len(message)
        or '" ' in text
        or "\t" in text
        or "\r" in text
        or "\n" in text
    ):
        _check_keys(text)
        # only an escape can give half of a surrogate pair
        if "\\u" in text:
            _check_surrogates(message, None)
    return message


def _decoded(text: str) -> tuple[Any, int]:
    try:
        try:
            return _decode(text)
        except json.JSONDecodeError:
            raise
        except ValueError:
            return _decode_long(text)
    except json.JSONDecodeError as error:
        raise refusal("not_json", f"not JSON: {error}") from None


def _check_depths(message: Any) -> None:
    if isinstance(message, list):
        for n, element in enumerate(message, 1):
            _check_depth(element, DEPTH, f"element {n}", element)
    elif isinstance(message, dict):
        for key, value in message.items():
            _check_depth(value, DEPTH - 1, show(key, 40), value)


def _check_depth(value: object, left: int, name: str, whole: object) -> None:
    if not isinstance(value, dict | list):
        return
    if left == 0:
        reason = f"{name} is {show(whole, 40)}: nested too deep, at most {DEPTH} levels"
        raise refusal("too_deep", reason)
    for inner in value.values() if isinstance(value, dict) else value:
        _check_depth(inner, left - 1, name, whole)


def _count_values(value: object) -> int:
    if isinstance(value, dict):
        return 1 + sum(map(_count_values, value.values()))
    if isinstance(value, list):
        return 1 + sum(map(_count_values, value))
    return 1


def _once(pairs: list[tuple[str, Any]]) -> None:
    keys = set()
    for key, _value in pairs:
        if key in keys:
            reason = f"{show(key)} comes twice in a map: which of the values counts is not known"
            raise refusal("key_twice", reason)
        keys.add(key)


_decode_pairs = json.JSONDecoder(
    object_pairs_hook=_once, parse_constant=float, parse_int=float
).raw_decode


def _check_keys(text: str) -> None:
    """Refuse a map that holds a key twice, of which `json` drops the first in silence."""
    _decode_pairs(text)


def _check_surrogates(value: object, name: str | None) -> None:
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            is_own = name is None or name == value
            found = show(value) if is_own else f"{show(name, 40)} is {show(value)}: it"
            reason = f"{found} holds half of a surrogate pair, which is not text"
            raise refusal("surrogate", reason) from None
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check_surrogates(key, name)
            _check_surrogates(inner, key if name is None else name)
    elif isinstance(value, list):
        for inner in value:
            _check_surrogates(inner, name)
