"""What every party of the backtest benchmark is given: the quotes and the numbers of the rule.

The rule, `sma_cross`: the difference of the simple means of the last `FAST` and the last `SLOW`
quotes, which is zero where it is at most `TOLERANCE` times the slow mean. Buy when it was below
zero at the quote before and is above zero now, sell all when the reverse; a difference of zero is
neither. The first decision is at quote `SLOW` + 1. Orders fill at the quote that caused them,
without costs. A buy takes the largest whole number of units that the cash pays. What is held at the
end is valued at the last quote.

Nothing but the standard library, so that every environment computes identical prices.
"""

import random

FAST, SLOW = 10, 30
TOLERANCE = 1e-12
CASH = 1_000_000.0
COUNT = 200_000
SID = "GOOG"
STEP_MS = 1_000
START_MS = 1_700_000_000_000


def prices() -> list[float]:
    """Return a geometric random walk with a tick of 0.01.

    With this seed a position is held at the end, and nothing is to be done at the last quote,
    which two of the peers would fill only at the next one.
    """
    draw = random.Random(42).random  # `random` is exact everywhere, `gauss` asks the C library
    price, walk = 500.0, []
    for _ in range(COUNT):
        price *= 1 + 0.002 * (draw() - 0.5)
        walk.append(round(price, 2))
    return walk


def times() -> range:
    """Return the time of each quote, in milliseconds since the epoch."""
    return range(START_MS, START_MS + COUNT * STEP_MS, STEP_MS)
