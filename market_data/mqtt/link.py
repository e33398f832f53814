"""Keeps a connection to a broker: connects, and connects again after each loss."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from paho.mqtt.enums import MQTTProtocolVersion

from market_data.errors import BrokerRefusedError, ClientIdTakenError, FeedError
from market_data.mqtt.address import BrokerAddress
from market_data.mqtt.backoff import MAX_DELAY, Backoff
from market_data.mqtt.connection import Connection, VersionRefusedError
from market_data.stopping import Stop

_QUIET = 0.5
"""Seconds after which an unavailable broker is reported: when all parts are started or ended at
once, the broker may start last and end first."""

MAX_TAKEOVERS = 5
"""How often another client may take our client id in a row, until it makes no sense to go on: the
two would disconnect one another for ever."""

_LASTING = 60.0
"""Seconds that a connection has to last for such a row to end."""

_TAKEN_DELAY = 0.25
"""Seconds before the next attempt, doubled with each takeover in a row."""


VERSIONS = (MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311)
"""The newest first."""


class _Loss(NamedTuple):
    reason: str
    report_at: float


class Link:
    """Connects, and connects again after a loss, with longer and longer delays.

    The caller calls `connect` until it has a connection, and then `is_of_use` whenever the broker
    answers, and `lost` once when the connection ends. All calls come on one thread.

    :param notify: called with a sentence when the broker becomes unavailable or available.
    :param make: makes a connection with this version of MQTT.
    :param last_delay: the longest delay between two attempts, in seconds.
    :ivar reconnects: the number of connections after the first one. Any thread may read it.
    :ivar fault: why there is no connection, half a sentence; empty while there is one. Likewise.
    """

    def __init__(
        self,
        address: BrokerAddress,
        stop: Stop,
        notify: Callable[[str], None],
        make: Callable[[MQTTProtocolVersion], Connection],
        clock: Callable[[], float] = time.monotonic,
        last_delay: float = MAX_DELAY,
    ):
        self.reconnects = 0
        self.fault = "it has not answered yet"
        self._address = address
        self._stop = stop
        self._notify = notify
        self._make = make
        self._clock = clock
        self._versions = [*VERSIONS]
        self._connected_before = False
        self._backoff = Backoff(last_delay)
        self._loss: _Loss | None = None
        self._takeovers = 0  # in a row
        self._connected_at = 0.0

    def connect(self) -> Connection:
        """Wait for the broker and return a connection that it has accepted.

        :raises BrokerRefusedError: if it never accepts this client; at the first connection only.
        :raises BrokerOptionError: if a TLS file cannot be used; at the first connection only.
        :raises Interrupted: if `stop` is requested.
        """
        unavailable_since, reported, refusal = self._clock(), False, ""
        while True:
            self._report_loss(self._clock())
            with self._stop.interruptible():
                time.sleep(max(self._backoff.delay, self._taken_delay))
            # reset when the broker answers a message: a broker that accepts the connection and
            # then closes it gets no attempt at once either
            self._backoff.grow()
            try:
                connection = attempt(self._make, self._versions, self._stop)
            except (OSError, FeedError) as error:
                if isinstance(error, FeedError) and not self._connected_before:
                    raise
                self.fault = _fault_of(error)
                if isinstance(error, FeedError) and str(error) != refusal:
                    refusal = str(error)
                    self._report_loss()
                    self._notify(f"{refusal}; trying again")
                is_long = self._clock() >= unavailable_since + _QUIET
                if is_long and not reported and not self._connected_before:
                    self._notify(f"waiting for the broker at {self._address}: {self.fault}")
                    reported = True
            else:
                break
        self.fault = ""
        if self._connected_before:
            self.reconnects += 1
            self._report_loss()
            self._notify(f"the broker at {self._address} is back")
        elif reported:
            self._notify(f"connected to the broker at {self._address}")
        self._connected_before = True
        self._connected_at = self._clock()
        return connection

    def missing(self) -> list[str]:
        """Return a sentence if there is no connection; any thread may ask."""
        if not (fault := self.fault):
            return []
        return [f"the broker at {self._address} is unavailable: {fault}"]

    def lost(self, reason: str, *, is_taken_over: bool = False) -> None:
        """Record that the connection is lost; it is reported if the loss lasts.

        :param is_taken_over: whether the broker has said that another client has our id.
        :raises ClientIdTakenError: if that goes on.
        """
        self.fault = reason
        now = self._clock()
        if not is_taken_over or now > self._connected_at + _LASTING:
            self._takeovers = 0
        if is_taken_over:
            self._takeovers += 1
            if self._takeovers >= MAX_TAKEOVERS:
                taken, self._takeovers = self._takeovers, 0
                raise ClientIdTakenError(str(self._address), taken)
            self._notify(
                f"another client has taken our client id at the broker at {self._address}; trying"
                f" again in {self._taken_delay:g} s"
            )
        self._loss = _Loss(reason, now + _QUIET)

    @property
    def _taken_delay(self) -> float:
        return _TAKEN_DELAY * 2 ** (self._takeovers - 1) if self._takeovers else 0.0

    def is_of_use(self) -> None:
        """Record that the broker answers: after a loss the next attempt comes at once."""
        self._backoff.reset()

    def _report_loss(self, now: float | None = None) -> None:
        if self._loss and (now is None or now >= self._loss.report_at):
            reason = self._loss.reason
            self._loss = None
            self._notify(f"lost the broker at {self._address} ({reason}), waiting for it")


def _fault_of(error: OSError | FeedError) -> str:
    if isinstance(error, BrokerRefusedError):
        return error.fault
    return getattr(error, "strerror", None) or str(error)


def attempt(
    make: Callable[[MQTTProtocolVersion], Connection],
    versions: list[MQTTProtocolVersion],
    stop: Stop,
) -> Connection:
    """Open a connection with the first of these versions that the broker takes; it goes first then.

    :raises OSError: if the broker is unavailable, or takes none of them.
    :raises BrokerRefusedError: if waiting cannot help.
    :raises BrokerOptionError: if a TLS file cannot be used.
    :raises Interrupted: if `stop` is requested.
    """
    for version in versions:
        connection = make(version)
        try:
            connection.open(stop)
        except VersionRefusedError as error:
            refusal = error
        else:
            versions.sort(key=lambda other: other != version)
            return connection
    raise refusal
