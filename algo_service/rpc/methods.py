"""What is exposed over ZeroRPC: the engine, in one worker thread of its own.

The hub's thread answers heartbeats while an event runs; nothing is monkey-patched. Algorithm and
engine are created, used and closed in the worker, so that neither has to know of threads.
"""

from __future__ import annotations

import inspect
import itertools
import json
import logging
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import gevent
from gevent.threadpool import ThreadPool

from algo_service.decisions import Decision, Failure, Kind
from algo_service.engine.failure import sentence
from algo_service.errors import AlgoServiceError, InitializeError
from algo_service.journal.sqlite import SqliteStore
from algo_service.journal.store import CallTimes
from algo_service.metrics.calls import Calls
from algo_service.queries.past import Past
from algo_service.rpc.times import SEQ, WithTimes, call_times, confirmed_of
from algo_service.served import ServedAlgorithm
from algo_service.trace.reading import trace_of

log = logging.getLogger(__name__)

T = TypeVar("T")

KINDS: tuple[Kind, ...] = ("quote", "data", "command")
"""The kinds of input that `events` takes."""

PAGE = 1000
"""The maximum number of entries that `orders_since` returns."""


class EventError(Exception):
    """Raised to the caller of `event`, as a class with the name of the algorithm's exception."""


def exposed(method: Callable[..., Any]) -> Callable[..., Any]:
    """Describe a method to `zerorpc --inspect`: zerorpc 0.6.3 cannot on Python >= 3.11."""
    spec = inspect.getfullargspec(method)
    described = (spec.args[1:], spec.varargs, spec.varkw, spec.defaults)
    method._zerorpc_args = lambda: described  # type: ignore[attr-defined]
    return method


class ServiceMethods:
    """The methods of the contract (contracts/README.md), callable from gevent's hub.

    :param make: makes what is served; called in the worker thread.
    :param calls: what came of the calls is noted there.
    :param note: called in the worker thread after each call.
    :param data: the folder whose files a backtest may read.
    """

    def __init__(
        self,
        make: Callable[[], ServedAlgorithm],
        calls: Calls,
        note: Callable[[], None] = lambda: None,
        data: Path | None = None,
    ):
        self._calls = calls
        self._note = note
        # One thread, kept as long as the service runs: calls are decided in the order of arrival.
        self._worker = ThreadPool(1)
        self._reader: ThreadPool | None = None
        self.served = self._in_worker(make)
        self.on_initialized: Callable[[list[str]], None] = lambda _channels: None
        """Called in the hub's thread with the channels that `initialize` is about to return."""
        self._past = Past(self.served, self._in_worker, data)
        self._reported = ""
        self.on_opened: Callable[[], None] = lambda: None
        """Called in the hub's thread when `acquire` or `take_back` has had it decide again."""
        self.on_serving: Callable[[], None] = lambda: None
        """Called in the hub's thread after that, once bridges are to find it."""
        self.on_released: Callable[[], None] = lambda: None
        """Called in the hub's thread when `release` or `hand_over` has ended its decisions."""
        # As the bridge does for a quote without an id; new at every start.
        start = secrets.token_hex(6)
        self._ids = (f"~{start}-{n}" for n in itertools.count())
        self._is_on_trial = False

    def by_name(self) -> dict[str, Callable[..., Any]]:
        """Return what the server exposes, by name."""
        methods: dict[str, Callable[..., Any]] = {
            "initialize": self.initialize,
            "event": self.event,
            "events": WithTimes(self.events, self._events_with_times),
            "inputs": self.inputs,
            "snapshot": self.snapshot,
            "query": self.query,
            "journal": self.journal,
            "hand_over": self.hand_over,
            "take_over": self.take_over,
            "take_back": self.take_back,
        }
        if self.served.file is not None:
            methods["orders_since"] = self.orders_since
            methods["confirmed"] = self.confirmed
            methods["trace"] = self.trace
            methods["release"] = self.release
            methods["acquire"] = self.acquire
        return methods

    @exposed
    def initialize(self, params: dict[str, Any]) -> list[str]:
        """Prepare the algorithm with a map of parameters; returns the channels that it wants."""
        try:
            channels = self._in_worker(self._initialize, params)
        except InitializeError as error:
            text = f"{error}\n{error.traceback}"
            if text != self._reported:  # a bridge tries it again and again
                self._reported = text
                log.error("%s", error, extra={"traceback": error.traceback})
            raise
        self.on_initialized(channels)
        return channels

    def _initialize(self, params: dict[str, Any]) -> list[str]:
        self._calls.begin_to_initialize()
        try:
            channels = self.served.engine.initialize(params)
        except BaseException as error:
            self._calls.fail_to_initialize(error)
            raise
        self._calls.initialized()
        return channels

    @exposed
    def event(self, data: dict[str, Any]) -> Any:
        """Decide on one quote; returns the order, or a list of orders, or nil.

        Where the algorithm has published data, it returns a map with both: `orders` and `data`.
        """
        if isinstance(data, dict):
            data.setdefault("channel", "rpc")
            data.setdefault("id", next(self._ids))
        (decision,) = self.events([data])
        if "error" in decision:
            name = decision.get("type", EventError.__name__)
            failure = type(name, (EventError,), {})(decision["error"].removeprefix(f"{name}: "))
            failure.add_note(decision["traceback"])
            raise failure
        orders = [json.loads(order) for order in decision["orders"]]
        if "data" in decision:
            messages = [(each["name"], json.loads(each["text"])) for each in decision["data"]]
            return {
                "orders": orders,
                "data": [{"name": name, "message": message} for name, message in messages],
            }
        return orders if len(orders) > 1 else next(iter(orders), None)

    @exposed
    def events(self, inputs: list[dict[str, Any]]) -> list[Decision | Failure]:
        """Decide on a list of inputs; returns one entry each: orders and fills, or an error."""
        return self._events(inputs, CallTimes())[0]

    def _events_with_times(
        self, inputs: list[dict[str, Any]], times: Any
    ) -> tuple[list[Decision | Failure], dict[str, int]]:
        decisions, seq = self._events(inputs, call_times(times, inputs))
        return decisions, {} if times is None else {SEQ: seq}

    def _events(
        self, inputs: list[dict[str, Any]], times: CallTimes
    ) -> tuple[list[Decision | Failure], int]:
        # what is served is looked up in the worker: a call before this one may have released it
        decided = self._in_worker(self._decide, inputs, times, time.time())
        if self._is_on_trial:
            self._serve()
        return decided

    def _decide(
        self, inputs: list[dict[str, Any]], times: CallTimes, now: float
    ) -> tuple[list[Decision | Failure], int]:
        calls = self._calls
        calls.begin(len(inputs))
        try:
            engine = self.served.engine
            self.served.store.note_call(times)
            decisions = engine.decide(inputs, now)
        except BaseException as error:
            calls.fail(error)
            raise
        calls.succeed(now)
        return decisions, engine.seq

    @exposed
    def confirmed(self, confirmed: list[list[int]]) -> None:
        """Keep when the broker had confirmed the outputs of all decisions up to a seq."""
        pairs = confirmed_of(confirmed)
        self._in_worker(lambda: cast(SqliteStore, self.served.store).keep_confirmed(pairs))

    @exposed
    def inputs(self) -> list[str]:
        """Return the kinds of input that `events` takes."""
        return list(KINDS)

    @exposed
    def snapshot(self) -> dict[str, Any]:
        """Return the portfolio, the algorithm's name and parameters, the last quote id and seq."""
        return self._in_worker(self.served.snapshot)

    @exposed
    def query(self, question: dict[str, Any]) -> dict[str, str]:
        """Answer a question about the past; returns its `result` as JSON text, or an `error`."""
        return self._past.query(question)

    @exposed
    def orders_since(self, seconds: float, after: int = 0) -> list[dict[str, Any]]:
        """Return the outputs from `seconds` before the latest confirmed decision on, by pages.

        Each entry is as `events` has it, with its seq; the next page is that `after` the last seq.
        """
        outputs = self._in_worker(lambda: self.served.store.outputs_since(seconds, after, PAGE))
        return [{"seq": seq, **decision} for seq, decision in outputs]

    @exposed
    def trace(self, name: str) -> list[dict[str, Any]]:
        """Return what became of the inputs with this id: one for each channel that has it."""
        _ = self.served.store  # a standby is refused
        assert self.served.file is not None
        if self._reader is None:
            self._reader = ThreadPool(1)  # the worker goes on deciding meanwhile
        found, error = self._reader.apply(_caught, (trace_of, self.served.file, name))
        if error is not None:
            raise error
        return cast(list[dict[str, Any]], found)

    @exposed
    def journal(self) -> dict[str, Any]:
        """Return which journal this is, its seq and epoch, and what was handed over."""
        return self._in_worker(self.served.standing)

    @exposed
    def release(self) -> dict[str, Any]:
        """Close the journal, and decide nothing until `acquire`; returns what `journal` does."""
        was_open, decided = self.served.is_open, self.served.decides
        with self._past.left_alone():
            self._end_reading()
            standing = self._in_worker(self.served.release)
        self._is_on_trial = False
        if decided:
            self.on_released()
        if was_open:
            log.warning("released the journal %s: standby now", self.served.file)
        return standing

    @exposed
    def acquire(self, epoch: int) -> dict[str, Any]:
        """Open the journal, with an epoch above its own; returns what `journal` does."""
        was_open = self.served.is_open
        standing = self._in_worker(self.served.acquire, epoch)
        if not was_open:
            log.warning("acquired the journal %s, epoch %d", self.served.file, epoch)
            if self.served.decides:
                self.on_opened()
                # of a journal that has not begun it may be the algorithm that an account is handed
                # over to, or not: until then the one before is to be found
                self._is_on_trial = not self.served.engine.has_begun
                if not self._is_on_trial:
                    self.on_serving()
        return standing

    @exposed
    def hand_over(self, epoch: int) -> dict[str, Any]:
        """Decide nothing more; returns the account that another algorithm goes on with."""
        decided = self.served.decides
        account = self._in_worker(self.served.hand_over, epoch)
        if decided:
            self.on_released()
            name, seq = self.served.name, account["seq"]
            log.warning("%s was handed over after decision %s, epoch %d", name, f"{seq:,}", epoch)
            for order in account["cancelled"]:
                log.warning(
                    "%s is cancelled: another algorithm goes on",
                    order["order_id"],
                    extra={"order_id": order["order_id"]},
                )
        return account

    @exposed
    def take_over(self, account: dict[str, Any], epoch: int) -> dict[str, Any]:
        """Go on with an account that was handed over; returns what `journal` does."""
        before = self._in_worker(self.served.standing)["taken_over"]
        standing = self._in_worker(self.served.take_over, account, epoch)
        if before != epoch:
            self._log_taken_over(standing)
        if self._is_on_trial:
            self._serve()
        return standing

    def _serve(self) -> None:
        self._is_on_trial = False
        self.on_serving()

    def _log_taken_over(self, standing: dict[str, Any]) -> None:
        found = self._in_worker(self.served.snapshot)
        held = ", ".join(f"{each['quantity']:g} {sid}" for sid, each in found["positions"].items())
        log.warning(
            "%s goes on after decision %s of the algorithm before, epoch %d, with cash %.2f and %s,"
            " whatever its parameters say",
            self.served.name,
            f"{standing['seq']:,}",
            standing["epoch"],
            found["cash"],
            held or "nothing held",
        )

    @exposed
    def take_back(self, epoch: int) -> dict[str, Any]:
        """Decide again after a hand-over that came to nothing; returns what `journal` does."""
        decided = self.served.decides
        standing = self._in_worker(self.served.take_back, epoch)
        if not decided:
            log.warning("%s was taken back, and decides again, epoch %d", self.served.name, epoch)
            self.on_opened()
            self.on_serving()
        return standing

    def _end_reading(self) -> None:
        # SQLite removes the -wal only if nobody reads the journal when it is closed
        if self._reader is not None:
            self._reader.join()

    def close(self) -> None:
        """Close the store; the calls under way have to be decided."""
        self._end_reading()
        self._past.end()
        self._in_worker(self.served.close)

    def drain(self, patience: float) -> bool:
        """Wait until the calls under way are decided; return whether they were, in time.

        :param patience: seconds.
        """
        with gevent.Timeout(patience, False):
            self._worker.join()
            return True
        return False

    def _in_worker(self, function: Callable[..., T], *args: Any) -> T:
        # gevent would print what a worker's function raises; the caller reports it instead
        value, error = self._worker.apply(self._outcome, (function, *args))
        if error is not None:
            raise error
        return cast(T, value)

    def _outcome(self, function: Callable[..., T], *args: Any) -> tuple[T | None, Exception | None]:
        try:
            return _caught(function, *args)
        finally:
            self._note()


def _caught(function: Callable[..., T], *args: Any) -> tuple[T | None, Exception | None]:
    try:
        return function(*args), None
    except Exception as error:
        return None, error
    except BaseException as error:
        # sys.exit() in an algorithm's initialize must not end the hub
        return None, AlgoServiceError(f"the algorithm raised {sentence(error)}")
