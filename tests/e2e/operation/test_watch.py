"""`algo-service watch` beside the real bridge, at a speed at which snapshots and orders cross."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Callable

import pytest

from market_data import open_feed
from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import Process, eventually
from tests.support.watcher import Watcher

ORDER = re.compile(
    r"^random +(buy|sell) +(\S+) GOOG at (\S+)(?: +equity +(\S+) +profit +(\S+))?$", re.MULTILINE
)


def number(text: str) -> float:
    return float(text.replace(",", ""))


@pytest.mark.parametrize("rate", [20, 200])
def test_the_equity_beside_an_order_is_never_that_of_before_it(
    mosquitto: Broker,
    parts: Parts,
    watch: Callable[..., Watcher],
    start: Callable[..., Process],
    rate: int,
) -> None:
    quotes = list(itertools.islice(open_feed(["goog"]), 4 * rate))
    path = parts.file("mine.csv", "date,symbol,price\n")
    with path.open("a") as file:
        csv.writer(file).writerows([quote.ts, "GOOG", quote.quote] for quote in quotes)
    service = parts.service("--param", "exit=0.25", "--param", "seed=7")
    bridge = parts.bridge(mosquitto, service)
    watcher = watch(mosquitto)
    shown = start("algo-service", "watch", "--mqtt", mosquitto.url)
    shown.wait_for("^random  flat")
    start("market-data", "replay", path, "--rate", rate, "--run", "r", "--mqtt", mosquitto.url)
    last = f"mine:r:{len(quotes)}"
    watcher.wait_until(
        lambda: watcher.of("portfolios/random")[-1]["quote_id"] == last, "portfolios/random", 120
    )
    orders = watcher.of("orders/random")
    eventually(lambda: len(ORDER.findall(shown.output)) == len(orders), "every order")
    assert bridge.stop() == 0
    fills = {fill["quote_id"]: fill for fill in watcher.of("fills/random")}
    cash, held, equities = 50_000.0, 0.0, []
    for row, quote in enumerate(quotes, start=1):
        if fill := fills.get(f"mine:r:{row}"):
            sign = 1 if fill["side"] == "buy" else -1
            cash -= sign * fill["amount"]
            held += sign * fill["quantity"]
        equities.append(f"{cash + held * quote.quote:,.2f}")
    exact = 0
    for order, (side, _, price, equity, profit) in zip(
        orders, ORDER.findall(shown.output), strict=True
    ):
        assert (side, number(price)) == (order["side"], round(order["price"], 6))
        if not equity:
            continue
        row = int(order["quote_id"].rpartition(":")[2])
        # two seconds' worth of quotes, and what a busy machine adds
        assert equity in equities[row - 1 : row + 4 * rate]
        assert number(profit) == pytest.approx(number(equity) - 50_000, abs=0.011)
        exact += equity == equities[row - 1]
    assert exact > len(orders) / 2
