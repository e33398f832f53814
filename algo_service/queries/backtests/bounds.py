"""How much a backtest that was asked for may take."""

MAX_MEMORY = 2 * 1024**3
"""Bytes of address space of its process."""

MAX_SECONDS = 900
"""That its process may run."""

MAX_POINTS = 2000
"""Of its curve."""

MAX_ORDERS = 1000
"""Its last ones."""

MAX_BYTES = 900_000
"""Of its report; of a longer one the oldest orders are left out."""

MAX_RUNS = 20
"""That are remembered."""

NICENESS = 10
"""Decisions go first."""
