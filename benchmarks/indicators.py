"""What an update of each indicator costs: `python -m benchmarks.indicators [--quick]`.

The shipped history of goog, over and over, through `update` of each indicator; through `add` of
talipp, whose lists are cut off at 1,000 values now and then, as they would grow; and through
TA-Lib's own loop in C, which gets the whole array at once. All three in turns, in this process; the
values are the least CPU-ns per quote of several turns.
"""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import talib
from talipp import indicators as talipp
from talipp.ohlcv import OHLCV

import market_data
from indicators import KINDS, parse
from indicators.spec import usual

TURNS = 7
ROUNDS = 10
"""Of the history, in each turn."""
KEPT = 1_000
"""Values that talipp's lists have at least, once they are cut off."""

FIELDS = ("open", "high", "low", "close", "volume")
Quote = dict[str, Any]

TALIPP: dict[str, tuple[Callable[[], Any], bool]] = {
    "sma": (lambda: talipp.SMA(20), False),
    "ema": (lambda: talipp.EMA(20), False),
    "wma": (lambda: talipp.WMA(20), False),
    "vwap": (lambda: talipp.VWMA(20), True),
    "macd": (lambda: talipp.MACD(12, 26, 9), False),
    "rsi": (lambda: talipp.RSI(14), False),
    "stochastic": (lambda: talipp.Stoch(14, 3), True),
    "roc": (lambda: talipp.ROC(10), False),
    "stddev": (lambda: talipp.StdDev(20), False),
    "bollinger": (lambda: talipp.BB(20, 2), False),
    "atr": (lambda: talipp.ATR(14), True),
    "donchian": (lambda: talipp.DonchianChannels(20), True),
}
"""Each indicator that talipp has, and whether it takes bars. Its VWAP has no window; VWMA has."""

Columns = dict[str, np.ndarray]

TALIB: dict[str, Callable[[Columns], object]] = {
    "sma": lambda of: talib.SMA(of["close"], 20),
    "ema": lambda of: talib.EMA(of["close"], 20),
    "wma": lambda of: talib.WMA(of["close"], 20),
    "macd": lambda of: talib.MACD(of["close"], 12, 26, 9),
    "rsi": lambda of: talib.RSI(of["close"], 14),
    "stochastic": lambda of: talib.STOCH(of["high"], of["low"], of["close"], 14, 3, 0, 3, 0),
    "momentum": lambda of: talib.MOM(of["close"], 10),
    "roc": lambda of: talib.ROC(of["close"], 10),
    "rocr": lambda of: talib.ROCR(of["close"], 10),
    "stddev": lambda of: talib.STDDEV(of["close"], 20),
    "bollinger": lambda of: talib.BBANDS(of["close"], 20, 2, 2),
    "atr": lambda of: talib.ATR(of["high"], of["low"], of["close"], 14),
    "donchian": lambda of: (talib.MIN(of["low"], 20), talib.MAX(of["high"], 20)),
}


def history() -> list[Quote]:
    """Return the shipped history of goog as quotes."""
    with (Path(market_data.__file__).parent / "data" / "goog.csv").open() as lines:
        rows = [
            {field: float(row[field.capitalize()]) for field in FIELDS}
            for row in csv.DictReader(lines)
        ]
    return [{"sid": "GOOG", "quote": row["close"], **row} for row in rows]


def ours(kind: str, quotes: list[Quote], rounds: int) -> float:
    """Return the ns of an update."""
    update = parse(usual(KINDS[kind])).update
    begun = time.process_time_ns()
    for _ in range(rounds):
        for quote in quotes:
            update(quote)
    return (time.process_time_ns() - begun) / (rounds * len(quotes))


def of_talipp(kind: str, quotes: list[Quote], rounds: int) -> float:
    """Return the ns of an `add`, with the cutting off."""
    make, takes_bars = TALIPP[kind]
    indicator = make()
    inputs: list[Any] = [quote["quote"] for quote in quotes]
    if takes_bars:
        inputs = [OHLCV(*(quote[field] for field in FIELDS)) for quote in quotes]
    add, values = indicator.add, 0
    begun = time.process_time_ns()
    for _ in range(rounds):
        for each in inputs:
            add(each)
            values += 1
            if values == 2 * KEPT:
                indicator.purge_oldest(KEPT)
                values = KEPT
    return (time.process_time_ns() - begun) / (rounds * len(quotes))


def of_talib(kind: str, quotes: list[Quote], rounds: int) -> float:
    """Return the ns per quote of TA-Lib's loop over an array."""
    columns = {
        field: np.tile(np.array([quote[field] for quote in quotes]), rounds) for field in FIELDS
    }
    begun = time.process_time_ns()
    TALIB[kind](columns)
    return (time.process_time_ns() - begun) / (rounds * len(quotes))


def run(turns: int, rounds: int) -> dict[str, tuple[float, float | None, float | None]]:
    """Return for each indicator the ns of an update: ours, talipp's and TA-Lib's, if it has one."""
    quotes, measured = history(), {}
    for kind in KINDS:
        taken: list[list[float]] = [[], [], []]
        for _ in range(turns):
            taken[0].append(ours(kind, quotes, rounds))
            if kind in TALIPP:
                taken[1].append(of_talipp(kind, quotes, rounds))
            if kind in TALIB:
                taken[2].append(of_talib(kind, quotes, 10 * rounds))
        own, *others = (min(each) if each else None for each in taken)
        assert own is not None
        measured[kind] = (own, others[0], others[1])
    return measured


def table(measured: dict[str, tuple[float, float | None, float | None]]) -> str:
    """Return the figures as the table of docs/explanation/performance.md."""
    lines = [
        "| CPU-ns per update | Tickwire | talipp | Tickwire ÷ it | TA-Lib, whole arrays"
        " | Tickwire ÷ it |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for kind, (own, by_talipp, by_talib) in measured.items():
        cells = [f"`{usual(KINDS[kind])}`", f"{own:,.0f}"]
        cells += ["", ""] if by_talipp is None else [f"{by_talipp:,.0f}", f"{own / by_talipp:.2f}"]
        cells += ["", ""] if by_talib is None else [f"{by_talib:,.0f}", f"{own / by_talib:.0f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure all, and print the table."""
    is_quick = "--quick" in sys.argv[1:]
    print(table(run(1, 1) if is_quick else run(TURNS, ROUNDS)))


if __name__ == "__main__":
    main()
