"""The rule in Tickwire: the built-in `sma_cross` with the portfolio's full accounting."""

import json
import time
from importlib.metadata import version

from quotes import CASH, FAST, SID, SLOW, prices, times

from algo_service.algorithms import SmaCross
from algo_service.engine.driver import Driver
from algo_service.engine.quotes import accept
from algo_service.parameters import merge
from portfolio.analysis.observation import Observation
from portfolio.analysis.performance import Performance
from portfolio.times import instant


def main() -> None:
    """Run the rule once and print what came of it as a line of JSON."""
    quotes = [
        accept({"sid": SID, "quote": price, "ts": ts, "id": str(n), "channel": "quotes"})
        for n, (price, ts) in enumerate(zip(prices(), times(), strict=True))
    ]
    given = {"fast": FAST, "slow": SLOW, "cash": CASH, "sizing": "all_in", "units": "whole"}
    driver = Driver(SmaCross, "sma_cross", merge(SmaCross.PARAMETERS, given, seed=0))
    assert driver.portfolio is not None
    performance, seen = Performance(driver.portfolio), Observation(driver.portfolio)

    def see(quote, at):
        seen.take(quote, at)
        performance.see(seen)

    history = [(quote, instant(quote["ts"])) for quote in quotes]
    begun = time.process_time()
    driver.play(history, see, print)
    taken = time.process_time() - begun

    print(
        json.dumps(
            {
                "name": "tickwire",
                "version": version("tickwire"),
                "events": performance.quotes,
                "fills": performance.trades.fills,
                "equity": round(performance.equity, 2),
                "cpu_seconds": taken,
            }
        )
    )


if __name__ == "__main__":
    main()
