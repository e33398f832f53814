"""The other fields of quotes of a table: open, high, low, volume and their like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from market_data.feeds.number_column import NumberColumn


class Others:
    """The other fields of a batch of rows.

    Their cells are read together, when the first quote of the batch is asked for its own: who only
    wants prices does not wait for them.

    :param names: of the fields.
    :param columns: the cells of each.
    """

    __slots__ = ("_columns", "_names", "_numbers", "_rows")

    def __init__(
        self, names: Sequence[str], columns: Sequence[Sequence[Any]], numbers: NumberColumn
    ):
        self._names = names
        self._columns = columns
        self._numbers = numbers
        self._rows: list[tuple[float | None, ...]] | None = None

    def add_to(self, message: dict[str, Any], index: int) -> None:
        """Add the fields of a row of the batch; a cell that is not a number adds nothing."""
        rows = self._rows
        if rows is None:
            columns = map(self._numbers.fields, self._names, self._columns)
            rows = self._rows = list(zip(*columns, strict=True))
            self._columns = ()
        for name, value in zip(self._names, rows[index], strict=True):
            if value is not None:
                message[name] = value
