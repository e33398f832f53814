"""One algorithm computes a signal from two instruments, and another one trades on it.

docs/how-to/share-data.md leads through it.
"""

from collections import deque
from statistics import fmean, pstdev

from algo_service import Publications
from portfolio import Portfolio


class Spread:
    """Publishes how far the ratio of two prices is from its mean, in standard deviations."""

    PAIR = "GOOG", "AAPL"
    WINDOW = 20

    def initialize(self, params):
        self.publications = Publications()
        self.prices = {}
        self.ratios = deque(maxlen=self.WINDOW)
        return ["quotes"]

    def event(self, data):
        first, second = self.PAIR
        self.prices[data["sid"]] = data["quote"]
        if first not in self.prices or second not in self.prices:
            return
        ratio = self.prices[first] / self.prices[second]
        self.ratios.append(ratio)
        deviation = pstdev(self.ratios)
        if len(self.ratios) == self.WINDOW and deviation:
            score = (ratio - fmean(self.ratios)) / deviation
            self.publications.publish("score", {"sid": first, "score": score})

    def save(self):
        return {"prices": self.prices, "ratios": list(self.ratios)}

    def load(self, data):
        self.prices = data["prices"]
        self.ratios.extend(data["ratios"])


class SpreadTrader:
    """Buys what the score calls cheap, and sells it when it is dear."""

    SIGNAL = "data/Spread/score"

    def initialize(self, params):
        self.portfolio = Portfolio(params["cash"])
        return ["quotes", self.SIGNAL]

    def event(self, data):
        if data["channel"] != self.SIGNAL:
            return  # a quote: the portfolio has taken its price
        sid, score = data["sid"], data["score"]
        if score < -1.5 and not self.portfolio.quantity(sid):
            self.portfolio.buy(data, 1000)
        elif score > 1.5:
            self.portfolio.sell(data)

    def save(self):
        return {}

    def load(self, data):
        pass
