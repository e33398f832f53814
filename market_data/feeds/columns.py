"""Which columns of a table hold the symbol, the time and the price."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from market_data.errors import ColumnsError, UnknownColumnError, UnusableFileError

# Recognised in any case; of several in one table, the one named first here is read.
RECOGNISED = {
    "sid": ("sid", "symbol", "ticker"),
    "ts": ("ts", "date", "time"),
    "quote": ("quote", "price", "close"),
}
_MEANING = {"sid": "symbol", "ts": "time", "quote": "price"}


class Columns(NamedTuple):
    """At which index each field is; `sid` is None where the table has no such column."""

    sid: int | None
    ts: int
    quote: int


def parse_columns(text: str) -> dict[str, str]:
    """Read `sid=Ticker,ts=Day,quote=Last`; ColumnsError where it is of another form."""
    columns = {}
    for part in text.split(","):
        key, equals, name = (piece.strip() for piece in part.partition("="))
        if not equals or not name:
            raise ColumnsError(part, "expected sid=…, ts=… or quote=…, with a column's name")
        columns[key] = name
    return check_columns(columns)


def check_columns(columns: Mapping[str, str]) -> dict[str, str]:
    """Return the same if all keys are fields of a quote, else raise ColumnsError."""
    for key in columns:
        if key not in RECOGNISED:
            nearest = difflib.get_close_matches(key.lower(), RECOGNISED, n=1)
            meant = f'did you mean "{nearest[0]}"?' if nearest else "expected sid, ts or quote"
            raise ColumnsError(key, meant)
    return dict(columns)


def find_columns(header: Sequence[str], named: Mapping[str, str], shown: str) -> Columns:
    """Return where the columns are that `named` names, or else those that are recognised.

    :param header: the names of the columns, in order.
    :param named: names by `sid`, `ts` and `quote`, as the header has them or in another case.
    :param shown: the table, as an error names it.
    :raises UnknownColumnError: if a named column is not there.
    :raises UnusableFileError: if there is none for the time or the price.
    """
    names = [name.strip() for name in header]
    in_lower_case = [name.lower() for name in names]

    def find(key: str) -> int | None:
        if key in named:
            return _find_named(names, key, named[key], shown)
        accepted = (name for name in RECOGNISED[key] if name in in_lower_case)
        found = next(accepted, None)
        return None if found is None else in_lower_case.index(found)

    ts = find("ts")
    # pandas writes the index, here the date, as a first column without a name
    if ts is None and not names[0]:
        ts = 0
    quote = find("quote")
    if quote is None:
        raise _missing("quote", header, shown)
    if ts is None:
        raise _missing("ts", header, shown)
    return Columns(find("sid"), ts, quote)


def missing_symbol(header: Sequence[str], shown: str) -> UnusableFileError:
    """Return the error for a table that must have a column for the symbol, and has none."""
    return _missing("sid", header, shown)


def _find_named(names: list[str], key: str, name: str, shown: str) -> int:
    for same in (str, str.lower):
        candidates = [same(candidate) for candidate in names]
        if same(name) in candidates:
            return candidates.index(same(name))
    in_lower_case = {candidate.lower(): candidate for candidate in names}
    nearest = difflib.get_close_matches(name.lower(), in_lower_case, n=1)
    raise UnknownColumnError(
        shown, key, name, in_lower_case[nearest[0]] if nearest else None, _list(names)
    )


def _missing(key: str, header: Sequence[str], shown: str) -> UnusableFileError:
    found = f"no {_MEANING[key]} among the columns {_list(header)}"
    accepted = ", ".join(RECOGNISED[key])
    return UnusableFileError(shown, found, f"one of {accepted}, or a name for {key} in --columns")


def _list(names: Sequence[str]) -> str:
    return ", ".join(name[:30] for name in names[:10])
