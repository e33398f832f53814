"""A connection that a command needs for a moment."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from paho.mqtt.enums import MQTTProtocolVersion

from market_data.mqtt.address import BrokerAddress
from market_data.mqtt.connection import Connection
from market_data.mqtt.link import attempt
from market_data.stopping import Stop

log = logging.getLogger(__name__)

_PAUSE = 0.2


def connect_until(
    address: BrokerAddress,
    deadline: float,
    make: Callable[[MQTTProtocolVersion], Connection],
    versions: list[MQTTProtocolVersion],
    stop: Stop,
    clock: Callable[[], float] = time.monotonic,
) -> Connection:
    """Return a connection, as `link.attempt` does; a broker that is unavailable is awaited.

    :param address: of the broker, for the line that says that it is awaited.
    :param deadline: of `clock`; the last attempt begins before it.
    :raises OSError: if the broker is unavailable until then; its text is the reason.
    :raises BrokerRefusedError: if waiting cannot help.
    :raises BrokerOptionError: if a TLS file cannot be used.
    :raises Interrupted: if `stop` is requested.
    """
    is_first = True
    while True:
        try:
            return attempt(make, versions, stop)
        except OSError as error:
            reason = getattr(error, "strerror", None) or str(error)
            if clock() >= deadline:
                raise OSError(reason) from error
            if is_first:
                is_first = False
                log.warning("waiting for the broker at %s: %s", address, reason)
        with stop.interruptible():
            time.sleep(_PAUSE)
