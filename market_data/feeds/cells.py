"""Cells of a table, of whatever type, as texts and instruments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from market_data.feeds.bounds import MAX_SID
from market_data.feeds.invalid_quote import InvalidQuoteError


def text_of(cell: Any) -> str:
    """Return a cell as text, without spaces around it; empty for an empty cell."""
    return cell.strip() if isinstance(cell, str) else "" if cell is None else str(cell)


def sids_of(cells: Sequence[Any]) -> list[str]:
    """Return the instruments of a column; ValueError or TypeError if any cell is not plain text."""
    sids = list(map(str.strip, cells))
    lengths = set(map(len, set(sids)))
    if min(lengths) == 0 or max(lengths) > MAX_SID:
        raise ValueError
    return sids


def sid_of(cell: object) -> str:
    """Return the instrument of a cell; InvalidQuoteError if it names none."""
    if cell is None:
        raise InvalidQuoteError("missing", "no symbol")
    if type(cell) is int:
        return str(cell)
    if not isinstance(cell, str):
        raise InvalidQuoteError("malformed", f"the symbol {cell!r:.40} is not a text")
    sid = cell.strip()
    if not sid:
        raise InvalidQuoteError("missing", "no symbol")
    if len(sid) > MAX_SID:
        raise InvalidQuoteError(
            "malformed", f"the symbol {sid[:40]!r}… has more than {MAX_SID} characters"
        )
    return sid
