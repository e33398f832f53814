"""What is exposed over ZeroRPC: the engine, in one worker thread of its own.

The hub's thread answers heartbeats while an event runs; nothing is monkey-patched. Algorithm and
engine are created, used and closed in the worker, so that neither has to know of threads.
"""

from __future__ import annotations

import itertools
import json
import logging
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from algo_service.decisions import Decision, Failure, Kind
from algo_service.errors import InitializeError
from algo_service.journal.sqlite import SqliteStore
from algo_service.journal.store import CallTimes
from algo_service.metrics.calls import Calls
from algo_service.queries.past import Past
from algo_service.rpc.exposed import exposed
from algo_service.rpc.hand_over import HandOverMethods
from algo_service.rpc.times import SEQ, WithTimes, call_times, confirmed_of
from algo_service.rpc.worker import Worker
from algo_service.served import ServedAlgorithm
from algo_service.trace.reading import trace_of

log = logging.getLogger(__name__)

KINDS: tuple[Kind, ...] = ("quote", "data", "command")
"""The kinds of input that `events` takes."""

PAGE = 1000
"""The maximum number of entries that `orders_since` returns."""


class EventError(Exception):
    """Raised to the caller of `event`, as a class with the name of the algorithm's exception."""


class ServiceMethods:
    """The methods of the contract (contracts/README.md), callable from gevent's hub.

    Those of a swap are in `hand_over`. `worker` is the thread that decides.

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
        self.worker = Worker(note)
        self._reader = Worker()  # the other one goes on deciding meanwhile
        self.served = self.worker.call(make)
        self.on_initialized: Callable[[list[str]], None] = lambda _channels: None
        """Called in the hub's thread with the channels that `initialize` is about to return."""
        self._past = Past(self.served, self.worker.call, data)
        self.hand_over = HandOverMethods(self.served, self.worker, self._unread)
        self._reported = ""
        # As the bridge does for a quote without an id; new at every start.
        start = secrets.token_hex(6)
        self._ids = (f"~{start}-{n}" for n in itertools.count())

    def by_name(self) -> dict[str, Callable[..., Any]]:
        """Return what the server exposes, by name."""
        methods: dict[str, Callable[..., Any]] = {
            "initialize": self.initialize,
            "event": self.event,
            "events": WithTimes(self.events, self._events_with_times),
            "inputs": self.inputs,
            "snapshot": self.snapshot,
            "query": self.query,
            **self.hand_over.by_name(),
        }
        if self.served.file is not None:
            methods["orders_since"] = self.orders_since
            methods["confirmed"] = self.confirmed
            methods["trace"] = self.trace
        return methods

    @exposed
    def initialize(self, params: dict[str, Any]) -> list[str]:
        """Prepare the algorithm with a map of parameters; returns the channels that it wants."""
        try:
            channels = self.worker.call(self._initialize, params)
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
        decided = self.worker.call(self._decide, inputs, times, time.time())
        self.hand_over.end_trial()
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
        self.worker.call(lambda: cast(SqliteStore, self.served.store).keep_confirmed(pairs))

    @exposed
    def inputs(self) -> list[str]:
        """Return the kinds of input that `events` takes."""
        return list(KINDS)

    @exposed
    def snapshot(self) -> dict[str, Any]:
        """Return the portfolio, the algorithm's name and parameters, the last quote id and seq."""
        return self.worker.call(self.served.snapshot)

    @exposed
    def query(self, question: dict[str, Any]) -> dict[str, str]:
        """Answer a question about the past; returns its `result` as JSON text, or an `error`."""
        return self._past.query(question)

    @exposed
    def orders_since(self, seconds: float, after: int = 0) -> list[dict[str, Any]]:
        """Return the outputs from `seconds` before the latest confirmed decision on, by pages.

        Each entry is as `events` has it, with its seq; the next page is that `after` the last seq.
        """
        outputs = self.worker.call(lambda: self.served.store.outputs_since(seconds, after, PAGE))
        return [{"seq": seq, **decision} for seq, decision in outputs]

    @exposed
    def trace(self, name: str) -> list[dict[str, Any]]:
        """Return what became of the inputs with this id: one for each channel that has it."""
        _ = self.served.store  # a standby is refused
        assert self.served.file is not None
        return self._reader.call(trace_of, self.served.file, name)

    @contextmanager
    def _unread(self) -> Iterator[None]:
        # SQLite removes the -wal only if nobody reads the journal when it is closed
        with self._past.left_alone():
            self._reader.join()
            yield

    def close(self) -> None:
        """Close the store; the calls under way have to be decided."""
        self._reader.join()
        self._past.end()
        self.worker.call(self.served.close)
