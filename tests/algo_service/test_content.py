"""The content of a message is read back as it was; its digest ignores the order of fields."""

from __future__ import annotations

import math
import random
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from algo_service.journal.content import canonical, encode, read

TEXT = st.text(max_size=6)
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from([1e22, -0.0, 5e-324, math.nan, 2**63, 2**64, -(2**63) - 1, "\ud800"])
    | TEXT
    | st.binary(max_size=3)
)


def values(keys: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        PLAIN,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=12,
    )


def messages(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(TEXT, inner, max_size=5).map(
        lambda fields: {**fields, "channel": "quotes", "id": "1"}
    )


VALUES = values(TEXT)
MESSAGES = messages(VALUES)
PACKED = messages(values(TEXT | st.integers(-9, 9) | st.binary(max_size=2)))
"""MessagePack has keys that JSON has not."""


def shown(value: Any) -> str:
    """Tells 1, 1.0 and True apart, 0.0 and -0.0, and {1: 2, 3: 4} and {3: 4, 1: 2}."""
    return repr(value)


@given(PACKED)
def test_a_message_is_read_back_as_it_was(message: dict[str, Any]) -> None:
    """With the types of all values, and with all maps in their order."""
    assume("\\ud8" not in repr(message))  # JSON in place of MessagePack: no wire carries it
    assert shown(read(encode(message))) == shown(message)


def test_half_of_a_surrogate_pair_is_read_back_as_well() -> None:
    message = {"text": "\ud800", "channel": "quotes", "id": "1", "all": [{"b": 1, "a": 0.1}]}
    assert shown(read(encode(message))) == shown(message)


def shuffled(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict):
        keys = chance.sample(list(value), len(value))
        return {key: shuffled(value[key], chance) for key in keys}
    return [shuffled(each, chance) for each in value] if isinstance(value, list) else value


@given(MESSAGES, st.randoms(use_true_random=False))
def test_the_canonical_form_ignores_the_order_of_fields(
    message: dict[str, Any], chance: random.Random
) -> None:
    assert canonical(shuffled(message, chance)) == canonical(message)
    assert canonical(read(encode(message))) == canonical(message)


@given(MESSAGES, TEXT, VALUES)
def test_another_value_has_another_canonical_form(
    message: dict[str, Any], name: str, value: Any
) -> None:
    changed = {**message, name: value}
    if changed != message:
        assert canonical(changed) != canonical(message)
