"""Building the packages of both languages."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import NamedTuple

from tools.release.commands import run
from tools.release.errors import ReleaseError


class Packages(NamedTuple):
    """The files of a release."""

    sdist: Path
    wheel: Path
    tarball: Path


def copy_tracked(root: Path, target: Path) -> None:
    """Copy the files that git knows, as they are in the working tree."""
    for name in run("git", "ls-files", "-z", folder=root).split("\0"):
        if name and (root / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target / name)


def build(root: Path, dist: Path) -> Packages:
    """Build sdist, wheel and npm tarball of a checkout into a folder that is made for them."""
    dist.mkdir()
    run(sys.executable, "-m", "build", "--outdir", dist, root, folder=root)
    run("npm", "pack", "--pack-destination", dist, folder=root / "bridge_node")
    return Packages(_one(dist, "*.tar.gz"), _one(dist, "*.whl"), _one(dist, "*.tgz"))


def _one(dist: Path, pattern: str) -> Path:
    found = list(dist.glob(pattern))
    if len(found) != 1:
        raise ReleaseError(f"there is not one {pattern} but {[path.name for path in found]}")
    return found[0]
