"""Running the commands of a release: quiet, unless one fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tools.release.errors import ReleaseError

OURS = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "NODE_PATH", "MAKEFLAGS", "MAKELEVEL")
"""Variables that would let a fresh environment see this one."""


def elsewhere() -> dict[str, str]:
    """Return an environment in which the repository's own commands are not found."""
    ours = Path(sys.executable).parent
    path = [folder for folder in os.environ["PATH"].split(os.pathsep) if Path(folder) != ours]
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    return {**kept, "PATH": os.pathsep.join(path)}


def run(*command: object, folder: Path) -> str:
    """Run a command in a folder, and return what it has printed on stdout.

    :raises ReleaseError: if it fails; with all that it has printed.
    """
    words = [str(word) for word in command]
    ended = subprocess.run(
        words,
        cwd=folder,
        env=elsewhere(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if ended.returncode != 0:
        raise ReleaseError(
            f"{' '.join(words)} ended with status {ended.returncode}:\n"
            f"{ended.stdout}{ended.stderr}".rstrip()
        )
    return ended.stdout
