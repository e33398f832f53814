"""The rule as algorithms of Tickwire."""

import os
import time

from portfolio import Portfolio


class EverySecond:
    """Buys for 1 cash on every second quote, of a cash that does not run out."""

    def initialize(self, params):
        self.portfolio = Portfolio(1e12, minimum_amount=1)
        self.count = 0
        return ["quotes"]

    def event(self, data):
        self.count += 1
        if self.count % 2 == 0:
            self.portfolio.buy(data, 1.0)


class OrdersOnly:
    """Without a portfolio: returns its orders, as the peers do, and there are no fills."""

    def initialize(self, params):
        self.count = 0
        return ["quotes"]

    def event(self, data):
        self.count += 1
        if self.count % 2:
            return None
        return {"side": "buy", "sid": data["sid"], "quantity": 1 / data["quote"]}


class Held(EverySecond):
    """Decides nothing while the file that `BENCH_HOLD` names is there, so that quotes wait."""

    def event(self, data):
        while os.path.exists(os.environ["BENCH_HOLD"]):
            time.sleep(0.05)
        super().event(data)
