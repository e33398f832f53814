"""The report of a backtest as JSON text."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from algo_service.backtest.command import as_object
from algo_service.backtest.curve import Curve
from algo_service.backtest.report import table
from algo_service.backtest.result import Result
from algo_service.engine.encoding import encode
from algo_service.queries.backtests.bounds import MAX_BYTES, MAX_POINTS
from portfolio import Order
from portfolio.times import SECOND, instant


def report(result: Result, orders: Sequence[Order]) -> str:
    """Return it in one line.

    :param orders: the last ones, the oldest first.
    """
    found = as_object(result)
    figures = result.figures()
    rows = [
        [name, words, table.shown(name, figures)]
        for name, (words, _unit) in table.NAMES.items()
        if name in figures
    ]
    assert result.curve is not None
    head = _text({**found, "rows": rows, **_curve(result.curve)})[:-1]
    texts = [encode(order) for order in orders]
    room = MAX_BYTES - len(head)
    first = len(texts)
    while first and room > len(texts[first - 1].encode()):
        first -= 1
        room -= len(texts[first].encode()) + 1
    return f'{head},"orders":[{",".join(texts[first:])}],"of":{result.orders + result.refused}}}'


def _curve(curve: Curve) -> dict[str, Any]:
    """Return `points`: time, equity, drawdown (0 or below), buy and hold; `timed` and `thinned`.

    The time is in seconds since 1970; where a quote has none, the number of the point.
    """
    points = curve.points
    is_timed = all(each.ts is not None for each in points)
    peak = curve.starting_cash
    rows: list[list[float]] = []
    for n, (point, held) in enumerate(zip(points, curve.buy_and_hold(), strict=True)):
        peak = max(peak, point.equity)
        time = instant(point.ts) / SECOND if is_timed and point.ts is not None else n
        rows.append([time, point.equity, point.equity / peak - 1, held])
    return {"points": thinned(rows, MAX_POINTS), "timed": is_timed}


def thinned(rows: list[list[float]], points: int) -> list[list[float]]:
    """Return at most so many rows: the first, the last, and the extremes of equity in between."""
    if len(rows) <= points:
        return rows
    equity: Callable[[int], float] = lambda n: rows[n][1]  # noqa: E731
    size = -(-len(rows) // ((points - 2) // 2))
    kept = {0, len(rows) - 1}
    for first in range(0, len(rows), size):
        piece = range(first, min(first + size, len(rows)))
        kept |= {min(piece, key=equity), max(piece, key=equity)}
    return [rows[n] for n in sorted(kept)]


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))
