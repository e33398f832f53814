"""Files of keys as `zmq.auth` writes and reads them: ZeroMQ certificates."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from pathlib import Path

import zmq
from zmq.auth import load_certificate
from zmq.utils import z85

from algo_service.errors import CurveError

_PUBLIC = """\
#   ZeroMQ CURVE Public Certificate

metadata
curve
    public-key = "{public}"
"""
_SECRET = """\
#   ZeroMQ CURVE **Secret** Certificate
#   DO NOT PROVIDE THIS FILE TO OTHER USERS nor change its permissions.

metadata
curve
    public-key = "{public}"
    secret-key = "{secret}"
"""


def read_public(file: Path) -> bytes:
    """Return the public key of a file, as 40 characters.

    :raises CurveError: if it holds none.
    """
    return _read(file)[0]


def read_pair(file: Path) -> tuple[bytes, bytes]:
    """Return the public key and the secret key of a file.

    :raises CurveError: if it does not hold both, or if others than its owner may read it.
    """
    try:
        found = file.stat()
    except OSError as error:
        raise CurveError(f"{file} cannot be read: {error.strerror}") from error
    mode = stat.S_IMODE(found.st_mode)
    # Kubernetes lets a pod read a secret by its group; its owner is another user.
    if mode & (0o077 if found.st_uid == os.getuid() else 0o007):
        raise CurveError(
            f"{file} holds a secret key, and others than its owner may read it (mode {mode:04o}):"
            f" chmod 600 {file}"
        )
    public, secret = _read(file)
    if secret is None:
        raise CurveError(f"{file} holds no secret key")
    if zmq.curve_public(secret) != public:
        raise CurveError(f"the public key in {file} is not that of its secret key")
    return public, secret


def write_pair(folder: Path, name: str) -> str:
    """Make two keys, in NAME.key and, for its owner alone, NAME.key_secret; return the public one.

    :raises OSError: if that cannot be; what exists is not overwritten.
    """
    public, secret = (key.decode() for key in zmq.curve_keypair())
    _write(folder / f"{name}.key_secret", _SECRET.format(public=public, secret=secret), 0o600)
    write_public(folder / f"{name}.key", public)
    return public


def write_public(file: Path, public: str) -> None:
    """Write a public key.

    :raises OSError: if that cannot be, or the file exists.
    """
    _write(file, _PUBLIC.format(public=public), 0o644)


def _write(file: Path, text: str, mode: int) -> None:
    """Write a new file, which is there with its mode and as a whole, or not at all."""
    if file.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(file))
    descriptor, name = tempfile.mkstemp(dir=file.parent)
    with open(descriptor, "w") as opened:
        os.fchmod(descriptor, mode)
        opened.write(text)
    os.rename(name, file)


def _read(file: Path) -> tuple[bytes, bytes | None]:
    try:
        public, secret = load_certificate(file)
    except OSError as error:
        raise CurveError(f"{file} cannot be read: {error.strerror or 'it is not there'}") from error
    except ValueError:
        raise CurveError(f"{file} holds no public key") from None
    for what, key in (("public", public), ("secret", secret)):
        if key is not None and not _is_key(key):
            raise CurveError(f"the {what} key in {file} is none: a key has 40 characters of Z85")
    return public, secret


def _is_key(text: bytes) -> bool:
    return len(text) == 40 and all(each in z85.Z85CHARS for each in text)
