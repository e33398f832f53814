"""The names that an algorithm may have on the wire, by the contract."""

from __future__ import annotations

import re

MAX_NAME_CHARACTERS = 128

# They would break topics and ids, or the broker closes the connection.
_NOT_IN_NAMES = re.compile("[/+#:\0-\x1f\x7f-\x9f]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def objection(name: str) -> str | None:
    """Return why an algorithm cannot have this name, as the end of a sentence; None if it can."""
    if not name:
        return "a name has at least one character"
    if len(name) > MAX_NAME_CHARACTERS:
        return f"a name has at most {MAX_NAME_CHARACTERS} characters, and this has {len(name):,}"
    if _SURROGATES.search(name):
        return "a name is text in UTF-8"
    if _NOT_IN_NAMES.search(name):
        return 'a name has no "/", "+", "#" or ":", and no control characters'
    return None
