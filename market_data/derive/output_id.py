"""The id of what is made of one quote."""

from __future__ import annotations

import hashlib

from market_data.feeds.messages.limits import ID


def output_id(channel: str, own_id: str) -> str:
    """Return `<channel>:<id>` of the quote, or its SHA-256 where that is longer than an id may be.

    A topic of its own tells what was made of the quote, so that this is unique in its channel.
    """
    key = f"{channel}:{own_id}"
    return key if len(key) <= ID else hashlib.sha256(key.encode()).hexdigest()
