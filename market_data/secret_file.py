"""Files that hold a secret, and others on this machine who can read them."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

log = logging.getLogger(__name__)

_OF_OTHERS = stat.S_IROTH | stat.S_IWOTH


def warn_if_shared(option: str, path: str) -> None:
    """Log a line if everyone on this machine can read the file of a secret, or write it.

    Only of a regular file of the user who runs: who mounts secrets into a container, as Docker
    and Kubernetes do, has chosen their modes.

    :param option: that names the file, such as `--key`.
    """
    if is_shared(Path(path)):
        log.warning(
            "%s %s can be read by everyone on this machine: `chmod o= %s` changes that",
            option,
            path,
            path,
        )


def is_shared(path: Path) -> bool:
    """Return whether a file of this user is open to others, and so are the folders above it."""
    try:
        status = path.stat()
        is_own = stat.S_ISREG(status.st_mode) and status.st_uid == os.getuid()
        if not (is_own and status.st_mode & _OF_OTHERS):
            return False
        return all(folder.stat().st_mode & stat.S_IXOTH for folder in path.resolve().parents)
    except (OSError, AttributeError):  # it cannot be read, or the system has no such users
        return False
