"""The environments of those that Tickwire is measured against, one per peer, in `.bench/`."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

CACHE = Path(__file__).parent.parent / ".bench"


class PartyError(Exception):
    """A party that could not be installed or run, with what its last command printed."""


def environment(name: str, requirements: Path | None) -> Path:
    """Return the Python that runs a peer, making its environment if that has changed.

    :param requirements: what the peer's own environment holds; without it, this one's Python.
    """
    if requirements is None:
        return Path(sys.executable)
    folder = CACHE / name
    python, stamp = folder / "bin" / "python", folder / "installed.txt"
    wanted = f"{sys.version}\n{requirements.read_text()}"
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"bench: installing {name}", file=sys.stderr)
        venv.create(folder, clear=True, symlinks=True, with_pip=True)
        pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        run(*pip, "--requirement", requirements)
        stamp.write_text(wanted)
    return python


def run(*command: object) -> str:
    """Return what a command prints; if it fails, raise what it complained of."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        raise PartyError(done.stderr.strip() or f"status {done.returncode}")
    return done.stdout
