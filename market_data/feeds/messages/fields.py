"""`--fields`: where the messages of others have what a quote needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from market_data.errors import ReadOptionError
from market_data.feeds.messages.refusal import refusal, show
from market_data.feeds.messages.values import text_of_number
from portfolio.nearest import did_you_mean

TARGETS = ("sid", "quote", "ts", "id")
_EXAMPLE = "sid=s,quote=p,ts=T,id=s+t"
_MISSING = object()


class Fields(NamedTuple):
    """Of each field that is named, the names whose values make it; for one channel, or for all."""

    channel: str | None
    mapping: Mapping[str, Sequence[str]]


def parse_fields(given: str | Mapping[str, str] | Iterable[str]) -> tuple[Fields, ...]:
    """Read `sid=s,quote=data.p` or `trades/#:sid=s,…`; several are parted by a semicolon.

    :param given: such a text, several, or a map such as `{"sid": "s", "quote": "data.p"}`.
    :raises ReadOptionError: if it cannot be understood.
    """
    if isinstance(given, Mapping):
        given = ",".join(f"{target}={names}" for target, names in given.items())
    texts = [given] if isinstance(given, str) else given
    parts = [part.strip() for text in texts for part in text.split(";")]
    return tuple(_parse(part) for part in parts if part)


def _parse(part: str) -> Fields:
    # a channel may hold a colon, and no field is named before the first "="
    colon = part[: max(part.find("="), 0)].rfind(":")
    channel = None if colon == -1 else part[:colon]
    mapping: dict[str, Sequence[str]] = {}
    for piece in part[colon + 1 :].split(","):
        target, equals, named = piece.partition("=")
        target, names = target.strip(), [name.strip() for name in named.split("+")]
        fault = ""
        if not equals or "" in names:
            fault = f"names no field; expected {_EXAMPLE}"
        elif target not in TARGETS:
            fault = (
                f"is for no field of a quote, which are {', '.join(TARGETS)}"
                f"{did_you_mean(target, TARGETS)}"
            )
        elif target in mapping:
            fault = f"names the field for {target} a second time"
        elif len(names) > 1 and target in ("quote", "ts"):
            fault = f"joins fields, which makes a sid or an id, and no {target}"
        if fault:
            raise ReadOptionError("--fields", piece, f"it {fault}")
        mapping[target] = names
    return Fields(channel, mapping)


def mapping_for(given: Sequence[Fields], channel: str) -> Mapping[str, Sequence[str]] | None:
    """Return the mapping for a channel: of the first that names it, else the one for all."""
    for each in given:
        if each.channel is not None and _matches(each.channel, channel):
            return each.mapping
    return next((each.mapping for each in given if each.channel is None), None)


def _matches(topic_filter: str, topic: str) -> bool:
    """Tell whether a filter matches a topic, by the rules of MQTT 5, section 4.7."""
    left, right = topic_filter.split("/"), topic.split("/")
    # [MQTT-4.7.2-1] a wildcard at the front matches no topic that begins with $
    if left[0] in ("+", "#") and right[0].startswith("$"):
        return False
    for n, level in enumerate(left):
        if level == "#":  # "sport/#" matches "sport" as well (section 4.7.1.2)
            return True
        if n >= len(right) or (level not in ("+", right[n])):
            return False
    return len(left) == len(right)


def mapped(message: Mapping[str, Any], target: str, names: Sequence[str]) -> Any:
    """Return what a message has for one field.

    :raises InvalidQuoteError: field_missing, or what a part that cannot be joined is.
    """
    values = []
    for name in names:
        value = _value_at(message, name)
        if value is _MISSING:
            reason = f'"{name}" is missing, which --fields names for {target}'
            raise refusal("field_missing", reason)
        values.append(value)
    if len(values) == 1:
        return values[0]
    return ":".join(_part(value, name, target) for value, name in zip(values, names, strict=True))


def _part(value: Any, name: str, target: str) -> str:
    text = value if type(value) is str else text_of_number(value, name)
    if text is None:
        reason = f'"{name}" is {show(value)}: a part of {target} is a text, or a whole number'
        raise refusal(f"{target}_type", reason)
    return text


def _value_at(message: Mapping[str, Any], name: str) -> Any:
    """Return the value of a name: the whole of it, else a path of names with dots between."""
    if name in message:
        return message[name]
    value: Any = message
    for step in name.split("."):
        if not isinstance(value, dict) or step not in value:
            return _MISSING
        value = value[step]
    return value
