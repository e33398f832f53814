"""Files that keep how far something has come: replaced at once, and on the disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from market_data.errors import StateFileError
from market_data.private_files import replace

State = TypeVar("State")


def read_state_file(path: Path, parse: Callable[[Any], State], what: str) -> State | None:
    """Return what a file holds; None if there is none.

    :param parse: makes it of the JSON, or raises ValueError, KeyError, TypeError, AttributeError.
    :param what: whose state it is, such as "a replay".
    :raises StateFileError: if it cannot be read, or holds something else.
    """
    try:
        return parse(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = error.strerror or str(error)
        raise StateFileError(str(path), reason, "a file that can be read") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        found = f"it is not the state of {what}"
        raise StateFileError(str(path), found, "a file of version 1") from error


def check_state_file(path: Path, facts: list[tuple[str, str, str]]) -> None:
    """Raise StateFileError if a fact is another one: what it is, as found, and as expected."""
    for what, found, expected in facts:
        if found != expected:
            raise StateFileError(str(path), f'it is of the {what} "{found}"', f'"{expected}"')


def write_state_file(path: Path, fields: dict[str, Any]) -> None:
    """Replace the file at once; StateFileError if that fails."""
    write_json_lines(path, [fields])


def write_json_lines(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    """Replace a file of JSON lines at once; StateFileError if that fails."""
    try:
        replace(path, (f"{json.dumps(fields)}\n" for fields in lines))
    except OSError as error:
        reason = error.strerror or str(error)
        raise StateFileError(str(path), reason, "a file that can be written") from error
