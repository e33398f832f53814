"""One backtest: an algorithm, quotes, and what came of them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

from algo_service.backtest.curve import Curve
from algo_service.backtest.quotes import Checked, of_feed, of_maps
from algo_service.driver import Driver
from algo_service.errors import AlgoServiceError
from algo_service.ledger import Failure
from algo_service.loader import load
from algo_service.parameters import merge
from market_data import Feed, Report, open_feed
from portfolio import Order
from portfolio.performance import Performance

if TYPE_CHECKING:
    import pandas as pd

MOST_ERRORS = 20
"""Quotes that failed, of which the reason is kept."""


class Failed(NamedTuple):
    """A quote that led to nothing."""

    quote: Any
    error: str
    traceback: str


@dataclass
class Result:
    """What came of a backtest."""

    algo: str
    parameters: dict[str, Any]
    performance: Performance
    curve: Curve | None
    quality: Report | None = None
    """What is odd about the data; None where it was given as maps."""
    orders: int = 0
    """Placed, those that a limit refused not counted."""
    refused: int = 0
    cut: int = 0
    failed: int = 0
    errors: list[Failed] = field(default_factory=list)
    """The first quotes that failed."""

    def figures(self) -> dict[str, Any]:
        """Return all figures by name, as plain data; None where one is not defined."""
        counts = {name: getattr(self, name) for name in ("orders", "refused", "cut", "failed")}
        return {"algo": self.algo, **self.performance.figures(), **counts}

    @property
    def equity(self) -> pd.DataFrame:
        """By time: equity, exposure, drawdown (0 or below) and buy_and_hold, in cash."""
        import pandas as pd

        curve = self._kept()
        frame = pd.DataFrame(
            {
                "equity": [each.equity for each in curve.points],
                "exposure": [each.exposure for each in curve.points],
                "buy_and_hold": curve.buy_and_hold(),
            },
            index=times([each.ts for each in curve.points]),
        )
        peaks = frame["equity"].cummax().clip(lower=curve.starting_cash)
        frame.insert(2, "drawdown", frame["equity"] / peaks - 1)
        return frame

    @property
    def order_frame(self) -> pd.DataFrame:
        """One row per order, with the fields of contracts/order.schema.json."""
        import pandas as pd

        return pd.DataFrame(self._kept().orders, columns=list(Order._fields))

    @property
    def fill_frame(self) -> pd.DataFrame:
        """One row per fill, with the fields of contracts/fill.schema.json."""
        import pandas as pd

        from portfolio import Fill

        return pd.DataFrame(self._kept().fills, columns=list(Fill._fields))

    def _kept(self) -> Curve:
        if self.curve is None:
            raise AlgoServiceError("the course of this backtest was not kept")
        return self.curve


def times(stamps: Sequence[str | float | None]) -> pd.Index:
    """Return `ts` of quotes as an index of times (without an offset: UTC)."""
    import pandas as pd

    if any(ts is None for ts in stamps):
        return pd.RangeIndex(len(stamps), name="quote")
    text = [ts if isinstance(ts, str) else pd.Timestamp(ts, unit="ms").isoformat() for ts in stamps]
    return pd.DatetimeIndex(pd.to_datetime(text, format="ISO8601", utc=True), name="time")


def backtest(
    algo: str | type[Any],
    data: str | Sequence[str] | Feed | Checked | Iterable[Mapping[str, Any]],
    params: Mapping[str, Any] | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    query: str | None = None,
    sort: bool = False,
    keep: str | None = "all",
    on_order: Callable[[Order], None] | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> Result:
    """Run an algorithm over history.

    :param algo: a class, or what `--algo` takes.
    :param data: what `market_data.open_feed` takes, or its feed; or maps with `sid`, `quote` and
        any other field of a quote, in the order of time.
    :param params: for the algorithm; a missing `seed` is drawn.
    :param columns: as `market_data.open_feed` takes them; `query` and `sort` likewise.
    :param keep: of the course: "all" for data frames, "chart" as much as a chart needs, None.
    :param on_order: called with each order, in the order placed.
    :param advance: called with how many quotes have been read since its last call.
    :raises AlgoServiceError: if there is no such algorithm, or it holds no portfolio, or no cash.
    :raises ParameterError: if a parameter is not allowed.
    :raises FeedError: if the data cannot be read.
    """
    name, create = load(algo) if isinstance(algo, str) else (algo.__name__, algo)
    declared = getattr(create, "PARAMETERS", None)
    parameters = merge(declared, params or {}, seed=secrets.randbelow(2**32))
    driver = Driver(create, name, parameters)
    portfolio = driver.portfolio
    if portfolio is None or portfolio.cash <= 0:
        lack = "no self.portfolio" if portfolio is None else "a portfolio without cash"
        raise AlgoServiceError(f"{name} has {lack}: there is nothing to value")
    performance = Performance(portfolio)
    curve = Curve(portfolio, thinned=keep == "chart") if keep else None
    result = Result(name, parameters, performance, curve)

    def fail(quote: Any, failure: Failure) -> None:
        result.failed += 1
        if len(result.errors) < MOST_ERRORS:
            result.errors.append(Failed(quote, **failure))

    def see(quote: dict[str, Any]) -> None:
        performance.see(quote)
        if curve:
            curve.see(quote)
        for order in portfolio.orders:
            result.orders += bool(order.quantity)
            result.refused += not order.quantity
            result.cut += bool(order.quantity and order.reason)
            if on_order:
                on_order(order)

    if _names_sources(data):
        data = open_feed(data, columns=columns, query=query, sort=sort)
    if isinstance(data, Checked):
        driver.play(data.copies(), see, fail)
    elif isinstance(data, Feed):
        driver.play(of_feed(data, fail, advance), see, fail)
        result.quality = data.quality.report()
    else:
        driver.play(of_maps(data, fail), see, fail)
    return result


def _names_sources(data: object) -> TypeGuard[str | Sequence[str]]:
    return isinstance(data, str) or (
        isinstance(data, list | tuple) and bool(data) and isinstance(data[0], str)
    )
