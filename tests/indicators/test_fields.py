"""A quote that lacks what an indicator needs is refused with a sentence, and changes nothing."""

from __future__ import annotations

import math
from typing import Any

import pytest

from indicators import QuoteFieldError, parse


@pytest.mark.parametrize(
    ("spec", "quote", "field", "text"),
    [
        (
            "sma:2",
            {"sid": "A", "value": 3.0},
            "quote",
            'sma-2 needs quotes with "quote", and this one of A has no "quote"',
        ),
        ("sma:2", {"value": 3}, "quote", 'sma-2 needs quotes with "quote", and this is none'),
        (
            "sma:2",
            {"sid": "A", "quote": "345"},
            "quote",
            'sma-2 needs quotes with "quote", and "quote" of A is \'345\', which is not a finite'
            " number",
        ),
    ],
)
def test_a_quote_without_what_is_needed_is_refused_with_a_sentence(
    spec: str, quote: dict[str, Any], field: str, text: str
) -> None:
    with pytest.raises(QuoteFieldError) as raised:
        parse(spec).update(quote)
    assert (raised.value.field, str(raised.value)) == (field, text)


@pytest.mark.parametrize("price", [math.nan, math.inf, -math.inf, True, "1", None, 10**400])
def test_what_is_no_number_changes_nothing(price: Any) -> None:
    indicator = parse("sma:2")
    indicator.update({"sid": "A", "quote": 1})
    before = indicator.save()
    with pytest.raises(QuoteFieldError):
        indicator.update({"sid": "A", "quote": price})
    with pytest.raises(QuoteFieldError):
        indicator.update({"sid": "B", "quote": price})
    assert indicator.save() == before
    assert indicator.update({"sid": "A", "quote": 2}) == 1.5
