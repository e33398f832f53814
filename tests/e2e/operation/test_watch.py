"""`algo-service watch` beside the real bridge, at a speed at which snapshots and orders cross."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Callable
from typing import Any

import pytest

from market_data import Quote, open_feed
from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import Process, eventually
from tests.support.watcher import Watcher

ORDER = re.compile(
    r"^random +(buy|sell) +(\S+) GOOG at (\S+)(?: +equity +(\S+) +profit +(\S+))?$", re.MULTILINE
)


def number(text: str) -> float:
    return float(text.replace(",", ""))


def equities(quotes: list[Quote], fills: dict[str, Any]) -> list[str]:
    """The equity after each quote, as it is shown."""
    cash, held, found = 50_000.0, 0.0, []
    for row, quote in enumerate(quotes, start=1):
        if fill := fills.get(f"mine:r:{row}"):
            sign = 1 if fill["side"] == "buy" else -1
            cash -= sign * fill["amount"]
            held += sign * fill["quantity"]
        found.append(f"{cash + held * quote.quote:,.2f}")
    return found


@pytest.mark.parametrize("rate", [20, 200])
def test_the_equity_beside_an_order_is_never_that_of_before_it(
    mosquitto: Broker,
    parts: Parts,
    watch: Callable[..., Watcher],
    start: Callable[..., Process],
    rate: int,
) -> None:
    """The equity beside an order is that of its own quote, or of a later one."""
    goog = iter(open_feed(["goog"]))
    quotes = list(itertools.islice(goog, 2 * rate))
    path = parts.file("mine.csv", "date,symbol,price\n")
    with path.open("a") as file:
        csv.writer(file).writerows([quote.ts, "GOOG", quote.quote] for quote in quotes)
    service = parts.service("--param", "exit=0.25", "--param", "seed=7")
    bridge = parts.bridge(mosquitto, service)
    watcher = watch(mosquitto)
    shown = start("algo-service", "watch", "--mqtt", mosquitto.url)
    shown.wait_for("^random  flat")

    def check() -> int:
        """Check every order so far, and count those beside the equity of their own quote."""
        last = f"mine:r:{len(quotes)}"
        watcher.wait_until(
            lambda: watcher.last("portfolios/random").get("quote_id") == last, "a snapshot", 120
        )
        orders = watcher.of("orders/random")
        eventually(lambda: len(ORDER.findall(shown.output)) == len(orders), "every order")
        after = equities(quotes, {fill["quote_id"]: fill for fill in watcher.of("fills/random")})
        exact = 0
        for order, (side, _, price, equity, profit) in zip(
            orders, ORDER.findall(shown.output), strict=True
        ):
            assert (side, number(price)) == (order["side"], round(order["price"], 6))
            # which snapshot shows an order depends on the machine, and whether one came in time
            if not equity:
                continue
            row = int(order["quote_id"].rpartition(":")[2])
            assert equity in after[row - 1 :]
            assert number(profit) == pytest.approx(number(equity) - 50_000, abs=0.011)
            exact += equity == after[row - 1]
        return exact

    start("market-data", "replay", path, "--rate", rate, "--run", "r", "--mqtt", mosquitto.url)
    while not check():
        # the snapshot of a quote that no other follows is of its own order
        quotes.append(next(goog))
        watcher.publish({"sid": "GOOG", "quote": quotes[-1].quote, "id": f"mine:r:{len(quotes)}"})
    assert bridge.stop() == 0
