"""Which topics carry quotes, by the contract."""

from __future__ import annotations

_OTHERS = (
    "algos/",
    "bridges/",
    "commands/",
    "data/",
    "errors/",
    "executions/",
    "fills/",
    "halts/",
    "indicators/",
    "orders/",
    "portfolios/",
    "queries/",
    "replies/",
    "stats/",
)


def carries_quotes(topic: str) -> bool:
    """Tell whether what comes on a topic is read as quotes."""
    return not topic.startswith(_OTHERS)
