"""A refusal of a message, with its code of contracts/refusals.json."""

from __future__ import annotations

import json

from market_data.feeds.invalid_quote import InvalidQuoteError, Problem

# What a code means among the problems of rows; all others are "malformed".
_PROBLEMS: dict[str, Problem] = {
    "no_quote": "missing",
    "field_missing": "missing",
    "sid_missing": "missing",
    "quote_missing": "missing",
    "quote_type": "not_a_price",
    "quote_range": "not_a_price",
    "other_symbol": "other_symbol",
}


def refusal(code: str, reason: str, problem: Problem | None = None) -> InvalidQuoteError:
    """Return the error that refuses a message."""
    if problem is None:
        problem = "time" if code.startswith("time_") else _PROBLEMS.get(code, "malformed")
    return InvalidQuoteError(problem, reason, code=code)


def show(value: object, longest: int = 80) -> str:
    """Return the beginning of a value's JSON, for a sentence."""
    try:
        text = json.dumps(value)
    except RecursionError:
        text = "[…" if isinstance(value, list) else "{…"
    return text if len(text) <= longest else f"{text[:longest]}…"
