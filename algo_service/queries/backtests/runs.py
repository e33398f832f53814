"""The backtests of a service: what can be chosen, the one under way, and the last ones."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import gevent
from gevent.threadpool import ThreadPool

from algo_service.algorithms import BUILT_IN
from algo_service.errors import QueryError
from algo_service.loader import absolute
from algo_service.parameters import SEED, Parameter, merge
from algo_service.queries.backtests import folder
from algo_service.queries.backtests.bounds import MAX_RUNS
from algo_service.queries.backtests.process import BacktestProcess
from algo_service.queries.question import Question
from algo_service.served import ServedAlgorithm
from portfolio import ParameterError
from portfolio.nearest import did_you_mean

T = TypeVar("T")


@dataclass
class Run:
    """One backtest."""

    number: int
    asked: dict[str, Any]
    """`algo`, `data`, `params`, `from`, `to` and `bars`."""
    at: float
    """When it was begun, in seconds since 1970."""
    total: int | None
    """Quotes that it is going to read, if that is known."""
    quotes: int = 0
    """That it has read."""
    state: str = "running"
    """Later `done`, `failed` or `cancelled`."""
    text: str | None = None
    """Why it has failed."""
    seconds: float | None = None
    """That it took."""
    report: str = ""
    """JSON."""

    def standing(self) -> dict[str, Any]:
        """Return it as the answer to `backtests` lists it."""
        told = {name: getattr(self, name) for name in _TOLD}
        return {"run": self.number, **self.asked, **told}


_TOLD = ("at", "total", "quotes", "state", "text", "seconds")


class Backtests:
    """Runs backtests, one at a time. All calls come on the thread of gevent's hub.

    That thread starts and reads: the backtest is in a process of its own, and the data folder is
    looked at in a thread. The process ends by itself when the service has ended.

    :param served: its algorithm is one that can be chosen.
    :param data: the folder whose files can be chosen.
    """

    def __init__(self, served: ServedAlgorithm, data: Path | None):
        self._served = served
        self._folder = data
        self._disk = ThreadPool(1)
        self._runs: dict[int, Run] = {}
        self._count = 0
        self._process: BacktestProcess | None = None
        self._following: Any = None
        self._answers: dict[str, Callable[[Mapping[str, Any]], str]] = {
            "backtests": self._list,
            "backtest_choices": self._choices,
            "backtest": self._begin,
            "backtest_result": self._result,
            "backtest_cancel": self._cancel,
        }

    def knows(self, question: Question) -> bool:
        """Whether it is a question about backtests."""
        return question.query in self._answers

    def answer(self, question: Question) -> str:
        """Return the answer as JSON text.

        :raises QueryError: if there is none, with the reason.
        """
        return self._answers[question.query](question.options)

    def _list(self, options: Mapping[str, Any]) -> str:  # noqa: ARG002
        newest = sorted(self._runs.values(), key=lambda run: -run.number)
        return _text({"runs": [run.standing() for run in newest]})

    def _choices(self, options: Mapping[str, Any]) -> str:  # noqa: ARG002
        served = self._served
        own = _described(served.name, served.algorithm, served.engine.parameters_to_come)
        others = [
            _described(name, each, {}) for name, each in BUILT_IN.items() if name != served.name
        ]
        listed = self._on_disk(folder.listing, self._folder)
        return _text({"algos": [own, *others], **listed})

    def _begin(self, options: Mapping[str, Any]) -> str:
        spec, params = self._chosen(options["algo"], options["params"])
        data = self._on_disk(folder.find, self._folder, options["data"])
        if self._process is not None:
            raise QueryError(f"backtest {self._count} is under way: wait for its end, or cancel it")
        given = {"start": options["from"], "end": options["to"], "bars": options["bars"]}
        read = {name: value for name, value in given.items() if value is not None}
        request = {"algo": spec, "data": data.source, "params": params, "options": read}
        try:
            process = BacktestProcess(request)
        except OSError as error:
            raise QueryError(f"no process can be started: {error.strerror}") from error
        self._count += 1
        asked = {**options, "algo": options["algo"] or self._served.name}
        run = Run(self._count, asked, time.time(), None if read else data.rows)
        self._runs[run.number] = run
        self._runs.pop(run.number - MAX_RUNS, None)
        self._process = process
        self._following = gevent.spawn(self._follow, run, process)
        return _text({"run": run.number})

    def _follow(self, run: Run, process: BacktestProcess) -> None:
        began = time.monotonic()

        def advance(quotes: int) -> None:
            run.quotes = quotes

        is_done, text = process.follow(advance)
        self._process = None
        run.seconds = round(time.monotonic() - began, 3)
        if run.state == "cancelled":
            return
        run.state = "done" if is_done else "failed"
        if is_done:
            run.report = text
        else:
            run.text = text

    def _chosen(self, name: str | None, params: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Return what is run, and with which parameters."""
        served = self._served
        try:
            if name is None or name == served.name:
                declared = getattr(served.algorithm, "PARAMETERS", None)
                # as it runs here, but for what is given
                running = served.engine.parameters_to_come
                return absolute(served.spec), merge(declared, running, params, seed=0)
            if name not in BUILT_IN:
                names = (served.name, *BUILT_IN)
                raise QueryError(f'"algo" is {name!r:.80}{did_you_mean(name, names)}')
            merge(BUILT_IN[name].PARAMETERS, params, seed=0)
            return name, dict(params)
        except ParameterError as error:
            raise QueryError(str(error)) from error

    def _result(self, options: Mapping[str, Any]) -> str:
        run = self._run(options)
        if run.state != "done":
            why = f": {run.text}" if run.text else ""
            raise QueryError(f"backtest {run.number} is {run.state}{why}")
        return f'{{"run":{_text(run.standing())},"report":{run.report}}}'

    def _cancel(self, options: Mapping[str, Any]) -> str:
        run = self._run(options)
        if run.state == "running" and self._process is not None:
            run.state = "cancelled"
            self._process.end()
            self._following.join()
        return _text({"run": run.standing()})

    def _run(self, options: Mapping[str, Any]) -> Run:
        number = options["run"]
        if number not in self._runs:
            raise QueryError(
                f"there is no backtest {number} of {self._served.name}: the last {MAX_RUNS} since"
                " the start of the service are remembered"
            )
        return self._runs[number]

    def _on_disk(self, function: Callable[..., T], *args: Any) -> T:
        found: T | QueryError = self._disk.apply(_attempt, (function, *args))
        if isinstance(found, QueryError):
            raise found
        return found


def _attempt(function: Callable[..., T], *args: Any) -> T | QueryError:
    # gevent would print what a function raises in its thread
    try:
        return function(*args)
    except QueryError as error:
        return error


def _described(name: str, algorithm: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return an algorithm, its parameters (null: any), and the values that it runs with here."""
    declared: Iterable[Parameter] | None = getattr(algorithm, "PARAMETERS", None)
    if declared is not None:
        found = {each.name: each for each in declared if isinstance(each, Parameter)}
        declared = {**found, SEED.name: SEED}.values()
    return {
        "name": name,
        "about": (algorithm.__doc__ or "").strip().partition("\n")[0][:200],
        "parameters": None if declared is None else [_parameter(each) for each in declared],
        "values": dict(values),
    }


def _parameter(each: Parameter) -> dict[str, Any]:
    return {
        "name": each.name,
        "default": each.default,
        "about": f"{each.help} {each.range[:1].upper()}{each.range[1:]}.",
        "choices": list(each.choices),
    }


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))
