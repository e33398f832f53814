"""Keeps a connection to a broker: awaits it, and again whenever it is lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from paho.mqtt.enums import MQTTProtocolVersion

from market_data.errors import FeedError
from market_data.mqtt.address import BrokerAddress
from market_data.mqtt.connection import Connection, VersionRefusedError
from market_data.stopping import Stop

# Seconds between attempts to reach a broker: doubled from the first to the last.
FIRST_DELAY = 0.1
LAST_DELAY = 5.0
# That the broker is away is told after this many seconds: when everything is started or ended at
# once the broker may begin last and end first.
_QUIET = 0.5


class _Loss(NamedTuple):
    reason: str
    tell_at: float


class Link:
    """Makes connections until one is accepted, ever less often, and tells of it.

    `notify` gets a sentence when the broker goes or comes back.

    :param make: makes a connection that speaks this version of MQTT.
    :param last_delay: the longest pause between two attempts, in seconds.
    """

    def __init__(
        self,
        address: BrokerAddress,
        stop: Stop,
        notify: Callable[[str], None],
        make: Callable[[MQTTProtocolVersion], Connection],
        clock: Callable[[], float] = time.monotonic,
        last_delay: float = LAST_DELAY,
    ):
        self._address = address
        self._stop = stop
        self._notify = notify
        self._make = make
        self._clock = clock
        self._last_delay = last_delay
        self._versions = [MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311]
        self._connected_before = False
        self._delay = 0.0
        self._loss: _Loss | None = None

    def connect(self) -> Connection:
        """Await the broker and return a connection that it has accepted.

        BrokerRefusedError where it will never take this client, BrokerOptionError where a file of
        TLS is of no use, both at the first connection only. Interrupted when asked to stop.
        """
        away_since, told = self._clock(), False
        while True:
            self._tell_loss(self._clock())
            with self._stop.interruptible():
                time.sleep(self._delay)
            # forgotten when the connection proves to be of use: a broker that takes it and then
            # ends it is not asked again at once either
            self._delay = min(max(2 * self._delay, FIRST_DELAY), self._last_delay)
            try:
                connection = self._attempt()
            except (OSError, FeedError) as error:
                if isinstance(error, FeedError) and not self._connected_before:
                    raise
                is_long = self._clock() >= away_since + _QUIET
                if is_long and not told and not self._connected_before:
                    reason = getattr(error, "strerror", None) or str(error)
                    self._notify(f"waiting for the broker at {self._address}: {reason}")
                    told = True
            else:
                break
        if self._connected_before:
            self._tell_loss()
            self._notify(f"the broker at {self._address} is back")
        elif told:
            self._notify(f"connected to the broker at {self._address}")
        self._connected_before = True
        return connection

    def lost(self, reason: str) -> None:
        """Take note that the connection is lost; it is told when it lasts."""
        self._loss = _Loss(reason, self._clock() + _QUIET)

    def is_of_use(self) -> None:
        """Take note that the broker answers: after a loss it is asked again at once."""
        self._delay = 0.0

    def _tell_loss(self, now: float | None = None) -> None:
        if self._loss and (now is None or now >= self._loss.tell_at):
            reason = self._loss.reason
            self._loss = None
            self._notify(f"lost the broker at {self._address} ({reason}), waiting for it")

    def _attempt(self) -> Connection:
        for version in self._versions:
            connection = self._make(version)
            try:
                connection.open(self._stop)
            except VersionRefusedError as error:
                refusal = error
            else:
                # the one that worked goes first at the next connection
                self._versions.sort(key=lambda other: other != version)
                return connection
        raise refusal
