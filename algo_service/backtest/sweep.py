"""A grid of backtests, on all cores."""

from __future__ import annotations

import logging
import math
import multiprocessing
import secrets
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice, product
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack

from algo_service.backtest.data import Data, holds_frame, opened
from algo_service.backtest.quotes import CheckedQuotes, of_feed, of_maps
from algo_service.backtest.run import backtest
from algo_service.engine.failure import sentence
from algo_service.engine.failures import Failures
from algo_service.errors import AlgoServiceError
from algo_service.loader import load
from market_data import Feed, FeedError
from market_data.feeds.options import ReadOptions
from portfolio import ParameterError

if TYPE_CHECKING:
    import pandas as pd

MAX_RUNS = 100_000
MAX_QUOTES = 500_000
"""Quotes of files that are kept in memory for all runs; more are read again for each run."""

_FIGURES = (
    *("total_return", "sharpe", "max_drawdown", "trades", "win_rate", "final_equity"),
    *("orders", "failed"),
)


class _SweepInput(NamedTuple):
    """What all runs share."""

    algo: str | type[Any]
    data: Any
    channels: Sequence[str] | None
    options: ReadOptions


# What a process of the pool runs.
_given: _SweepInput | None = None


class _Refusal(NamedTuple):
    """The algorithm does not allow a combination."""

    reason: str


class _RunFailure(NamedTuple):
    """A run failed; the reason is text, because an exception may not be picklable."""

    reason: str


class _DataFailure(NamedTuple):
    """The data could not be read."""

    reason: str


@dataclass(repr=False)
class Sweep:
    """The result of a grid; printed, or at the end of a notebook's cell, it shows itself."""

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
    failed: int = 0
    """Runs in which every quote failed, or that ended with an error."""
    failure: str = ""
    """Why the first one of them failed."""

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

    @property
    def notes(self) -> list[str]:
        """The combinations without a row, and what to keep in mind."""
        notes = []
        for count, kind, reason in (
            (self.refused, "not allowed", self.refusal),
            (self.failed, "failed", self.failure),
        ):
            if count:
                runs = f"{count:,} combination{'' if count == 1 else 's'}"
                notes.append(f"{runs} {kind}: {reason}{', and so on' if count > 1 else ''}")
        return [*notes, self.warning]

    def __repr__(self) -> str:
        from algo_service.backtest.report import table

        return "\n".join((*table.sweep_lines(self), *self.notes))

    def _repr_html_(self) -> str:
        from algo_service.backtest.report import notebook

        return notebook.sweep(self)


def sweep(
    algo: str | type[Any],
    data: Data,
    values: Mapping[str, Iterable[Any]],
    params: Mapping[str, Any] | None = None,
    *,
    processes: int | None = None,
    channels: Sequence[str] | None = None,
    advance: Callable[[int], None] = lambda _: None,
    **options: Unpack[ReadOptions],
) -> Sweep:
    """Backtest every combination of values, all with the same seed.

    On Linux the processes are forks of this one, so that they know a class which was defined in a
    notebook. Elsewhere an algorithm has to be named, as `--algo` takes it, to run on all cores; a
    class is run by this process alone.

    :param algo: a class, or what `--algo` takes.
    :param data: as `backtest` takes it; data frames and maps are kept in memory.
    :param values: by parameter.
    :param params: the others.
    :param processes: by default as many as there are cores.
    :param channels: of a recording, as `backtest` takes them.
    :param advance: called with 1 after each run.
    :param options: how sources are read, as `market_data.open_feed` takes them.
    :raises AlgoServiceError: if there are too many combinations, the data cannot be read, or every
        run failed.
    :raises ParameterError: if no combination is allowed, with the reason of the first.
    """
    names = list(values)
    combinations = [dict(zip(names, each, strict=True)) for each in product(*values.values())]
    if len(combinations) > MAX_RUNS:
        raise AlgoServiceError(f"{len(combinations)} combinations: at most {MAX_RUNS} are run")
    if isinstance(algo, str):
        load(algo)
    fixed = {"seed": secrets.randbelow(2**32), **(params or {})}
    jobs = [{**fixed, **each} for each in combinations]
    done = Sweep(names, fixed["seed"])
    try:
        given = _read(algo, data, channels, options)
    except FeedError as error:
        raise AlgoServiceError(str(error)) from error
    for combination, outcome in zip(combinations, _outcomes(given, jobs, processes), strict=True):
        advance(1)
        if isinstance(outcome, _DataFailure):
            raise AlgoServiceError(outcome.reason)
        if isinstance(outcome, _Refusal):
            done.refused += 1
            done.refusal = done.refusal or outcome.reason
        elif isinstance(outcome, _RunFailure):
            done.failed += 1
            done.failure = done.failure or outcome.reason
        else:
            done.rows.append({**combination, **outcome})
    if not done.rows:
        if done.failed:
            raise AlgoServiceError(f"no run came to a result: {done.failure}")
        raise ParameterError(f"no combination is allowed: {done.refusal}")
    done.rows.sort(key=_rank, reverse=True)
    return done


def _rank(row: Mapping[str, Any]) -> tuple[float, float]:
    sharpe = row["sharpe"]
    return (-math.inf if sharpe is None else sharpe, row["total_return"])


def _read(
    algo: str | type[Any], data: Data, channels: Sequence[str] | None, options: ReadOptions
) -> _SweepInput:
    """Read the quotes once, before any process begins, if there are not too many to keep."""
    source = opened(data, options)
    failures = Failures()
    if not isinstance(source, Feed):
        quotes = (
            source
            if isinstance(source, CheckedQuotes)
            else CheckedQuotes(of_maps(source, failures.add))
        )
        if not quotes and failures.total:
            raise AlgoServiceError(next(failures.lines()))
        return _SweepInput(algo, quotes, channels, {})
    # a data frame is in memory already, and one of polars cannot be read in a fork
    max_quotes = None if holds_frame(data) else MAX_QUOTES + 1
    recorded: set[str] = set()
    found = of_feed(source, failures.add, lambda _: None, recorded=recorded)
    quotes = CheckedQuotes(islice(found, max_quotes), recorded)
    if max_quotes is None or len(quotes) <= MAX_QUOTES:
        return _SweepInput(algo, quotes, channels, {})
    return _SweepInput(algo, data, channels, options)


def _outcomes(
    given: _SweepInput, jobs: list[dict[str, Any]], processes: int | None
) -> Iterator[dict[str, Any] | _Refusal | _RunFailure | _DataFailure]:
    """Yield what comes of each job, in their order."""
    is_linux = sys.platform == "linux"
    if not is_linux and not isinstance(given.algo, str):
        _remember(given)
        yield from map(_run, jobs)
        return
    context = multiprocessing.get_context("fork" if is_linux else None)
    with ProcessPoolExecutor(processes, context, _begin, (given,)) as pool:
        yield from pool.map(_run, jobs)


def _begin(given: _SweepInput) -> None:
    # what each run would log, the run of the best one logs once
    logging.getLogger("algo_service.engine").setLevel("ERROR")
    _remember(given)


def _remember(given: _SweepInput) -> None:
    global _given
    _given = given


def _run(params: dict[str, Any]) -> dict[str, Any] | _Refusal | _RunFailure | _DataFailure:
    assert _given is not None
    algo, data, channels, options = _given
    try:
        figures = backtest(algo, data, params, keep=None, channels=channels, **options).figures()
    except ParameterError as error:
        return _Refusal(str(error))
    except FeedError as error:
        return _DataFailure(str(error))
    except AlgoServiceError as error:
        return _RunFailure(str(error))
    except Exception as error:  # of the algorithm's constructor, such as its type says nothing of
        return _RunFailure(sentence(error))
    return {name: figures[name] for name in _FIGURES}
