"""The rule in backtrader: cheat-on-close, data preloaded, no observers."""

import json
import time

import backtrader as bt
from quotes import CASH, COUNT, FAST, SLOW, TOLERANCE, prices, times

MS_PER_DAY = 86_400_000
EPOCH = bt.date2num(bt.datetime.datetime(1970, 1, 1))


class Quotes(bt.feed.DataBase):
    """The quotes, as bars of one price."""

    params = (("timeframe", bt.TimeFrame.Seconds),)

    def start(self):
        super().start()
        self.rows = zip(prices(), times(), strict=True)

    def _load(self):
        price, ts = next(self.rows, (None, None))
        if price is None:
            return False
        lines = self.lines
        lines.datetime[0] = EPOCH + ts / MS_PER_DAY
        lines.open[0] = lines.high[0] = lines.low[0] = lines.close[0] = price
        lines.volume[0] = lines.openinterest[0] = 0.0
        return True


class SmaCross(bt.Strategy):
    """Both means as running sums over one ring."""

    def __init__(self):
        self.close_line = self.data.close
        self.ring = [0.0] * SLOW
        self.seen = self.fills = 0
        self.fast_sum = self.slow_sum = self.previous = 0.0
        self.begun = self.ended = 0.0

    def next(self):
        seen = self.seen
        if not seen:
            self.begun = time.process_time()
        price = self.close_line[0]
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
            units = int(self.broker.getcash() // price)
            if units:
                self.buy(size=units)
        elif difference < 0 < self.previous and self.position.size:
            self.close()
        self.previous = difference
        if seen == COUNT:
            self.ended = time.process_time()

    def notify_order(self, order):
        if order.status == order.Completed:
            self.fills += 1


def main() -> None:
    """Run the rule once and print what came of it as a line of JSON."""
    # oldsync: one feed needs no synchronising
    cerebro = bt.Cerebro(stdstats=False, preload=True, runonce=True, oldsync=True)
    cerebro.adddata(Quotes())
    cerebro.addstrategy(SmaCross)
    cerebro.broker.setcash(CASH)
    cerebro.broker.set_coc(True)
    cerebro.broker.set_checksubmit(False)  # the size is cut to the cash already
    (strategy,) = cerebro.run()
    print(
        json.dumps(
            {
                "name": "backtrader",
                "version": bt.__version__,
                "events": strategy.seen,
                "fills": strategy.fills,
                "equity": round(cerebro.broker.getvalue(), 2),
                "cpu_seconds": strategy.ended - strategy.begun,
            }
        )
    )


if __name__ == "__main__":
    main()
