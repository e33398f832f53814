"""A name as one level of a topic, by the contract, and back."""

from __future__ import annotations

import re

# "%" first: it encodes the others
_ENCODED = {"%": "%25", "/": "%2F", "+": "%2B", "#": "%23", " ": "%20"}
_NAMES = {code: character for character, code in _ENCODED.items()}


def topic_level(name: str) -> str:
    """Return the level that stands for a name, such as `BTC%2FUSDT` for `BTC/USDT`."""
    for character, code in _ENCODED.items():
        name = name.replace(character, code)
    return name


def name_of_level(level: str) -> str | None:
    """Return the name that a level stands for; None if it stands for none."""
    name = re.sub("%.{2}", lambda found: _NAMES.get(found[0], found[0]), level)
    return name if name and topic_level(name) == level else None
