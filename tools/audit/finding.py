"""What an audit of locked packages has come to."""

from __future__ import annotations

from dataclasses import dataclass, field


class UnreachableError(Exception):
    """There is no advisory service that could be asked; the text says why."""


class AuditError(Exception):
    """A package manager gives no report; the text says why."""


@dataclass
class Audit:
    """Of the packages of one lock file."""

    asked: int
    """How many packages the service was asked about."""
    vulnerable: list[str] = field(default_factory=list)
    """A line for each package with a known vulnerability."""
    unknown: list[str] = field(default_factory=list)
    """A line for each package that could not be looked up, with the reason."""
