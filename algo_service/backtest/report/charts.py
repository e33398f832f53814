"""The charts of a report, one function for each. Needs plotly and pandas."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from algo_service.backtest.curve import MAX_INSTRUMENTS, MAX_MARKS, MAX_POINTS, Curve
from algo_service.backtest.report import digits
from algo_service.backtest.result import times
from algo_service.backtest.sweep import Sweep
from algo_service.decisions import MinuteValue

# Blue and orange: told apart by everyone, and on grey paper by their lightness.
BLUE, ORANGE, GREY = "#1f5fa8", "#e07b00", "#8a8f98"
_LINES = (BLUE, ORANGE, "#00856f", "#a83279", "#6b4fa0", "#7a5c00")
"""Of algorithms that are compared; from the seventh on dashed."""
_FALL = "rgba(224, 123, 0, 0.35)"

_LAYOUT = {
    "template": "plotly_white",
    "margin": {"l": 70, "r": 20, "t": 30, "b": 40},
    "font": {"family": "system-ui, sans-serif", "size": 13, "color": "#1c2530"},
    "hoverlabel": {"namelength": -1},
    "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
}
# up to 9 digits, as many as there are: for prices of 1e-10, and for an equity that hardly moves
_AMOUNT = {"tickformat": ",.9~g", "hoverformat": ",.7~r"}
_PERCENT = {"tickformat": ".3~%", "hoverformat": ".3~%"}


def equity(curve: Curve) -> go.Figure:
    """Draw the equity against buy and hold, and the drawdown below."""
    at, values, drawdown = _course(curve)
    figure = _two_rows()
    figure.add_scatter(
        x=at, y=values, name="Equity", line={"color": BLUE, "width": 2}, row=1, col=1
    )
    _add_buy_and_hold(figure, curve, at)
    figure.add_scatter(
        x=at, y=drawdown, name="Drawdown", fill="tozeroy", fillcolor=_FALL,
        line={"color": ORANGE, "width": 1}, row=2, col=1,
    )  # fmt: skip
    return figure


def equities(curves: Mapping[str, Curve]) -> go.Figure:
    """Draw the equity of several algorithms over the same data, and their drawdowns below."""
    figure = _two_rows()
    first = next(iter(curves.values()))
    _add_buy_and_hold(figure, first, _course(first)[0])
    for number, (name, curve) in enumerate(curves.items()):
        at, values, drawdown = _course(curve)
        dash = "solid" if number < len(_LINES) else "dash"
        line = {"color": _LINES[number % len(_LINES)], "width": 1.8, "dash": dash}
        own = {"name": _text(name), "legendgroup": name, "line": line}
        figure.add_scatter(x=at, y=values, row=1, col=1, **own)
        figure.add_scatter(x=at, y=drawdown, row=2, col=1, showlegend=False, **own)
    return figure


def by_minute(lines: Mapping[str, Sequence[MinuteValue]]) -> go.Figure:
    """Draw what portfolios are worth by minute; the later lines are dashed, to show both."""
    figure = go.Figure()
    for number, (name, values) in enumerate(lines.items()):
        points = _thin(list(values))
        figure.add_scatter(
            x=pd.to_datetime([each.minute for each in points], unit="m", utc=True),
            y=[each.equity for each in points],
            name=_text(name),
            line={"color": _LINES[number], "width": 1.8, "dash": "dash" if number else "solid"},
        )
    figure.update_layout(height=420, hovermode="x unified", **_LAYOUT)
    figure.update_yaxes(title="Cash", **_AMOUNT)
    return figure


def _course(curve: Curve) -> tuple[pd.Index, Sequence[float], Sequence[float]]:
    """Return times, equity and drawdown, as many as a chart can show."""
    points = curve.points
    values = pd.Series([each.equity for each in points])
    drawdown = values / values.cummax().clip(lower=curve.starting_cash) - 1
    return times([each.ts for each in _thin(points)]), _thin(list(values)), _thin(list(drawdown))


def _thin(points: list[Any]) -> list[Any]:
    """Return every n-th and the last one: a course may have been kept whole."""
    step = -(-len(points) // (2 * MAX_POINTS))
    return points if step <= 1 else [*points[:-1:step], points[-1]]


def _two_rows() -> go.Figure:
    figure = make_subplots(2, 1, shared_xaxes=True, row_heights=[0.7, 0.3], vertical_spacing=0.05)
    figure.update_layout(height=520, hovermode="x unified", **_LAYOUT)
    figure.update_yaxes(title="Cash", **_AMOUNT, row=1, col=1)
    figure.update_yaxes(title="Drawdown", **_PERCENT, row=2, col=1)
    return figure


def _add_buy_and_hold(figure: go.Figure, curve: Curve, at: pd.Index) -> None:
    figure.add_scatter(
        x=at, y=_thin(curve.buy_and_hold()), name="Buy and hold",
        line={"color": GREY, "width": 1.3}, row=1, col=1,
    )  # fmt: skip


def orders(curve: Curve) -> go.Figure:
    """Draw the fills on the price, one instrument at a time."""
    figure = go.Figure()
    drawn = list(curve.prices.items())[:MAX_INSTRUMENTS]
    for number, (sid, prices) in enumerate(drawn):
        is_shown = number == 0
        fills = [fill for fill in curve.fills[:MAX_MARKS] if fill.sid == sid]
        # on one index, so that where times are lacking both count quotes
        points = _thin(prices.points)
        figure.add_scatter(
            x=times([ts for ts, _price in points]), y=[price for _ts, price in points],
            name=f"{_text(sid)}: price",
            line={"color": GREY, "width": 1.3}, visible=is_shown,
        )  # fmt: skip
        for side, symbol, color in (
            ("buy", "triangle-up", BLUE),
            ("sell", "triangle-down", ORANGE),
        ):
            own = [fill for fill in fills if fill.side == side and fill.ts is not None]
            figure.add_scatter(
                x=times([fill.ts for fill in own]) if own else [],
                y=[fill.price for fill in own],
                text=[
                    f"{digits.quantity(fill.quantity)} at {digits.price(fill.price)}"
                    for fill in own
                ],
                name=side.capitalize(), mode="markers", visible=is_shown,
                marker={"symbol": symbol, "size": 10, "color": color,
                        "line": {"color": "white", "width": 1}},
            )  # fmt: skip
    figure.update_layout(height=440, **_LAYOUT)
    figure.update_yaxes(title="Price", **_AMOUNT)
    if len(drawn) > 1:
        buttons = [
            {
                "label": _text(sid),
                "method": "update",
                "args": [{"visible": _only(n, len(drawn))}],
            }
            for n, (sid, _prices) in enumerate(drawn)
        ]
        menu = {"buttons": buttons, "x": 0.8, "xanchor": "right", "y": 1.02, "yanchor": "bottom"}
        figure.update_layout(updatemenus=[menu])
    return figure


def _text(value: Any) -> str:
    """Return a value so that plotly, which knows some markup, shows it as it is."""
    return escape(f"{value:g}" if isinstance(value, float) else str(value), quote=False)


def _only(number: int, count: int) -> list[bool]:
    return [n == number for n in range(count) for _trace in range(3)]


def months(days: Mapping[int, float], cash: float) -> go.Figure | None:
    """Draw the return of each month and year; None where no quote has a time.

    :param days: the last equity of each day, by days since 1970.
    :param cash: the equity before the first one.
    """
    if not days:
        return None
    at = pd.to_datetime(list(days), unit="D")
    values = pd.Series(list(days.values()), index=at).sort_index()
    closes = values.groupby([values.index.year, values.index.month]).last()
    before = closes.shift(1, fill_value=cash)
    table = (closes / before - 1).unstack().reindex(columns=range(1, 13))
    yearly = values.groupby(values.index.year).last()
    table["Year"] = yearly / yearly.shift(1, fill_value=cash) - 1
    names = [pd.Timestamp(2000, month, 1).strftime("%b") for month in range(1, 13)]
    text = [[("" if pd.isna(cell) else f"{cell:.1%}") for cell in row] for row in table.to_numpy()]
    most = max(0.01, float(table.abs().max().max()))
    figure = go.Figure(
        go.Heatmap(
            z=table.to_numpy(), x=[*names, "Year"], y=[str(year) for year in table.index],
            text=text, texttemplate="%{text}", zmin=-most, zmax=most, zmid=0, showscale=False,
            colorscale=[[0, ORANGE], [0.5, "#ffffff"], [1, "#5b94d1"]], xgap=2, ygap=2,
            hovertemplate="%{x} %{y}: %{text}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(height=90 + 30 * len(table), **_LAYOUT)
    figure.update_yaxes(autorange="reversed", type="category")
    return figure


def trades(returns: Sequence[float]) -> go.Figure | None:
    """Draw how the returns of trades are distributed; None without a trade."""
    if not returns:
        return None
    # counted here: there may be millions. 0 is an edge, so that no bar is both gain and loss
    found = np.asarray(returns, dtype=float)
    found = found[np.isfinite(found)]
    size = max(float(np.ptp(found)) / 40, float(np.abs(found).max()) / 1000) or 0.001
    numbers, counts = np.unique(np.ceil(found / size), return_counts=True)
    middles = (numbers - 0.5) * size
    figure = go.Figure()
    for name, color, own in (("Losses", ORANGE, numbers <= 0), ("Gains", BLUE, numbers > 0)):
        figure.add_bar(
            x=middles[own], y=counts[own], name=name, width=size * 0.95, marker={"color": color}
        )
    figure.update_layout(height=320, **_LAYOUT)
    figure.update_xaxes(title="Return of a trade", **_PERCENT)
    # whole numbers: a half of a trade is none
    figure.update_yaxes(title="Trades", tickformat=",d", dtick=1 if counts.max() < 8 else None)
    return figure


def grid(sweep: Sweep) -> go.Figure:
    """Draw the Sharpe ratio over the first one or two of the parameters that were varied.

    Of several combinations in one place the best is drawn; a ring is around the one chosen.
    """
    places: dict[tuple[Any, ...], float] = {}
    axes = sweep.names[:2]
    for row in sweep.rows:
        place, sharpe = tuple(row[name] for name in axes), row["sharpe"]
        known = -math.inf if sharpe is None else sharpe
        places[place] = max(known, places.get(place, -math.inf))
    values = {place: each if math.isfinite(each) else None for place, each in places.items()}
    # as text, in the order given by numbers where all are: a grid need not be even
    scales = [sorted({place[n] for place in values}, key=_rank) for n in range(len(axes))]
    ticks = [[_text(value) for value in scale] for scale in scales]
    chosen = [[_text(sweep.best[name])] for name in axes]
    names = [_text(name) for name in axes]
    if len(axes) == 1:
        line = [values[(value,)] for value in scales[0]]
        figure = go.Figure(
            go.Scatter(x=ticks[0], y=line, mode="lines+markers", line={"color": BLUE})
        )
        figure.update_yaxes(title="Sharpe ratio")
    else:
        figure = go.Figure(
            go.Heatmap(
                z=[[values.get((x, y)) for x in scales[0]] for y in scales[1]],
                x=ticks[0], y=ticks[1], colorscale="Cividis", colorbar={"title": "Sharpe"},
                hoverongaps=False,
                hovertemplate=f"{names[0]} %{{x}}, {names[1]} %{{y}}: %{{z:.2f}}<extra></extra>",
            )
        )  # fmt: skip
        figure.add_scatter(
            x=chosen[0], y=chosen[1], mode="markers", showlegend=False, hoverinfo="skip",
            marker={"symbol": "circle-open", "size": 16, "color": "black", "line": {"width": 3}},
        )  # fmt: skip
        figure.update_yaxes(title=names[1], type="category")
    figure.update_layout(height=420, **_LAYOUT)
    figure.update_xaxes(title=names[0], type="category")
    return figure


def _rank(value: Any) -> tuple[bool, float, str]:
    is_text = not isinstance(value, int | float)
    return is_text, 0.0 if is_text else value, str(value)
