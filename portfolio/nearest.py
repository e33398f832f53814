"""The nearest right answer to a misspelt one."""

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `: did you mean "x"?` for the known word that is nearest, else all that are known."""
    known = sorted(known)
    near = difflib.get_close_matches(word, known, n=1)
    if near:
        return f': did you mean "{near[0]}"?'
    return f"; there is {', '.join(known)}" if known else ""
