"""The result of a backtest: figures, data frames, and what a notebook shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from algo_service.backtest.curve import Curve
from algo_service.backtest.reasons import Reasons
from algo_service.backtest.trades import COLUMNS, RoundTrips
from algo_service.engine.failures import FailureReason, Failures
from algo_service.errors import AlgoServiceError
from market_data import Report
from portfolio import Fill, Order
from portfolio.analysis.performance import Performance
from portfolio.times import DAY, instant

if TYPE_CHECKING:
    import pandas as pd


@dataclass(repr=False, eq=False)
class Result:
    """The result of a backtest; printed, or at the end of a notebook's cell, it shows itself."""

    algo: str
    parameters: dict[str, Any]
    performance: Performance
    curve: Curve | None
    """The course, as far as it was kept."""
    round_trips: RoundTrips | None
    quality: Report | None = None
    """What is odd about the data; None where it was given as maps."""
    reasons: Reasons = field(default_factory=Reasons)
    """Orders, and what kept others from being placed or filled, counted."""
    failures: Failures = field(default_factory=Failures)
    """Quotes that failed, counted."""
    absent: tuple[str, ...] = ()
    """Channels of data that the algorithm asks for, and that history does not have."""

    @property
    def orders(self) -> int:
        """Orders placed, without those that a limit refused."""
        return self.reasons.orders

    @property
    def refused(self) -> int:
        """How many orders a limit refused."""
        return self.counts()["refused"]

    @property
    def cut(self) -> int:
        """How many orders a limit cut."""
        return self.counts()["cut"]

    @property
    def failed(self) -> int:
        """How many quotes failed."""
        return self.failures.total

    @property
    def errors(self) -> list[FailureReason]:
        """Why quotes failed, each reason once with its first quote; the most frequent first."""
        return self.failures.reasons

    def counts(self) -> dict[str, int]:
        """Return how many orders came to what, and how many quotes failed."""
        return {**self.reasons.counts(), "failed": self.failed}

    def figures(self) -> dict[str, Any]:
        """Return all figures by name, as plain data; None where one is not defined."""
        return {"algo": self.algo, **self.performance.figures(), **self.counts()}

    @property
    def notes(self) -> list[str]:
        """What kept the algorithm from trading, and figures from being defined, in sentences."""
        return [
            *self._absent_lines(),
            *self.failures.lines(),
            *self.reasons.lines(self.performance.quotes),
            *self.performance.notes,
        ]

    def _absent_lines(self) -> list[str]:
        if not self.absent:
            return []
        channels = ", ".join(self.absent)
        return [f"{self.algo} asks for data on {channels}, too: a backtest gives it quotes alone"]

    @property
    def data_notes(self) -> list[str]:
        """What has to be known of the data, in sentences."""
        return self.quality.lines() if self.quality else []

    @property
    def equity(self) -> pd.DataFrame:
        """By time: equity, exposure, drawdown (0 or below) and buy_and_hold, in cash."""
        import pandas as pd

        if self.curve is None:
            raise AlgoServiceError('the course of this backtest was not kept: give keep="all"')
        points = self.curve.points
        frame = pd.DataFrame(
            {
                "equity": [each.equity for each in points],
                "exposure": [each.exposure for each in points],
                "buy_and_hold": self.curve.buy_and_hold(),
            },
            index=times([each.ts for each in points]),
        )
        peaks = frame["equity"].cummax().clip(lower=self.curve.starting_cash)
        frame.insert(2, "drawdown", frame["equity"] / peaks - 1)
        return frame

    @property
    def daily(self) -> pd.Series:
        """The last equity of each day (UTC) that has a quote, in cash."""
        import pandas as pd

        days = self.performance.days
        index = pd.DatetimeIndex([day * DAY for day in days], tz="UTC", name="day")
        return pd.Series(list(days.values()), index, name="equity", dtype=float)

    @property
    def order_frame(self) -> pd.DataFrame:
        """One row per order: its time, and the fields of contracts/order.schema.json."""
        return _timed(self._whole().orders, Order)

    @property
    def fill_frame(self) -> pd.DataFrame:
        """One row per fill: its time, and the fields of contracts/fill.schema.json."""
        return _timed(self._whole().fills, Fill)

    @property
    def trades(self) -> pd.DataFrame:
        """One row per trade, as `algo_service.backtest.trades.Trade` describes; the open ones last.

        `return` is profit / cost, `entry_time` and `exit_time` are times (UTC), NaT where there is
        none.
        """
        import pandas as pd

        self._whole()
        assert self.round_trips is not None
        rows = [*self.round_trips.closed, *self.round_trips.open()]
        frame = pd.DataFrame(rows, columns=list(COLUMNS))
        frame["entry_time"] = _datetimes([row.entry_ts for row in rows])
        frame["exit_time"] = _datetimes([row.exit_ts for row in rows])
        return frame.astype({"exit_price": float})

    def report(self, path: str | Path) -> None:
        """Write a page with charts, in one file.

        :raises AlgoServiceError: if the file cannot be written, plotly is not there, or the course
            was not kept.
        """
        from algo_service.backtest.report import report

        report.write(Path(path), self)

    def _whole(self) -> Curve:
        if self.curve is None or self.curve.is_thinned:
            raise AlgoServiceError(
                'not all orders, fills and trades of this backtest were kept: give keep="all"'
            )
        return self.curve

    def __repr__(self) -> str:
        from algo_service.backtest.report import table

        return "\n".join((table.title(self), *table.lines([self.figures()]), *self.notes))

    def _repr_html_(self) -> str:
        from algo_service.backtest.report import notebook

        return notebook.result(self)


def times(stamps: Sequence[str | float | None]) -> pd.Index:
    """Return `ts` of quotes as an index of times, UTC; numbers of quotes if one has none.

    :raises InvalidTimeError: if one is not a time.
    """
    import pandas as pd

    if any(ts is None for ts in stamps):
        return pd.RangeIndex(len(stamps), name="quote")
    return _datetimes(stamps).rename("time")


def _datetimes(stamps: Sequence[str | float | None]) -> pd.DatetimeIndex:
    import pandas as pd

    ns = [None if ts is None else instant(ts) for ts in stamps]
    return pd.DatetimeIndex(pd.to_datetime(pd.Series(ns, dtype="Int64"), unit="ns", utc=True))


def _timed(records: Sequence[Any], kind: type[NamedTuple]) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame(records, columns=list(kind._fields))
    frame.insert(0, "time", _datetimes([record.ts for record in records]))
    return frame
