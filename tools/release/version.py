"""The version of the project, which stands in three files, and the changelog's date of it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from tools.release.errors import ReleaseError

PLACES = {
    "pyproject.toml": re.compile(r'^version = "([^"]*)"', re.MULTILINE),
    "bridge_node/package.json": re.compile(r'^  "version": "([^"]*)"', re.MULTILINE),
    # Two spaces: the lock file's own; six below the name: the package's.
    "bridge_node/package-lock.json": re.compile(
        r'^(?:  |      "name": "bridge-node",\n      )"version": "([^"]*)"', re.MULTILINE
    ),
}
"""Where each file has it, and nothing else."""

CHANGELOG = "CHANGELOG.md"
CHANGED = (*PLACES, CHANGELOG)
_UNRELEASED = re.compile(r"^## Unreleased\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def versions(root: Path) -> dict[str, set[str]]:
    """Return the versions that each file states; they agree if all sets are the same single one."""
    return {
        name: set(pattern.findall((root / name).read_text(encoding="utf-8")))
        for name, pattern in PLACES.items()
    }


def current(root: Path) -> str:
    """Return the version.

    :raises ReleaseError: if the files do not agree on one.
    """
    stated = versions(root)
    if len(set.union(*stated.values())) != 1 or not all(stated.values()):
        each = "; ".join(f"{name}: {', '.join(sorted(found))}" for name, found in stated.items())
        raise ReleaseError(f"the files do not agree on a version: {each}")
    return stated["pyproject.toml"].pop()


def bump(root: Path, version: str, today: date) -> None:
    """Write a version into every file, and date the changelog's Unreleased part with it.

    :raises ReleaseError: if the version is not a higher one, or nothing was changed since the last.
    """
    _check_higher(current(root), version)
    for name, pattern in PLACES.items():
        path = root / name
        text = path.read_text(encoding="utf-8")
        path.write_text(
            pattern.sub(lambda found: found[0].replace(found[1], version), text), encoding="utf-8"
        )
    path = root / CHANGELOG
    text = path.read_text(encoding="utf-8")
    part = _UNRELEASED.search(text)
    if part is None or not part[1].strip():
        raise ReleaseError(f"{CHANGELOG} has nothing under Unreleased")
    heading = f"## Unreleased\n\n## {version} ({today.isoformat()})\n"
    path.write_text(text.replace("## Unreleased\n", heading, 1), encoding="utf-8")


def _check_higher(old: str, new: str) -> None:
    if not re.fullmatch(r"\d+\.\d+\.\d+", new):
        raise ReleaseError(f'the version is "{new}": write three numbers, such as VERSION=0.2.0')
    if _numbers(new) <= _numbers(old):
        raise ReleaseError(f"the version {new} is not higher than {old}, the current one")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
