"""The floor: the rule by hand in one loop over dictionaries, with no engine around it."""

import json
import platform
import time

from quotes import CASH, FAST, SID, SLOW, TOLERANCE, prices, times


def main() -> None:
    """Run the rule once and print what came of it as a line of JSON."""
    events = [
        {"sid": SID, "quote": price, "ts": ts, "id": str(n), "channel": "quotes"}
        for n, (price, ts) in enumerate(zip(prices(), times(), strict=True))
    ]
    ring = [0.0] * SLOW
    slot = seen = fills = position = 0
    fast_sum = slow_sum = previous = 0.0
    cash = CASH

    begun = time.process_time()
    for event in events:
        price = event["quote"]
        fast_sum += price - ring[slot - FAST]  # below zero it counts from the end, as a ring does
        slow_sum += price - ring[slot]
        ring[slot] = price
        slot += 1
        if slot == SLOW:
            slot = 0
        seen += 1
        if seen < SLOW:
            continue
        slow_mean = slow_sum / SLOW
        difference = fast_sum / FAST - slow_mean
        if -(nothing := TOLERANCE * slow_mean) <= difference <= nothing:
            difference = 0.0
        if previous < 0 < difference:
            units = int(cash // price)
            if units:
                cash -= units * price
                position += units
                fills += 1
        elif difference < 0 < previous and position:
            cash += position * price
            position = 0
            fills += 1
        previous = difference
    equity = cash + position * price
    taken = time.process_time() - begun

    print(
        json.dumps(
            {
                "name": "floor",
                "version": platform.python_version(),
                "events": len(events),
                "fills": fills,
                "equity": round(equity, 2),
                "cpu_seconds": taken,
            }
        )
    )


if __name__ == "__main__":
    main()
