"""Asks about every locked package whether a vulnerability is known: `make audit`.

Fails if there is one, or if a package could not be looked up. Where no advisory service is
reachable it says so, and passes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from tools.audit import node, python
from tools.audit.finding import Audit, AuditError, UnreachableError

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Audit both languages, and return the exit status."""
    sound = [
        tell("requirements-dev.txt", lambda: python.audit(ROOT / "requirements-dev.txt")),
        tell("bridge_node/package-lock.json", lambda: node.audit(ROOT / "bridge_node")),
    ]
    return 0 if all(sound) else 1


def tell(lock: str, audit: Callable[[], Audit]) -> bool:
    """Print what an audit finds, and return whether nothing is wrong."""
    try:
        found = audit()
    except UnreachableError as error:
        sys.stdout.write(f"{lock}: SKIPPED, no advisory service can be asked: {error}\n")
        return True
    except AuditError as error:
        sys.stdout.write(f"{lock}: could not be looked up: {error}\n")
        return False
    for line in found.vulnerable:
        sys.stdout.write(f"{lock}: vulnerable: {line}\n")
    for line in found.unknown:
        sys.stdout.write(f"{lock}: could not be looked up: {line}\n")
    if found.vulnerable or found.unknown:
        return False
    sys.stdout.write(f"{lock}: nothing is known against its {found.asked} packages\n")
    return True


if __name__ == "__main__":
    sys.exit(main())
