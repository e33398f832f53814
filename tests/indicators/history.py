"""The shipped history of goog, as quotes and as arrays."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import market_data

FIELDS = ("open", "high", "low", "close", "volume")


@cache
def goog() -> tuple[dict[str, Any], ...]:
    """Return quotes as `event` gets them."""
    with (Path(market_data.__file__).parent / "data" / "goog.csv").open() as lines:
        rows = [
            {field: float(row[field.capitalize()]) for field in FIELDS}
            for row in csv.DictReader(lines)
        ]
    return tuple({"sid": "GOOG", "quote": row["close"], **row} for row in rows)


@cache
def column(field: str) -> np.ndarray:
    """Return one of the columns."""
    return np.array([quote[field] for quote in goog()])
