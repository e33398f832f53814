"""Which column of a table names instruments, where the names of the columns do not tell it.

Without it, a table of several instruments would be one whose price goes to and fro between theirs.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise
from statistics import median

# Of prices of several instruments, from row to row, the least median change that is looked at; and
# which part of it those of one instrument may reach.
_WILD = 0.05
_CALM = 0.2
# The least number of rows of an instrument, on average.
_ROWS = 3


def of_bars(
    rows: Sequence[Sequence[str]], ts: Sequence[int], texts: Sequence[int], is_bar: bool
) -> int | None:
    """Return the column of which each text has each time once, if times come more than once.

    :param rows: the first ones, without the header.
    :param ts: the columns of the time.
    :param texts: those columns that might hold symbols.
    :param is_bar: whether a row is a bar; of ticks several may be of one time.
    """
    dates = [row[ts[0]].strip() for row in rows]
    if len(set(dates)) == len(dates) or (not is_bar and any(":" in date for date in dates)):
        return None
    for index in texts:
        groups: dict[str, list[str]] = {}
        for row in rows:
            groups.setdefault(row[index].strip(), []).append(" ".join(row[n] for n in ts))
        if len(groups) > 1 and all(len(set(own)) == len(own) for own in groups.values()):
            return index
    return None


def of_ticks(rows: Sequence[Sequence[str]], price: int, needed: Collection[int]) -> int | None:
    """Return the column of which the rows of one value have prices that hardly change.

    :param rows: the first ones, without the header.
    :param price: the column of the price.
    :param needed: the columns that are known to hold something else.
    """
    priced = [(row, found) for row in rows if (found := _price(row[price])) is not None]
    change = _change([found for _row, found in priced])
    if change < _WILD:
        return None
    for index in set(range(len(rows[0]))) - set(needed):
        groups: dict[str, list[float]] = {}
        for row, found in priced:
            groups.setdefault(row[index].strip(), []).append(found)
        are_several = 1 < len(groups) <= len(priced) // _ROWS
        if are_several and max(map(_change, groups.values())) <= _CALM * change:
            return index
    return None


def _change(prices: Sequence[float]) -> float:
    """Return by which part prices change from one to the next; the median."""
    changes = [abs(later / earlier - 1) for earlier, later in pairwise(prices)]
    return median(changes) if changes else 0.0


def _price(text: str) -> float | None:
    try:
        price = float(text)
    except ValueError:
        return None
    return price if price > 0 else None
