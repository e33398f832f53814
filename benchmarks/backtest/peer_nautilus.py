"""The rule in nautilus_trader: orders match at once, no logging, no risk checks, no report."""

import json
import time

import nautilus_trader
from nautilus_trader.backtest.config import BacktestEngineConfig
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.config import LoggingConfig, RiskEngineConfig
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import Equity
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.trading.strategy import Strategy
from quotes import CASH, COUNT, FAST, SID, SLOW, TOLERANCE, prices, times

VENUE = Venue("SIM")
ID = InstrumentId(Symbol(SID), VENUE)
NS_PER_MS = 1_000_000
PLENTY = Quantity.from_int(1_000_000_000)  # so that the whole order fills at the quote


class SmaCross(Strategy):
    """Both means as running sums over one ring."""

    def on_start(self):
        self.account = self.portfolio.account(VENUE)
        self.ring = [0.0] * SLOW
        self.seen = self.held = self.fills = 0
        self.position_id = None
        self.fast_sum = self.slow_sum = self.previous = 0.0
        self.begun = self.ended = 0.0
        self.subscribe_quote_ticks(ID)

    def on_quote_tick(self, tick):
        seen = self.seen
        if not seen:
            self.begun = time.process_time()
        price = tick.bid_price.as_double()
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
            units = int(self.account.balance_free(USD).as_double() // price)
            if units:
                self.order(OrderSide.BUY, units)
        elif difference < 0 < self.previous and self.held:
            self.order(OrderSide.SELL, self.held)
        self.previous = difference
        if seen == COUNT:
            self.ended = time.process_time()

    def order(self, side, units):
        order = self.order_factory.market(ID, side, Quantity.from_int(units))
        self.submit_order(order, position_id=self.position_id)

    def on_order_filled(self, event):
        self.fills += 1
        units = int(event.last_qty)
        self.held += units if event.order_side == OrderSide.BUY else -units
        self.position_id = event.position_id if self.held else None


def main() -> None:
    """Run the rule once and print what came of it as a line of JSON."""
    engine = BacktestEngine(
        BacktestEngineConfig(
            logging=LoggingConfig(bypass_logging=True),
            risk_engine=RiskEngineConfig(bypass=True),
            run_analysis=False,
        )
    )
    engine.add_venue(
        VENUE,
        OmsType.HEDGING,  # a new id per position; NETTING would pickle each that is closed
        AccountType.CASH,
        starting_balances=[Money(CASH, USD)],
        base_currency=USD,
        support_contingent_orders=False,
        use_message_queue=False,
        bar_execution=False,
    )
    engine.add_instrument(
        Equity(ID, ID.symbol, USD, 2, Price.from_str("0.01"), Quantity.from_int(1), 0, 0)
    )
    ticks = []
    for price, ts in zip(prices(), times(), strict=True):
        exact, ns = Price(price, 2), ts * NS_PER_MS
        ticks.append(QuoteTick(ID, exact, exact, PLENTY, PLENTY, ns, ns))
    engine.add_data(ticks)
    strategy = SmaCross()
    engine.add_strategy(strategy)
    engine.run()
    cash = strategy.account.balance_total(USD).as_double()
    print(
        json.dumps(
            {
                "name": "nautilus_trader",
                "version": nautilus_trader.__version__,
                "events": strategy.seen,
                "fills": strategy.fills,
                "equity": round(cash + strategy.held * prices()[-1], 2),
                "cpu_seconds": strategy.ended - strategy.begun,
            }
        )
    )


if __name__ == "__main__":
    main()
