"""A candle of an exchange, and how it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import pyarrow as pa


class Candle(NamedTuple):
    """What was traded in one interval; prices in cash per unit."""

    at: int
    """When it opens, in ms since 1970."""
    open: float
    high: float
    low: float
    close: float
    volume: float


def table(candles: list[Candle], sid: str, length: int) -> pa.Table:
    """Return them as a table, which a feed recognises as bars.

    :param length: of an interval, in ms. The close time is its last millisecond.
    """
    import pyarrow as pa

    at, *prices = zip(*candles, strict=True)
    moment = pa.timestamp("ms", "UTC")
    columns: dict[str, Any] = {
        "sid": pa.array([sid] * len(candles), pa.string()),
        "open_time": pa.array(at, pa.int64()).cast(moment),
    }
    for name, values in zip(Candle._fields[1:], prices, strict=True):
        columns[name] = pa.array(values, pa.float64())
    ends = [opened + length - 1 for opened in at]
    columns["close_time"] = pa.array(ends, pa.int64()).cast(moment)
    return pa.table(columns)


def candles_of(found: pa.Table) -> list[Candle]:
    """Return what a table of `table` holds."""
    columns = [found.column(name).to_pylist() for name in Candle._fields[1:]]
    return list(map(Candle, times_of(found), *columns))


def times_of(found: pa.Table) -> list[int]:
    """Return when the candles of a table open, in ms."""
    times: list[int] = found.column("open_time").cast("int64").to_pylist()
    return times
