"""Why a row is not a valid quote."""

from __future__ import annotations

from typing import Literal, NamedTuple

Problem = Literal[
    "cells",
    "missing",
    "not_positive",
    "not_a_price",
    "time",
    "time_format",
    "local_time",
    "other_symbol",
    "malformed",
]
"""Why a row is not a valid quote: its cells are not those of the header, a value is missing, a
price is 0 or below, a price or a time is not valid, the format of a time is not known, a local time
does not exist, the instrument is not one of the chosen ones, or anything else."""


class SkippedRow(NamedTuple):
    """A row that is not a valid quote, and why; `option` would read it, if it is not empty.

    `code` is that of contracts/refusals.json, where the row is a message.
    """

    source: str
    row: int
    problem: Problem
    reason: str
    option: str = ""
    code: str = ""


class InvalidQuoteError(ValueError):
    """A row is not a valid quote; the text of the error is the reason."""

    def __init__(self, problem: Problem, reason: str, option: str = "", code: str = ""):
        super().__init__(reason)
        self.problem = problem
        self.option = option
        self.code = code

    def within(self, where: str) -> InvalidQuoteError:
        """Return the same of a part of the row."""
        return InvalidQuoteError(self.problem, f"{where}: {self}", self.option, self.code)

    def skipped(self, source: str, row: int) -> SkippedRow:
        """Return the same as a fact about a row."""
        return SkippedRow(source, row, self.problem, str(self), self.option, self.code)
