"""Answers a question from the tables of a journal."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from algo_service.queries import about, account, decided, equity, prices
from algo_service.queries.question import Question

_ANSWERS: dict[str, Callable[[sqlite3.Connection, Mapping[str, Any]], dict[str, Any] | str]] = {
    "equity": equity.equity,
    "profit": account.profit,
    "positions": account.positions,
    "orders": decided.orders,
    "fills": decided.fills,
    "errors": decided.errors,
    "commands": decided.commands,
    "prices": prices.prices,
    "parameters": about.parameters,
    "journal": about.journal,
}


def answer(database: sqlite3.Connection, question: Question) -> str:
    """Return the result as JSON text, in one line.

    :raises QueryError: if there is no answer.
    :raises sqlite3.Error: if the journal cannot be read, or the time is over.
    """
    found = _ANSWERS[question.query](database, question.options)
    if isinstance(found, str):
        return found
    return json.dumps(found, allow_nan=False, separators=(",", ":"))
