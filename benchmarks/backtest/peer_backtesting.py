"""The rule in backtesting.py: `trade_on_close`, one strategy, no indicators, no plot."""

import json
import time
import warnings

import backtesting
import pandas as pd
from quotes import CASH, COUNT, FAST, SLOW, TOLERANCE, prices, times


class SmaCross(backtesting.Strategy):
    """Both means as running sums over one ring."""

    def init(self):
        # backtesting.py calls `next` from the second quote on: the first one is already here.
        first = float(self.data.Close[0])
        self.ring = [first] + [0.0] * (SLOW - 1)
        self.seen = 1
        self.fast_sum = self.slow_sum = first
        self.previous = 0.0
        self.begun = self.ended = 0.0

    def next(self):
        seen = self.seen
        if seen == 1:
            self.begun = time.process_time()
        price = float(self.data.Close[-1])  # `round` is slow on what numpy gives
        ring, slot = self.ring, seen % SLOW
        self.fast_sum += price - ring[slot - FAST]
        self.slow_sum += price - ring[slot]
        ring[slot] = price
        self.seen = seen = seen + 1
        if seen < SLOW:
            return
        slow_mean = self.slow_sum / SLOW
        difference = self.fast_sum / FAST - slow_mean
        if -(nothing := TOLERANCE * slow_mean) <= difference <= nothing:
            difference = 0.0
        if self.previous < 0 < difference:
            units = int((self.equity - self.position.size * price) // price)
            if units:
                self.buy(size=units)
        elif difference < 0 < self.previous and self.position:
            self.position.close()
        self.previous = difference
        if seen == COUNT:
            self.ended = time.process_time()


def main() -> None:
    """Run the rule once and print what came of it as a line of JSON."""
    close = prices()
    index = pd.to_datetime(times(), unit="ms")
    frame = pd.DataFrame(dict.fromkeys(("Open", "High", "Low", "Close"), close), index=index)
    warnings.simplefilter("ignore")  # that trades stay open at the end is the rule
    test = backtesting.Backtest(frame, SmaCross, cash=CASH, trade_on_close=True)
    strategy = test.run()["_strategy"]
    closed = strategy.closed_trades
    bought = {trade.entry_bar for trade in (*closed, *strategy.trades)}
    sold = {trade.exit_bar for trade in closed}
    print(
        json.dumps(
            {
                "name": "backtesting",
                "version": backtesting.__version__,
                "events": strategy.seen,
                "fills": len(bought) + len(sold),
                "equity": round(strategy.equity, 2),
                "cpu_seconds": strategy.ended - strategy.begun,
            }
        )
    )


if __name__ == "__main__":
    main()
