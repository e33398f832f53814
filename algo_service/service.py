"""Serves one algorithm over ZeroRPC until a signal ends it."""

from __future__ import annotations

import gc
import logging
import os
import secrets
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gevent
import gevent.event

from algo_service.engine.engine import Engine
from algo_service.errors import AlgoServiceError, WarmUpError
from algo_service.journal.open import journal_file, open_store
from algo_service.journal.store import DecisionStore
from algo_service.loader import absolute, load
from algo_service.names import objection
from algo_service.parameters import merge
from algo_service.rpc.methods import ServiceMethods
from algo_service.rpc.server import Server
from market_data.feeds.options import ReadOptions

if TYPE_CHECKING:
    from algo_service.discovery.announcement import Announcement
    from algo_service.discovery.announcer import Announcer

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
    ready: Callable[[Engine, Path | None], None],
    *,
    accept_incomplete: bool = False,
    keep_inputs: bool = True,
    warm_up: tuple[Sequence[str], ReadOptions] | None = None,
    announce: Announcement | None = None,
) -> None:
    """Serve the algorithm that `spec` names at `address` until SIGINT or SIGTERM.

    :param name: its name on the wire; by default the built-in's or the class' name.
    :param overrides: parameters that win over those given to `initialize`.
    :param journal: as `journal.open` takes it; without one the state is in memory.
    :param ready: called once the service listens, with the journal's file.
    :param accept_incomplete: continue with a journal that was copied without its -wal file.
    :param keep_inputs: keep in the journal what the decisions were made from.
    :param warm_up: sources of the history that the algorithm is given before its first quote, and
        how they are read.
    :param announce: where the service is announced; by default it is not.
    :raises AlgoServiceError: if the algorithm, a parameter, the journal, the history or the address
        is not valid.
    """
    signalled = gevent.event.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        gevent.signal_handler(number, signalled.set)

    own_name = ""

    def create() -> tuple[Engine, DecisionStore]:
        nonlocal own_name
        own_name, algorithm = load(spec)
        algo = name or own_name
        if announce and (reason := objection(algo)):
            raise AlgoServiceError(f'"{algo}" cannot be announced: {reason}; give another --name')
        seed = secrets.randbelow(2**32)
        # a wrong parameter of the service's own is found now, not at the first initialize
        merge(getattr(algorithm, "PARAMETERS", None), overrides, seed=seed)
        history = None
        if warm_up:  # what reads files is not needed otherwise
            from algo_service.history import FeedHistory

            history = FeedHistory(*warm_up, signalled.is_set)
        store = open_store(
            journal, algo, accept_incomplete=accept_incomplete, keep_inputs=keep_inputs
        )
        # Readers ignore a snapshot whose seq is lower than the last one's: a service that has lost
        # its count has to start from above all that it counted before.
        first_seq = 0 if store.is_durable else time.time_ns() // 1000
        engine = Engine(algorithm, algo, overrides, seed, store, first_seq, history)
        store.note_start(absolute(spec))
        if history and not engine.has_begun:
            history.check()  # a mistake in it is known now, not at the first initialize
        return engine, store

    try:
        methods = ServiceMethods(create)
    except WarmUpError:
        if signalled.is_set():
            return
        raise
    server = Server(methods.by_name(), methods.engine.name)
    server.bind(address)
    gc.collect()
    gc.freeze()  # modules and classes stay: the collector need not examine them
    gc.set_threshold(COLLECT_AFTER)
    ready(methods.engine, None if journal is None else journal_file(journal, methods.engine.name))
    serving = gevent.spawn(server.run)
    announcer = _announcer(announce, methods, own_name) if announce else None
    gevent.wait([signalled, serving], count=1)
    if signalled.is_set():
        log.info("ending")
        server.stop()
        if announcer:
            announcer.end()
        is_drained = methods.drain(GRACE)
        if announcer:
            announcer.join()
        if not is_drained:
            # A thread cannot be ended from outside, and the operator wants the process to end.
            log.warning("the event under way did not end within %g s: leaving it", GRACE)
            logging.shutdown()
            os._exit(1)
    serving.get()
    server.close()
    methods.close()


def _announcer(announce: Announcement, methods: ServiceMethods, algorithm: str) -> Announcer:
    from algo_service.discovery.announcer import Announcer  # it imports a client of MQTT

    engine = methods.engine
    announcer = Announcer(announce.access, engine.name, algorithm, announce.address)
    methods.on_initialized = lambda channels: announcer.update(channels, engine.parameters)
    announcer.start(engine.parameters_to_come)
    return announcer
