"""How a CSV file is written: its delimiter, and which of its first rows is the header."""

from __future__ import annotations

import csv
import re
from collections import Counter
from typing import NamedTuple

DELIMITERS = (";", "\t", "|", ",")
"""A comma last: where another one fits as well, commas are decimal ones."""

# Lines that are looked at, and those before the header that may be something else.
_SAMPLE = 200
_MAX_PREAMBLE = 20


class Dialect(NamedTuple):
    """How to read the rows of a CSV file, and where they begin."""

    delimiter: str
    skips_space: bool
    """Whether a space behind a delimiter is no part of a cell."""
    preamble: tuple[str, ...]
    """Lines before the header, which are no part of the table."""
    rows: tuple[list[str], ...]
    """The first rows, with the header."""


def find_dialect(text: str, delimiter: str | None, *, is_cut: bool) -> Dialect:
    """Return how the text is written.

    :param text: the beginning of the file.
    :param delimiter: the one to use; None to detect it.
    :param is_cut: whether there is more, so that the last line may be a part of one.
    """
    lines = text.splitlines()
    if is_cut and len(lines) > 1:
        lines.pop()
    lines = [line for line in lines if line.strip()][:_SAMPLE]
    before = 0
    # a line that Excel writes and reads
    if lines and (named := re.fullmatch(r'"?sep=(.)"?', lines[0].strip(), re.IGNORECASE)):
        before, delimiter = 1, delimiter or named[1]
    found = delimiter or max(DELIMITERS, key=lambda each: _fitness(lines[before:], each))
    skips_space = f'{found} "' in text
    rows = _rows(lines[before:], found, skips_space=skips_space)
    widths = Counter(map(len, rows))
    usual = max(widths, key=lambda width: (width > 1, widths[width], width), default=1)
    fullness = Counter(sum(map(bool, map(str.strip, row))) for row in rows)
    filled = max(fullness, key=lambda number: fullness[number], default=1)
    skipped = 0
    while skipped < min(_MAX_PREAMBLE, len(rows) - 1) and _is_preamble(
        rows[skipped], usual, filled
    ):
        skipped += 1
    before += skipped
    return Dialect(found, skips_space, tuple(lines[:before]), tuple(rows[skipped:]))


def _is_preamble(row: list[str], usual: int, usually_filled: int) -> bool:
    """Tell whether a line before the header is of another kind than the lines of the table."""
    filled = [cell for cell in row if cell.strip()]
    # pairs of a name and a value, as a spreadsheet of Bloomberg has them, and empty rows
    if len(filled) <= min(2, usually_filled - 1) and filled == row[: len(filled)]:
        return True
    # a name alone, perhaps with the delimiters of a spreadsheet behind it, or pairs; a header that
    # is one cell shorter is that of row numbers without a name
    is_short = len(row) < usual - 1 or (len(row) < usual and row[0].startswith("#"))
    return (len(filled) == 1 < usual and bool(row[0].strip())) or is_short


def _fitness(lines: list[str], delimiter: str) -> float:
    """Return which part of the lines has as many cells as most of them, if that is more than 1."""
    widths = Counter(map(len, _rows(lines, delimiter, skips_space=False)))
    width, count = max(widths.items(), key=lambda item: (item[0] > 1, item[1]), default=(1, 0))
    return count / len(lines) if width > 1 else 0.0


def _rows(lines: list[str], delimiter: str, *, skips_space: bool) -> list[list[str]]:
    try:
        return list(csv.reader(lines, delimiter=delimiter, skipinitialspace=skips_space))
    except csv.Error:
        return []
