"""Names of columns: what they are called, and where they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from market_data.errors import ColumnsError, UnknownColumnError, UnusableFileError
from market_data.feeds.layouts import plain
from portfolio.nearest import nearest

# Recognised in any case; of several in one table, the one named first here is read.
RECOGNISED = {
    "sid": (
        *("sid", "symbol", "ticker", "ts_code", "instrument", "ric", "sym_root", "pair"),
        *("currency_pair", "product_id", "instrument_id", "instrument_name", "secid", "isin"),
        *("figi", "cusip", "sedol", "permno", "security", "contract", "asset", "coin", "name"),
    ),
    "ts": ("ts", "datetime", "timestamp", "date", "time"),
    "quote": ("quote", "price", "last", "close"),
}
FIELDS = ("open", "high", "low", "close", "volume", "bid", "ask", "size")
"""Other numbers of a quote that are carried along."""


def parse_columns(text: str) -> dict[str, str]:
    """Read `sid=Ticker,ts=Date+Time,quote=Last`; ColumnsError where it is of another form."""
    columns = {}
    for part in text.split(","):
        key, equals, name = (piece.strip() for piece in part.partition("="))
        if not equals or not name:
            raise ColumnsError(part, "expected sid=…, ts=… or quote=…, with a column's name")
        columns[key] = name
    return check_columns(columns)


def check_columns(columns: Mapping[str, str]) -> dict[str, str]:
    """Return the same if all keys are fields of a quote, else raise ColumnsError."""
    known = (*RECOGNISED, *FIELDS)
    for key, name in columns.items():
        if key not in known:
            near = nearest(key.lower(), known)
            meant = f'did you mean "{near}"?' if near else "expected sid, ts or quote"
            raise ColumnsError(key, meant)
        if not isinstance(name, str):
            raise ColumnsError(f"{key}={name!r}", "expected the name of a column, as text")
    return dict(columns)


class Names:
    """The names of a table's columns.

    :param shown: the table, as an error names it.
    """

    def __init__(self, names: Sequence[str], shown: str):
        self.names = names
        self._shown = shown
        self._plain = [plain(name) for name in names]
        # MetaTrader and others put names in angle brackets, Refinitiv writes #RIC
        self._bare = [name.strip("<>#") for name in self._plain]

    def __str__(self) -> str:
        return ", ".join(name[:30] for name in self.names[:10])

    def find(self, name: str, *, is_chosen: bool = True) -> int | None:
        """Return the index of a name as `plain` makes it, with or without <> or #.

        :param is_chosen: whether it matters which of several columns of this name it is.
        :raises UnusableFileError: if it does, and several columns are called so.
        """
        for names in (self._plain, self._bare):
            if is_chosen and names.count(name) > 1:
                places = [n for n, other in enumerate(names) if other == name]
                found = f'{len(places)} columns are called "{self.names[places[0]]}"'
                one = ", ".join(str(place + 1) for place in places)
                raise UnusableFileError(
                    self._shown, found, f"--columns with the place of one of them: {one}"
                )
            if name in names:
                return names.index(name)
        return None

    def first_of(self, names: Sequence[str]) -> int | None:
        """Return the index of the first name that there is."""
        return next((at for name in names if (at := self.find(name)) is not None), None)

    def named(self, key: str, name: str) -> int:
        """Return the index of the column that a user names, by its name or its place from 1 on.

        :raises UnknownColumnError: if there is none.
        """
        for same in (str, str.lower, plain):
            candidates = [same(candidate) for candidate in self.names]
            if same(name) in candidates:
                return candidates.index(same(name))
        if name.isdecimal() and 0 < int(name) <= len(self.names):
            return int(name) - 1
        in_lower_case = {candidate.lower(): candidate for candidate in self.names}
        near = nearest(name.lower(), in_lower_case)
        raise UnknownColumnError(
            self._shown, key, name, None if near is None else in_lower_case[near], str(self)
        )

    def both(self, name: str) -> tuple[int, ...]:
        """Return the index of a column, or those of `Date+Time`."""
        if name in self.names or "+" not in name.strip("+"):
            return (self.named("ts", name),)
        return tuple(self.named("ts", part.strip()) for part in name.split("+", 1))


def check_symbol(names: Sequence[str], named: Mapping[str, str], shown: str) -> None:
    """Raise UnusableFileError if no column tells the symbol."""
    if "sid" not in named and Names(names, shown).first_of(RECOGNISED["sid"]) is None:
        found = f"no symbol among the columns {Names(names, shown)}"
        raise UnusableFileError(shown, found, accepted("sid"))


def accepted(key: str) -> str:
    """Return what a missing column may be called."""
    return f"one of {', '.join(RECOGNISED[key])}, or a name for {key} in --columns"
