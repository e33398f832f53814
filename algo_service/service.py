"""Serves one algorithm over ZeroRPC until a signal ends it."""

from __future__ import annotations

import gc
import logging
import os
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gevent
import gevent.event

from algo_service.engine.engine import Engine
from algo_service.errors import AlgoServiceError, WarmUpError
from algo_service.metrics.calls import Calls
from algo_service.metrics.pulse import Pulse
from algo_service.metrics.service import ServiceMetrics
from algo_service.metrics.summary import Summary
from algo_service.names import objection
from algo_service.rpc.methods import ServiceMethods
from algo_service.rpc.server import Server
from algo_service.served import ServedAlgorithm
from market_data.feeds.options import ReadOptions
from telemetry import logs
from telemetry.http import HttpServer
from telemetry.readings import Readings

if TYPE_CHECKING:
    from algo_service.discovery.announcement import Announcement
    from algo_service.discovery.announcer import Announcer
    from algo_service.history import FeedHistory
    from algo_service.rpc.curve.keys import ServerKeys
    from telemetry.options import HttpAddress
    from telemetry.part import Part

log = logging.getLogger(__name__)

GRACE = 5.0
"""Seconds that an event under way may take to end after a signal."""

COLLECT_AFTER = 10_000
"""Objects that the garbage collector lets come before it looks among them.

A batch of 500 quotes and its answer are some 3,000, none of them garbage before the answer is sent;
Python's own 700 has it look through them over and over, a tenth of all the time.
"""


def serve(
    spec: str,
    address: str,
    name: str | None,
    overrides: Mapping[str, Any],
    journal: str | None,
    ready: Callable[[], None],
    opened: Callable[[Engine, Path | None], None],
    *,
    standby: bool = False,
    accept_incomplete: bool = False,
    keep_inputs: bool = True,
    warm_up: tuple[Sequence[str], ReadOptions, Sequence[str]] | None = None,
    announce: Announcement | None = None,
    http: HttpAddress | None = None,
    data_folder: Path | None = None,
    keys: ServerKeys | None = None,
) -> None:
    """Serve the algorithm that `spec` names at `address` until SIGINT or SIGTERM.

    :param name: its name on the wire; by default the built-in's or the class' name.
    :param overrides: parameters that win over those given to `initialize`.
    :param journal: as `journal.open` takes it; without one the state is in memory.
    :param ready: called once the service listens.
    :param opened: called after that, once it continues from its store, with the journal's file;
        of a standby whenever it was given the journal.
    :param standby: leave the journal to another service, until a bridge asks for it.
    :param accept_incomplete: continue with a journal that was copied without its -wal file.
    :param keep_inputs: keep in the journal what the decisions were made from.
    :param warm_up: sources of the history that the algorithm is given before its first quote, how
        they are read, and the channels, as `FeedHistory` takes them.
    :param announce: where the service is announced; by default it is not.
    :param http: where it answers /metrics, /healthz and /readyz; by default nowhere.
    :param data_folder: whose files a backtest that is asked for may read; by default there is none.
    :param keys: with them it is reached by CURVE alone.
    :raises AlgoServiceError: if the algorithm, a parameter, the journal, the history or the address
        is not valid.
    :raises ListenError: if one cannot listen at `http`.
    """
    signalled = gevent.event.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        gevent.signal_handler(number, signalled.set)

    # it would print the lines of a traceback
    gevent.get_hub().print_exception = lambda _greenlet, *error: logs.uncaught(*error)
    calls, pulse = Calls(), Pulse(gevent.sleep)
    gevent.spawn(pulse.run)
    metrics: ServiceMetrics | None = None

    def note() -> None:
        if metrics is not None:
            metrics.note()

    def make() -> ServedAlgorithm:
        nonlocal metrics
        served = ServedAlgorithm(
            spec,
            name,
            overrides,
            journal,
            accept_incomplete=accept_incomplete,
            keep_inputs=keep_inputs,
            history=_history(warm_up, signalled.is_set) if warm_up else None,
        )
        _name_in_logs(served)
        if announce and (reason := objection(served.name)):
            raise AlgoServiceError(
                f'"{served.name}" cannot be announced: {reason}; give another --name'
            )
        metrics = ServiceMetrics(served, calls, pulse.stalled)
        if http:
            HttpServer(metrics.part, http)  # it ends with the process
        if not standby:
            served.open()
        return served

    try:
        methods = ServiceMethods(make, calls, note, data_folder)
    except WarmUpError:
        if signalled.is_set():
            return
        raise
    served = methods.served
    server = Server(methods.by_name(), served.name, keys)
    server.bind(address)
    gc.collect()
    gc.freeze()  # modules and classes stay: the collector need not examine them
    gc.set_threshold(COLLECT_AFTER)
    assert metrics is not None
    announcing = _Announcing(announce, served, metrics.part) if announce else None
    metrics.state = "serving"
    ready()

    def show_opened() -> None:
        opened(served.engine, served.file)

    methods.hand_over.on_opened = show_opened
    if announcing:
        methods.hand_over.on_serving = announcing.begin
        methods.on_initialized = announcing.update
        methods.hand_over.on_released = announcing.hand_on
    if served.decides:
        show_opened()
        methods.hand_over.on_serving()
    elif served.is_open:
        log.warning("%s was handed over to another algorithm, and decides nothing", served.name)
    else:
        log.info("standby of %s: its journal %s is not open", served.name, served.file)
    serving = gevent.spawn(server.run)
    shown = metrics
    summary = Summary(served.tally, lambda: shown.equity)
    gevent.spawn(summary.run, gevent.sleep)
    gevent.wait([signalled, serving], count=1)
    if signalled.is_set():
        metrics.state = "ending"
        log.info("ending")
        server.stop()
        if announcing:
            announcing.end()
        is_drained = methods.worker.drain(GRACE)
        summary.log()
        if announcing:
            announcing.join()
        if not is_drained:
            # A thread cannot be ended from outside, and the operator wants the process to end.
            log.warning("the event under way did not end within %g s: leaving it", GRACE)
            logging.shutdown()
            os._exit(1)
    serving.get()
    server.close()
    methods.close()


def _history(
    warm_up: tuple[Sequence[str], ReadOptions, Sequence[str]], is_ending: Callable[[], bool]
) -> Callable[[], FeedHistory]:
    # what reads files is not needed otherwise
    from algo_service.history import FeedHistory

    return lambda: FeedHistory(*warm_up, is_ending)


def _name_in_logs(served: ServedAlgorithm) -> None:
    """Have each line name the algorithm; and the input, if an event has led to it."""
    worker = threading.get_ident()

    def under_way() -> dict[str, str]:
        of_event = threading.get_ident() == worker and served.decides
        given = served.engine.under_way if of_event else None
        return {f"{given.kind}_id": given.key[1], "channel": given.key[0]} if given else {}

    logs.bind(algo=served.name)
    logs.bind_here(under_way)


class _Announcing:
    """Announces the service while it serves: a standby is not for bridges to find."""

    def __init__(self, announce: Announcement, served: ServedAlgorithm, part: Part):
        self._announce = announce
        self._served = served
        self._part = part
        self._readings: Readings | None = None
        self._announcer: Announcer | None = None
        self._channels: list[str] | None = None

    def begin(self) -> None:
        # they import a client of MQTT
        from algo_service.discovery.announcer import Announcer
        from market_data.mqtt.metrics import add_broker_metrics

        access, address = self._announce
        served = self._served
        self._announcer = Announcer(access, served.name, served.own_name, address, self._part)
        self._readings = Readings(self._part.registry)
        add_broker_metrics(self._readings, self._announcer.link)
        self._announcer.start(served.engine.parameters_to_come)
        if self._channels is not None:
            self.update(self._channels)

    def update(self, channels: list[str]) -> None:
        self._channels = channels
        if self._announcer:
            self._announcer.update(channels, self._served.engine.parameters)

    def hand_on(self) -> None:
        self._channels = None
        if self._announcer:
            self._announcer.hand_on()
        if self._readings:  # a standby has no connection, and needs none
            self._part.registry.unregister(self._readings)
            self._readings = None

    def end(self) -> None:
        if self._announcer:
            self._announcer.end()

    def join(self) -> None:
        if self._announcer:
            self._announcer.join()
