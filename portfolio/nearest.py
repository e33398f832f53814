"""The nearest right answer to a misspelt one."""

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most like this one; None if none is like it."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1)), None)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `: did you mean "x"?` for the nearest known word, else all that are known."""
    known = sorted(known)
    near = nearest(word, known)
    if near is not None:
        return f': did you mean "{near}"?'
    return f"; there is {', '.join(known)}" if known else ""
