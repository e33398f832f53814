"""What a message may be; the same limits as in contracts/quote.schema.json."""

from __future__ import annotations

BYTES = 1024 * 1024
QUOTES = 1000
"""In a shorthand, or in an array."""
CHANNEL = 1024
ID = 256
"""Characters, as the one before."""
DEPTH = 32
"""Maps and lists within one another."""
VALUES = 100_000
"""Texts, numbers, maps, lists and others of a message."""
