"""The report: one HTML file with charts, which loads nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from algo_service.backtest import table
from algo_service.backtest.curve import MOST_INSTRUMENTS, MOST_MARKS, Curve
from algo_service.backtest.run import Result
from algo_service.backtest.sweep import Sweep
from algo_service.errors import AlgoServiceError
from market_data import Report

TILES = (
    "final_equity", "total_return", "buy_and_hold", "annual_return", "volatility", "sharpe",
    "sortino", "max_drawdown", "max_drawdown_days", "calmar",
)  # fmt: skip

_BUTTONS = ["toImage", "zoom2d", "pan2d", "resetScale2d"]
"""Those of plotly's that stay inside of the page."""

_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
)
"""Has the browser load nothing, whatever the page says; plotly's pictures are of its own making."""

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1c2530; background: #fff;
  max-width: 1100px; margin: 0 auto; padding: 1.5rem; }
h1 { margin: 0; font-size: 1.8rem; } h2 { margin: 2.2rem 0 .4rem; font-size: 1.25rem; }
.note { color: #4a5563; margin: .2rem 0; } .warn { color: #8a4b00; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(180px, 1fr)); gap: .7rem;
  margin: 1.2rem 0; padding: 0; list-style: none; }
.tiles li { box-sizing: border-box; border: 1px solid #d9dee5; border-radius: 6px;
  padding: .5rem .8rem; }
.tiles b { display: block; font-size: 1.3rem; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; } td, th { padding: .25rem 1.2rem .25rem 0; text-align: left;
  border-bottom: 1px solid #e6eaef; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 0 3rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: .85rem; }
@media print { body { max-width: none; padding: 0; font-size: 11pt; }
  section, figure, tr, .tiles { break-inside: avoid; } h2 { break-after: avoid; }
  .tiles { grid-template-columns: repeat(5, 1fr); gap: .4rem; } .modebar { display: none; } }
figure { margin: 0; }
"""


def write(path: Path, result: Result, sweep: Sweep | None = None) -> None:
    """Write the page.

    :param result: of a backtest whose course was kept.
    :param sweep: the grid that it is the best of.
    :raises AlgoServiceError: if the file cannot be written, plotly is not there, or the course
        was not kept.
    """
    curve = result.curve
    if curve is None:
        raise AlgoServiceError("the course of this backtest was not kept: a report draws it")
    try:
        from algo_service.backtest import charts
    except ImportError as error:
        raise AlgoServiceError(
            f"a report needs the package {error.name}: pip install 'tickwire[backtest]'"
        ) from error
    performance = result.performance
    body = [
        _head(result, curve),
        _chart("Equity and drawdown", charts.equity(curve), "equity"),
        _chart(
            "Orders on the price",
            charts.orders(curve),
            "orders",
            _undrawn(curve, performance.trades.fills),
        ),
        _chart(
            "Monthly returns", charts.months(performance.days, performance.starting_cash), "months"
        ),
        _chart("Trades", charts.trades(performance.trades.returns), "trades"),
        *([_sweep(sweep, charts.grid(sweep))] if sweep else []),
        _figures(result),
        _data(result),
    ]
    title = escape(f"{result.algo}: backtest")
    text = (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<style>{_STYLE}</style><script>{_library()}</script></head>"
        f"<body>{''.join(body)}</body></html>\n"
    )
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise AlgoServiceError(f"cannot write {path}: {error.strerror}") from error


def _library() -> str:
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())


def _head(result: Result, curve: Curve) -> str:
    figures = result.figures()
    count = figures["quotes"]
    span = f"{table.shown('first', figures['first'])} to {table.shown('last', figures['last'])}"
    if figures["first"] is None and figures["last"] is None:
        span = "without times"
    sids = ", ".join(list(curve.prices)[:5])
    more = curve.instruments - min(5, len(curve.prices))
    instruments = f"{sids} and {more:,} more" if more > 0 else sids
    tiles = "".join(
        f"<li>{table.NAMES[name][0]}<b>{escape(table.shown(name, figures[name]))}</b></li>"
        for name in TILES
    )
    return (
        f"<header><h1>{escape(result.algo)}</h1>"
        f'<p class="note">{escape(instruments)}: {count:,} quotes, {escape(span)}</p>'
        '<p class="note">Paper orders over history. Nothing here is advice, and past results'
        f' promise nothing.</p></header><ul class="tiles">{tiles}</ul>'
    )


def _chart(title: str, figure: Any, name: str, note: str = "") -> str:
    if figure is None:
        return f'<section><h2>{title}</h2><p class="note">Nothing to draw.</p></section>'
    drawn = figure.to_html(
        full_html=False,
        include_plotlyjs=False,
        div_id=name,
        config={"displaylogo": False, "responsive": True, "modeBarButtons": [_BUTTONS]},
    )
    caption = f'<figcaption class="note">{escape(note)}</figcaption>' if note else ""
    return (
        f'<section><h2>{title}</h2><figure aria-label="{title}">{drawn}{caption}</figure></section>'
    )


def _undrawn(curve: Curve, fills: int) -> str:
    notes = []
    if (missing := curve.instruments - min(len(curve.prices), MOST_INSTRUMENTS)) > 0:
        notes.append(f"{missing:,} more instruments are not drawn.")
    if fills > MOST_MARKS:
        notes.append(f"Only the first {MOST_MARKS:,} fills are drawn.")
    if any(fill.ts is None for fill in curve.fills):
        notes.append("Fills at quotes without a time are not drawn.")
    return " ".join(notes)


def _sweep(sweep: Sweep, figure: Any) -> str:
    names = [*sweep.names, "total_return", "sharpe", "max_drawdown", "trades"]
    head = "".join(f"<th>{escape(table.NAMES.get(name, (name,))[0])}</th>" for name in names)
    rows = "".join(
        "<tr>" + "".join(f'<td class="n">{escape(_cell(n, row[n]))}</td>' for n in names) + "</tr>"
        for row in sweep.rows[:10]
    )
    refused = f" {sweep.refused} combinations are not allowed." if sweep.refused else ""
    return (
        _chart(f"Sweep: Sharpe ratio over {escape(', '.join(sweep.names))}", figure, "sweep")
        + f'<p class="note warn">{escape(sweep.warning)}{refused}</p>'
        + f"<section><table><tr>{head}</tr>{rows}</table></section>"
    )


def _cell(name: str, value: Any) -> str:
    return table.shown(name, value) if name in table.NAMES else str(value)


def _figures(result: Result) -> str:
    figures = result.figures()
    rows = [
        (words, table.shown(name, figures[name]))
        for name, (words, _unit) in table.NAMES.items()
        if name in figures
    ]
    return (
        '<section class="sides"><div><h2>Figures</h2>'
        f"{_table(rows)}</div><div><h2>Parameters</h2>"
        f"{_table((name, str(value)) for name, value in result.parameters.items())}</div></section>"
    )


def _table(rows: Iterable[tuple[str, str]]) -> str:
    cells = (f'<tr><td>{escape(a)}</td><td class="n">{escape(b)}</td></tr>' for a, b in rows)
    return f"<table>{''.join(cells)}</table>"


def _data(result: Result) -> str:
    parts = ["<section><h2>Data</h2>"]
    if result.quality is None:
        parts.append('<p class="note">Given as maps: not looked into.</p>')
    else:
        counts: Mapping[str, Any] = result.quality._asdict()
        parts.append(_table((n, f"{v:,}") for n, v in counts.items() if isinstance(v, int)))
        parts += _gaps(result.quality)
    if result.failed:
        parts.append(f"<h2>Failed quotes: {result.failed:,}</h2>")
        parts += (
            f"<pre>{escape(str(each.quote)[:300])}\n{escape(each.error)}</pre>"
            for each in result.errors
        )
    return "".join([*parts, "</section>"])


def _gaps(quality: Report) -> Iterator[str]:
    if quality.longest_gaps:
        yield "<h2>Longest gaps</h2>"
        yield _table((gap.sid, f"{gap.start} to {gap.end}") for gap in quality.longest_gaps)
