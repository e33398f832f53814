"""Names and secrets of an account, from the environment or a file; they are shown nowhere."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from market_data.errors import FeedError
from market_data.secret_file import warn_if_shared

MAX_FILE = 64 * 1024
"""Bytes of a file of credentials."""

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*)", re.ASCII)
# What a header or a JSON text takes, and no space: none has one.
_VALUE = re.compile(r"[!-~]+", re.ASCII)


class CredentialsError(FeedError):
    """Credentials that are missing or unusable; holds none of them."""

    def __init__(self, name: str, found: str, expected: str):
        super().__init__(f"{name} {found}; expected {expected}")
        self.name = name


class Credentials:
    """Values by their names; a text of it holds no value."""

    def __init__(self, values: Mapping[str, str], origin: str):
        self._values = dict(values)
        self.origin = origin
        """Where they are from, as messages name it."""

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __repr__(self) -> str:
        return f"<credentials of {self.origin}>"

    def hide(self, text: str) -> str:
        """Return a text, such as the answer of a server, without any of the values."""
        for value in self._values.values():
            text = text.replace(value, "***")
        return text


def read_credentials(names: Sequence[str], path: str | None) -> Credentials:
    """Return the values of these names.

    :param path: of a file with lines `NAME=value`, which is used in place of the environment.
    :raises CredentialsError: if one is missing, or the file cannot be read.
    """
    found = os.environ if path is None else _read_file(path)
    origin = "the environment" if path is None else path
    values = {}
    for name in names:
        value = found.get(name, "")
        if not value:
            raise CredentialsError(
                name,
                f"is not in {origin}",
                f"the variable, or --credentials with a file that has the line {name}=…",
            )
        if not _VALUE.fullmatch(value):
            raise CredentialsError(
                name, f"in {origin} holds a character that no key has", "letters and digits"
            )
        values[name] = value
    return Credentials(values, origin)


def _read_file(path: str) -> dict[str, str]:
    warn_if_shared("--credentials", path)
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_FILE + 1)
        if len(content) > MAX_FILE:
            raise CredentialsError(f"--credentials {path}", "is too large", "lines NAME=value")
        text = content.decode()
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
        raise CredentialsError(f"--credentials {path}", reason, "lines NAME=value") from error
    except UnicodeDecodeError as error:
        raise CredentialsError(
            f"--credentials {path}", "is not text", "lines NAME=value"
        ) from error
    values = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            # the line itself may be a secret
            where = f"--credentials {path}"
            raise CredentialsError(where, f"has another line {number}", "NAME=value")
        value = match[2]
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        values[match[1]] = value
    return values
