"""Orders and fills as text: one way to write them, whoever stores, publishes or prints them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_service.engine.encoding import encode, encode_all
from portfolio import Fill, Order

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
TS = st.none() | TEXT | NUMBER | st.integers(-(2**53), 2**53)


def as_json(record: Any, fields: int) -> str:
    pairs = dict(list(record._asdict().items())[:fields])
    return json.dumps(pairs, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


@given(TEXT, NUMBER, TS)
def test_a_record_is_the_json_of_its_fields_in_the_contracts_order(
    text: str, number: float, ts: Any
) -> None:
    order = Order(text, text, text, "buy", "market", number, number, number, ts, text)
    assert encode(order) == as_json(order, 10)
    cut = order._replace(asked=number, reason=text or "limit")
    assert encode(cut) == as_json(cut, 12)
    fill = Fill(text, text, text, text, "sell", number, number, number, 0.0, ts, text)
    assert encode(fill) == as_json(fill, 11)


@given(TEXT, NUMBER, TS)
def test_an_order_and_its_fill_are_written_together_as_each_is_by_itself(
    text: str, number: float, ts: Any
) -> None:
    order = Order(text, text, text, "buy", "market", number, number, number, ts, text)
    fill = Fill("f", order.id, text, text, "buy", number, number, number, 0.0, ts, text)
    assert encode_all([order], [fill]) == ([encode(order)], [encode(fill)])
    cut = order._replace(asked=number, reason="limit")
    assert encode_all([cut], [fill]) == ([encode(cut)], [encode(fill)])


@pytest.mark.parametrize("other", [-0.0, 0, 0.5])
@pytest.mark.parametrize("field", ["quantity", "price", "amount", "ts"])
def test_a_fill_with_a_value_of_its_own_is_not_written_with_that_of_its_order(
    field: Any, other: float
) -> None:
    """0.0 equals -0.0 and 0, and their texts differ."""
    order = Order("o", "a", "A", "buy", "market", 0.0, 0.0, 0.0, 0.0, "1")
    fill = Fill("f", order.id, "a", "A", "buy", 0.0, 0.0, 0.0, 0.0, 0.0, "1")
    fill = fill._replace(**{field: other})
    assert encode_all([order], [fill]) == ([encode(order)], [encode(fill)])


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_what_json_cannot_hold_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        encode(Order("1", "a", "A", "buy", "market", number, 1.0, 1.0, None, "1"))
    with pytest.raises(UnicodeEncodeError):
        encode(Order("1", "a", "\ud800", "buy", "market", 1.0, 1.0, 1.0, None, "1"))
    order = Order("1", "a", "A", "buy", "market", 1.0, 1.0, 1.0, None, "1")
    fill = Fill("2", "1", "a", "A", "buy", 1.0, 1.0, 1.0, number, None, "1")
    with pytest.raises(ValueError, match="JSON compliant"):
        encode_all([order], [fill])
    with pytest.raises(UnicodeEncodeError):
        encode_all([order._replace(sid="\ud800")], [fill._replace(fee=0.0, sid="\ud800")])
