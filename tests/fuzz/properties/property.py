"""What a property is."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from hypothesis import strategies as st

MAX_SENTENCE = 2000
"""Characters of the reason why an input is refused, however long that is."""


class Property(NamedTuple):
    """Inputs of one parser, and what has to hold of each of them."""

    inputs: st.SearchStrategy[bytes]
    check: Callable[[bytes], str]
    """Raises what is wrong with an input; else returns what came of it, in a word, so that it can
    be counted whether inputs of each kind were tried."""


def refused(error: Exception, most: int = MAX_SENTENCE) -> str:
    """Return the outcome of an input that one of our errors refuses, with a sentence."""
    assert 0 < len(str(error)) < most, str(error)[:100]
    return "refused"
