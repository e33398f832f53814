"""A grid of backtests, on all cores."""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice, product
from typing import TYPE_CHECKING, Any, NamedTuple

from algo_service.backtest.quotes import Checked, of_feed
from algo_service.backtest.run import backtest
from algo_service.errors import AlgoServiceError
from algo_service.loader import load
from market_data import FeedError, open_feed
from portfolio import ParameterError

if TYPE_CHECKING:
    import pandas as pd

MOST_RUNS = 100_000
MOST_QUOTES = 500_000
"""Quotes that each process keeps, so that it reads them once; more are read for each run anew."""

_FIGURES = ("total_return", "sharpe", "max_drawdown", "trades", "win_rate", "final_equity")

# What a process of the pool has read, or reads from for each run.
_data: Any = None
_options: dict[str, Any] = {}
_is_read = False


class _Unreadable(NamedTuple):
    """Why a process could not read the data: an error of its own might not travel."""

    reason: str


@dataclass
class Sweep:
    """What came of a grid."""

    names: list[str]
    """The parameters that were varied."""
    seed: int
    """Of every run."""
    rows: list[dict[str, Any]] = field(default_factory=list)
    """Of each combination the parameters' values and some figures, the best first."""
    refused: int = 0
    """Combinations that the algorithm does not allow."""
    refusal: str = ""
    """Why the first one of them is not allowed."""

    @property
    def best(self) -> dict[str, Any]:
        """The row of the highest Sharpe ratio; where there is none, of the highest return."""
        return self.rows[0]

    @property
    def warning(self) -> str:
        """What to keep in mind about the best of many."""
        return (
            f"The best of {len(self.rows)} tries is best by luck as well: the more are tried, the"
            " better the best one looks, and the less it says about quotes that it has not seen."
            " Try it on others before you believe it (D. H. Bailey et al., Pseudo-Mathematics and"
            " Financial Charlatanism, Notices of the AMS 61, 2014)."
        )

    @property
    def frame(self) -> pd.DataFrame:
        """One row per combination, the best first."""
        import pandas as pd

        return pd.DataFrame(self.rows)


def grid(text: str) -> tuple[str, list[float]]:
    """Return name and values of `fast=5..50:5` (from, to, step) or `fast=5,10,20`.

    :raises ParameterError: if it is written otherwise, or has no values.
    """
    name, _, written = text.partition("=")
    try:
        if ".." in written:
            span, _, step_text = written.partition(":")
            start, end = (_number(each) for each in span.split(".."))
            step = _number(step_text) if step_text else 1
            count = math.floor((end - start) / step + 1e-9) + 1
            values = [_tidy(start + n * step) for n in range(min(count, MOST_RUNS + 1))]
        else:
            values = [_number(each) for each in written.split(",")]
    except (ValueError, ZeroDivisionError, OverflowError):
        values = []
    if not name or not values:
        raise ParameterError(f'cannot sweep "{text}": write name=from..to:step, or name=5,10,20')
    return name, values


def _number(text: str) -> float:
    try:
        return int(text)
    except ValueError:
        value = float(text)
        if not math.isfinite(value):
            raise
        return value


def _tidy(value: float) -> float:
    return value if isinstance(value, int) else round(value, 12)


def sweep(
    algo: str,
    data: str | Sequence[str],
    values: Mapping[str, Iterable[Any]],
    params: Mapping[str, Any] | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    query: str | None = None,
    sort: bool = False,
    processes: int | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> Sweep:
    """Backtest every combination of values, all with the same seed.

    :param algo: what `--algo` takes.
    :param data: what `market_data.open_feed` takes; `columns`, `query` and `sort` likewise.
    :param values: by parameter.
    :param params: the others.
    :param processes: by default as many as there are cores.
    :param advance: called with 1 after each run.
    :raises AlgoServiceError: if there are too many combinations.
    :raises ParameterError: if no combination is allowed, with the reason of the first.
    :raises AlgoServiceError: if the data cannot be read.
    """
    names = list(values)
    combinations = [dict(zip(names, each, strict=True)) for each in product(*values.values())]
    if len(combinations) > MOST_RUNS:
        raise AlgoServiceError(f"{len(combinations)} combinations: at most {MOST_RUNS} are run")
    load(algo)
    given = {"seed": secrets.randbelow(2**32), **(params or {})}
    jobs = [(algo, {**given, **each}) for each in combinations]
    source = {"data": data, "columns": columns, "query": query, "sort": sort}
    done = Sweep(names, given["seed"])
    with ProcessPoolExecutor(processes, initializer=_remember, initargs=(source,)) as pool:
        for combination, outcome in zip(combinations, pool.map(_run, jobs), strict=True):
            advance(1)
            if isinstance(outcome, _Unreadable):
                raise AlgoServiceError(outcome.reason)
            if isinstance(outcome, str):
                done.refused += 1
                done.refusal = done.refusal or outcome
            else:
                done.rows.append({**combination, **outcome})
    if not done.rows:
        raise ParameterError(f"no combination is allowed: {done.refusal}")
    done.rows.sort(key=_rank, reverse=True)
    return done


def _rank(row: Mapping[str, Any]) -> tuple[float, float]:
    sharpe = row["sharpe"]
    return (-math.inf if sharpe is None else sharpe, row["total_return"])


def _remember(source: dict[str, Any]) -> None:
    global _data, _options
    _data, _options = source["data"], {name: source[name] for name in ("columns", "query", "sort")}


def _read() -> None:
    """Read the quotes, once, if there are not too many to keep."""
    global _data, _options, _is_read
    if _is_read:
        return
    feed = open_feed(_data, **_options)
    quotes = Checked(islice(of_feed(feed, lambda *_: None, lambda _: None), MOST_QUOTES + 1))
    if len(quotes) <= MOST_QUOTES:
        _data, _options = quotes, {}
    _is_read = True


def _run(job: tuple[str, dict[str, Any]]) -> dict[str, Any] | str | _Unreadable:
    algo, params = job
    try:
        _read()
        figures = backtest(algo, _data, params, keep=None, **_options).figures()
    except ParameterError as error:
        return str(error)
    except FeedError as error:
        return _Unreadable(str(error))
    return {name: figures[name] for name in _FIGURES}
