"""Serves one algorithm over ZeroRPC until it is told to end."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import time
from collections.abc import Callable, Mapping
from typing import Any

import gevent
import gevent.event

from algo_service.engine import Engine
from algo_service.host import Host
from algo_service.loader import load
from algo_service.parameters import merge
from algo_service.server import Server

log = logging.getLogger(__name__)

GRACE = 5.0
"""Seconds that an event under way is given to end when the service is told to."""


def serve(
    spec: str,
    address: str,
    name: str | None,
    overrides: Mapping[str, Any],
    ready: Callable[[str, Mapping[str, Any]], None],
) -> None:
    """Serve the algorithm that `spec` names at `address` until SIGINT or SIGTERM.

    :param name: its name on the wire; by default the built-in's or the class' name.
    :param overrides: parameters that win over those given to `initialize`.
    :param ready: called with the name and the parameters once the service listens.
    :raises AlgoServiceError: if the algorithm, a parameter or the address is no good.
    """
    told_to_end = gevent.event.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        gevent.signal_handler(number, told_to_end.set)
    seed = secrets.randbelow(2**32)

    def create_engine() -> Engine:
        own_name, algorithm = load(spec)
        # a wrong parameter of the service's own is found now, not at the first initialize
        merge(getattr(algorithm, "PARAMETERS", None), overrides, seed=seed)
        # Readers ignore a snapshot whose seq is lower than the last: a service that keeps its
        # state in memory begins above whatever it counted before.
        return Engine(algorithm, name or own_name, overrides, seed, time.time_ns() // 1000)

    host = Host(create_engine)
    server = Server(host.methods(), host.name)
    server.bind(address)
    ready(host.name, {"seed": seed, **overrides})
    serving = gevent.spawn(server.run)
    gevent.wait([told_to_end, serving], count=1)
    if told_to_end.is_set():
        log.info("ending")
        server.stop()
        if not host.drain(GRACE):
            # A thread cannot be ended from outside; the operator's word counts for more.
            log.warning("the event under way did not end within %g s: leaving it", GRACE)
            logging.shutdown()
            os._exit(1)
    serving.get()
    server.close()
