"""The bounds of a quote, as in contracts/quote.schema.json."""

MAX_PRICE = 1e9
"""In cash per unit."""

MAX_SID = 64
"""In characters."""
