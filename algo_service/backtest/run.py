"""One backtest: an algorithm, quotes, and the result."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Unpack

from algo_service.backtest.curve import Curve
from algo_service.backtest.data import Data, opened
from algo_service.backtest.quotes import CheckedQuotes, of_feed, of_maps, on_channels
from algo_service.backtest.result import Result
from algo_service.backtest.trades import MAX_TRADES, RoundTrips, Trade
from algo_service.engine.driver import Driver
from algo_service.engine.failures import quotes
from algo_service.engine.inputs import kind_of
from algo_service.errors import AlgoServiceError
from algo_service.loader import load
from algo_service.parameters import merge
from market_data import Feed
from market_data.feeds.options import ReadOptions
from portfolio import Order
from portfolio.analysis.observation import Observation
from portfolio.analysis.performance import Performance


def backtest(
    algo: str | type[Any],
    data: Data,
    params: Mapping[str, Any] | None = None,
    *,
    keep: str | None = "all",
    on_order: Callable[[Order], None] | None = None,
    on_trade: Callable[[Trade], None] | None = None,
    fresh: bool = False,
    curve_keys: Path | None = None,
    channels: Sequence[str] | None = None,
    advance: Callable[[int], None] = lambda _: None,
    **options: Unpack[ReadOptions],
) -> Result:
    """Run an algorithm over history.

    :param algo: a class, what `--algo` takes, or the address of a backend, `tcp://host:port`.
    :param data: as `algo_service.backtest.data.Data` describes it.
    :param params: for the algorithm; a missing `seed` is drawn.
    :param keep: of the course: "all" for data frames, "chart" as much as a report needs, None.
    :param on_order: called with each order, in the order placed.
    :param on_trade: called with each trade when it is closed, and with the open ones at the end.
    :param fresh: a backend at an address, which cannot report it, has decided nothing yet.
    :param curve_keys: the folder of the keys by which a backend at an address is reached.
    :param channels: topic filters of what is run of a recording, in place of the channels that the
        algorithm asks for.
    :param advance: called with how many quotes have been read since its last call.
    :param options: how sources are read, as `market_data.open_feed` takes them.
    :raises AlgoServiceError: if there is no such algorithm, it has no cash; if
        there is no quote, or every quote failed.
    :raises InitializeError: if its `initialize` raises.
    :raises ParameterError: if a parameter is not allowed.
    :raises FeedError: if the data cannot be read.
    """
    absent: tuple[str, ...] = ()
    if isinstance(algo, str) and "://" in algo:
        # ZeroRPC is not needed otherwise
        from algo_service.backtest.remote import RemoteBackend
        from algo_service.rpc.curve.keys import read_client_keys

        keys = read_client_keys(curve_keys) if curve_keys else None
        remote = RemoteBackend(algo, params or {}, fresh=fresh, keys=keys)
        name, parameters = remote.name, remote.parameters
        driver: Driver | RemoteBackend = remote
    else:
        name, create = load(algo) if isinstance(algo, str) else (algo.__name__, algo)
        declared = getattr(create, "PARAMETERS", None)
        parameters = merge(declared, params or {}, seed=secrets.randbelow(2**32))
        driver = Driver(create, name, parameters)
        absent = tuple(each for each in driver.channels if kind_of(each) == "data")
    portfolio = driver.portfolio
    if portfolio.cash <= 0:
        raise AlgoServiceError(f"{name} has a portfolio without cash: there is nothing to value")
    performance = Performance(portfolio)
    curve = Curve(portfolio, thinned=keep == "chart") if keep else None
    trips = None
    if keep or on_trade:
        trips = RoundTrips(portfolio, None if keep == "all" else MAX_TRADES, on_trade)
    result = Result(name, parameters, performance, curve, trips, absent=absent)
    watchers = [each.see for each in (curve, trips) if each is not None]
    seen, transaction = Observation(portfolio), portfolio.transaction
    take, measure = seen.take, performance.see
    fail, reasons = result.failures.add, result.reasons

    def see(quote: dict[str, Any], at: int | None) -> None:
        take(quote, at)
        measure(seen)
        for watch in watchers:
            watch(seen)
        if transaction.orders or transaction.rejections:
            reasons.add(transaction.orders, transaction.rejections)
            if on_order:
                for order in transaction.orders:
                    on_order(order)

    source = opened(data, options)
    is_asked = on_channels(channels or driver.channels)
    if isinstance(source, CheckedQuotes):
        driver.play(source.copies(is_asked), see, fail)
    elif isinstance(source, Feed):
        driver.play(of_feed(source, fail, advance, is_asked=is_asked), see, fail)
        result.quality = source.quality.report()
    else:
        driver.play(of_maps(source, fail), see, fail)
    if not performance.quotes:
        raise _no_quote(result)
    reasons.pending = tuple(portfolio.pending)
    if trips and on_trade:
        for trade in trips.open():
            on_trade(trade)
    return result


def _no_quote(result: Result) -> AlgoServiceError:
    if not result.failed:
        return AlgoServiceError("there is no quote in the data; a generator gives its quotes once")
    first, *others = result.errors
    more = f", and {len(others)} other reasons" if others else ""
    every = "the only quote" if result.failed == 1 else f"every one of {quotes(result.failed)}"
    return AlgoServiceError(f"{result.algo}: {every} failed: {first}{more}")
