"""Topic filters, by the rules of MQTT 5, section 4.7; 3.1.1 has the same."""

from __future__ import annotations

from itertools import zip_longest

_MAX_BYTES = 65_535
"""[MQTT-1.5.4] of a topic or a filter."""

_WILDCARDS = ("+", "#")


def filter_fault(topic_filter: str) -> str:
    """Return why a broker would refuse it, as a part of a sentence; empty if it is valid."""
    if not topic_filter:
        return "it is empty"
    try:
        size = len(topic_filter.encode())
    except UnicodeEncodeError:
        return "it is not UTF-8"
    if "\0" in topic_filter:
        return "it holds a character that MQTT forbids"
    if size > _MAX_BYTES:
        return "it is longer than MQTT allows"
    levels = topic_filter.split("/")
    for place, level in enumerate(levels, 1):
        if ("#" in level and (level != "#" or place < len(levels))) or (
            "+" in level and level != "+"
        ):
            return '"+" stands for one whole level, "#" for all that follow, at the end'
    return ""


def overlap(one: str, other: str) -> bool:
    """Tell whether some topic matches both filters; with a topic as one, whether it matches."""
    left, right = one.split("/"), other.split("/")
    # [MQTT-4.7.2-1] a wildcard at the front matches no topic that begins with $
    for front, back in ((left[0], right[0]), (right[0], left[0])):
        if front in _WILDCARDS and back.startswith("$"):
            return False
    for a, b in zip_longest(left, right):
        # "sport/#" matches "sport" as well (section 4.7.1.2)
        if "#" in (a, b):
            return True
        if a is None or b is None:
            return False
        if a != b and a != "+" and b != "+":
            return False
    return True
