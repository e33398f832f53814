"""Makes a release: `python -m tools.release 0.2.0`; with --dry-run the tree stays as it is."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tools.release.commands import run
from tools.release.errors import ReleaseError
from tools.release.packages import build, copy_tracked
from tools.release.trial import try_packages
from tools.release.version import CHANGED, bump

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Make the release that the command line asks for, and return the exit status."""
    parser = argparse.ArgumentParser(prog="make release", description=__doc__)
    parser.add_argument("version", help="three numbers, such as 0.2.0")
    parser.add_argument("--dry-run", action="store_true", help="leave the tree as it is")
    given = parser.parse_args()
    try:
        release(given.version, dry_run=given.dry_run)
    except ReleaseError as error:
        sys.stderr.write(f"make release: {error}\n")
        return 1
    return 0


def release(version: str, *, dry_run: bool) -> None:
    """Bump, build and try in a copy; then write the changed files and dist/, unless dry.

    :raises ReleaseError: if anything fails; the tree is then as it was.
    """
    if not dry_run and run("git", "status", "--porcelain", folder=ROOT):
        raise ReleaseError("the working tree has changes: commit them first")
    with tempfile.TemporaryDirectory(prefix="tickwire-release-") as name:
        folder = Path(name)
        copy = folder / "tickwire"
        copy_tracked(ROOT, copy)
        bump(copy, version, datetime.now(UTC).date())
        _say("build sdist, wheel and npm tarball")
        packages = build(copy, folder / "dist")
        try_packages(packages, version, ROOT / "requirements-backtest.txt", folder, _say)
        if dry_run:
            _say(f"{version} can be released; nothing was changed")
            return
        for changed in CHANGED:
            shutil.copyfile(copy / changed, ROOT / changed)
        shutil.copytree(folder / "dist", ROOT / "dist", dirs_exist_ok=True)
    names = ", ".join(f"dist/{path.name}" for path in packages)
    _say(f"{version}: {names}\ncommit {', '.join(CHANGED)}, tag and publish")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
