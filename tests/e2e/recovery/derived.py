"""What an indicator service publishes of prices, where nothing disturbs it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from indicators import parse
from tests.e2e.recovery.ledger import Records

SPECS = ("sma:20",)
OPTIONS = tuple(word for spec in SPECS for word in ("--indicator", spec))

Values = dict[tuple[str, str], dict[str, Any]]
"""By topic and id."""


def undisturbed(prices: Iterable[str]) -> Values:
    """The values of the quotes of prices.csv, replayed as run `r`."""
    expected = {}
    indicators = [parse(spec) for spec in SPECS]
    for row, price in enumerate(prices, 1):
        for indicator in indicators:
            value = indicator.update({"sid": "PRICES", "quote": float(price)})
            if value is not None:
                topic = f"indicators/{indicator.name}/PRICES"
                expected[topic, f"quotes:prices:r:{row}"] = indicator.values(value)
    return expected


def values(records: Records) -> Values:
    """The values that were published, each of the quote that its id names."""
    messages = {key: json.loads(text) for key, text in records.items()}
    for (_topic, own_id), message in messages.items():
        assert own_id == ":".join(message["of"])
    return {key: message["values"] for key, message in messages.items()}
