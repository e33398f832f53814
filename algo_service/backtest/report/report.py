"""The report of a backtest, alone or as the best one of a sweep."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from algo_service.backtest.curve import MAX_INSTRUMENTS, MAX_MARKS, Curve
from algo_service.backtest.report import digits, page, table
from algo_service.backtest.result import Result
from algo_service.backtest.sweep import Sweep
from algo_service.backtest.trades import MAX_TRADES, Trade
from algo_service.engine.failures import quotes
from algo_service.errors import AlgoServiceError
from portfolio.times import instant, span

MAX_OPEN = 20
"""Trades that are shown without a click."""
TILES = (
    "final_equity", "total_return", "buy_and_hold", "annual_return", "volatility", "sharpe",
    "sortino", "max_drawdown", "max_drawdown_days", "calmar",
)  # fmt: skip


def write(path: Path, result: Result, sweep: Sweep | None = None) -> None:
    """Write the page.

    :param result: of a backtest whose course was kept.
    :param sweep: the grid that it is the best of.
    :raises AlgoServiceError: if the file cannot be written, plotly is not there, or the course
        was not kept.
    """
    curve = course(result)
    charts = page.charts()
    performance = result.performance
    days, cash = performance.days, performance.starting_cash
    undrawn = _undrawn(curve, performance.trades.fills)
    body = [
        head(result.algo, result),
        _tiles(result),
        page.notes(result.notes, "warn"),
        page.chart("Equity and drawdown", charts.equity(curve), "equity"),
        page.chart("Orders on the price", charts.orders(curve), "orders", undrawn),
        page.chart("Monthly returns", charts.months(days, cash), "months"),
        page.chart("Trades", charts.trades(performance.trades.returns), "trades"),
        _trades(result),
        *([_sweep(sweep, charts.grid(sweep))] if sweep else []),
        _figures(result),
        data(result),
    ]
    page.write(path, f"{result.algo}: backtest", body)


def course(result: Result) -> Curve:
    """Return what a report draws.

    :raises AlgoServiceError: if it was not kept.
    """
    if result.curve is None:
        raise AlgoServiceError("the course of this backtest was not kept: a report draws it")
    return result.curve


def head(title: str, result: Result) -> str:
    """Return the head of a page: what was run over which quotes."""
    performance, curve = result.performance, course(result)
    figures = performance.plain()
    span = f"{figures['first']} to {figures['last']}"
    if figures["first"] is None and figures["last"] is None:
        span = "without times"
    sids = ", ".join(list(curve.prices)[:5])
    more = curve.instruments - min(5, len(curve.prices))
    instruments = f"{sids} and {more:,} more" if more > 0 else sids
    return (
        f"<header><h1>{escape(title)}</h1>"
        f'<p class="note">{escape(instruments)}: {figures["quotes"]:,} quotes, {escape(span)}</p>'
        '<p class="note">Paper orders over history. Nothing here is advice, and past results'
        " promise nothing.</p></header>"
    )


def _tiles(result: Result) -> str:
    figures = result.figures()
    tiles = "".join(
        f"<li>{table.NAMES[name][0]}<b>{escape(table.shown(name, figures))}</b></li>"
        for name in TILES
    )
    return f'<ul class="tiles">{tiles}</ul>'


def _undrawn(curve: Curve, fills: int) -> str:
    notes = []
    if (missing := curve.instruments - min(len(curve.prices), MAX_INSTRUMENTS)) > 0:
        notes.append(f"{missing:,} more instruments are not drawn.")
    if fills > MAX_MARKS:
        notes.append(f"Only the first {MAX_MARKS:,} fills are drawn.")
    if any(fill.ts is None for fill in curve.fills):
        notes.append("Fills at quotes without a time are not drawn.")
    return " ".join(notes)


def _trades(result: Result) -> str:
    trips = result.round_trips
    assert trips is not None
    held = list(trips.open())
    rows = [*trips.closed[:MAX_TRADES], *held[:MAX_TRADES]]
    if not rows:
        return ""
    heads = (
        *("Instrument", "Entry", "Price", "Exit", "Price", "Quantity", "Profit", "Return"),
        *("Fees", "Bars"),
    )
    cash = result.performance.starting_cash
    notes = [
        "Every sale is a trade, with its share of the cost; profits are after fees. Bars are the"
        " quotes of the instrument in between."
    ]
    if trips.count > MAX_TRADES:
        notes.append(
            f"Shown are the first {MAX_TRADES:,} of {trips.count:,}: --trades FILE writes all."
        )
    if len(held) > MAX_TRADES:
        notes.append(f"Of {len(held):,} that are open the first {MAX_TRADES:,} are shown.")
    return (
        f"<section><details{' open' if len(rows) <= MAX_OPEN else ''}>"
        '<summary>Trades, one by one</summary><p class="note">'
        f"{escape(' '.join(notes))}</p>"
        f"{page.table(heads, (_trade(each, cash) for each in rows))}</details></section>"
    )


def _trade(trade: Trade, cash: float) -> tuple[str, ...]:
    entry, leave = _span(trade)
    return (
        trade.sid,
        entry,
        digits.price(trade.entry_price),
        "open" if trade.exit_price is None else leave,
        "" if trade.exit_price is None else digits.price(trade.exit_price),
        digits.quantity(trade.quantity),
        digits.cash(trade.profit, cash),
        digits.percent(trade.gain),
        digits.cash(trade.fees, cash),
        f"{trade.bars:,}",
    )


def _span(trade: Trade) -> tuple[str, str]:
    entry, leave = trade.entry_ts, trade.exit_ts
    if entry is None:
        return "", ""
    first = instant(entry)
    return span(first, first if leave is None else instant(leave))


def _sweep(sweep: Sweep, figure: Any) -> str:
    heads, rows = table.sweep_cells(sweep)
    return (
        page.chart(f"Sweep: Sharpe ratio over {escape(', '.join(sweep.names))}", figure, "sweep")
        + page.notes(sweep.notes, "warn")
        + f"<section>{page.table(heads, rows)}</section>"
    )


def _figures(result: Result) -> str:
    figures = result.figures()
    rows = (
        (words, table.shown(name, figures))
        for name, (words, _unit) in table.NAMES.items()
        if name in figures
    )
    parameters = ((name, str(value)) for name, value in result.parameters.items())
    return (
        '<section class="sides"><div><h2>Figures</h2>'
        f"{page.pairs(rows)}</div><div><h2>Parameters</h2>{page.pairs(parameters)}</div></section>"
    )


def data(result: Result) -> str:
    """Return the section about the data, and the quotes that failed."""
    return f"<section><h2>Data</h2>{''.join(_data(result))}</section>"


def _data(result: Result) -> Iterator[str]:
    if result.quality is None:
        yield '<p class="note">Given as maps: not looked into.</p>'
    else:
        yield page.notes(result.data_notes or ["Nothing is odd about it."])
        if gaps := result.quality.longest_gaps:
            yield "<h2>Longest gaps</h2>"
            yield page.pairs((gap.sid, f"{gap.start} to {gap.end}") for gap in gaps)
    if result.failed:
        yield f"<h2>Failed quotes: {result.failed:,}</h2>"
        for each in result.errors:
            yield (
                f"<pre>{quotes(each.count)}: {escape(str(each))}\n"
                f"the first: {escape(str(each.quote)[:300])}</pre>"
            )
