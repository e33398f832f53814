"""A halt: a person has stopped all buying."""

from __future__ import annotations

from typing import NamedTuple


class Halt(NamedTuple):
    """What a person said; in force until a person resumes buying."""

    reason: str
    by: str | None
    """The name of the person, if it was given."""
    id: str
    """Of the command."""

    @property
    def text(self) -> str:
        """The halt as the reason of the orders that it refuses."""
        return f"halted by {self.by}: {self.reason}" if self.by else f"halted: {self.reason}"
