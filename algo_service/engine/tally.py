"""Counts what an engine has decided."""

from __future__ import annotations

from collections import Counter
from operator import attrgetter
from typing import Literal, get_args

from algo_service.decisions import Batch, Kind

Outcome = Literal["placed", "cut", "refused"]

_KIND = attrgetter("kind")
_REASON = ',"reason":'
"""In the text of an order that is not as the algorithm asked for it: inside of a string of JSON a
quotation mark is escaped."""


class Tally:
    """Plain numbers since the start of the process: the engine adds, and any thread may read.

    A duplicate and a batch that could not be kept count nothing.
    """

    def __init__(self) -> None:
        self.decisions: Counter[str] = Counter(dict.fromkeys(get_args(Kind), 0))
        """Inputs by kind, those that failed included."""
        self.orders: Counter[str] = Counter(dict.fromkeys(get_args(Outcome), 0))
        """As the algorithm asked for them, cut by a limit, or refused by one or by a halt."""
        self.fills = 0
        self.failures = 0
        self.failures_in_a_row = 0
        """Of the latest decisions."""
        self.last_failure = ""
        """`Name: message` of the latest one."""

    def add(self, batch: Batch) -> None:
        """Count the decisions of a batch that is kept."""
        inputs, decisions = batch.inputs, batch.decisions
        kinds = set(map(_KIND, inputs))
        if len(kinds) == 1:
            self.decisions[kinds.pop()] += len(inputs)
        else:
            self.decisions.update(map(_KIND, inputs))
        row, placed, fills = self.failures_in_a_row, 0, 0
        for decision in decisions:
            if "error" in decision:
                row += 1
                self.failures += 1
                self.last_failure = decision["error"]
                continue
            row = 0
            for text in decision["orders"]:
                if _REASON in text:
                    self.orders["refused" if ',"quantity":0.0,' in text else "cut"] += 1
                else:
                    placed += 1
            fills += len(decision["fills"])
        self.failures_in_a_row = row
        self.orders["placed"] += placed
        self.fills += fills
