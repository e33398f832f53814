"""Publishes a command, and waits for the reply to it.

A connection that is lost meanwhile is made again, and the command is published again: its id says
that it is the same one, which is decided once, and its reply comes again. Where nobody receives it
then, somebody may have the first one all the same: the broker may have lost sessions, or the bridge
may be on its way back. So it is published again until somebody receives it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from paho.mqtt.client import MQTTMessage
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from algo_service.discovery.withdrawn import is_withdrawn
from algo_service.errors import OperatorError
from algo_service.operator.command import LIFETIME, Command
from algo_service.operator.reply import Reply, read_reply
from market_data.mqtt.access import BrokerAccess
from market_data.mqtt.connection import SLICE, Connection
from market_data.mqtt.link import VERSIONS
from market_data.mqtt.short_lived import connect_until
from market_data.mqtt.topic_level import name_of_level, topic_level
from market_data.stopping import Interrupted, Stop
from portfolio.nearest import did_you_mean

PATIENCE = 10.0
"""Seconds within which the broker has to be reached, and to a command without an expiry replied."""

_PAUSE = 0.2
# MQTT 5, 3.4.2.1
_NO_MATCHING_SUBSCRIBERS = 0x10


class Client:
    """One command, and what becomes of it.

    :param clock: seconds that only increase.
    :param now: the time that the command bears.
    """

    def __init__(
        self,
        access: BrokerAccess,
        command: Command,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ):
        self._access = access
        self._command = command
        self._clock = clock
        self._now = now
        level = topic_level(command.algo)
        self._topic = f"{access.prefix}commands/{level}"
        self._replies = f"{access.prefix}replies/{level}"
        self._bridges = f"{access.prefix}bridges/"
        self._payload = ""
        self._code: ReasonCode | None = None
        self._publications = 0
        self._reply: Reply | None = None
        # the algorithms that a bridge serves, or served when it was killed
        self._served: set[str] = set()

    def ask(self, stop: Stop) -> Reply:
        """Publish it and return its reply.

        :raises OperatorError: if it cannot be published, or no reply comes in time.
        :raises FeedError: if the broker will not take this client.
        """
        try:
            return self._ask(stop)
        except Interrupted:
            raise OperatorError(f"ended before a reply came: {self._known()}") from None

    def _ask(self, stop: Stop) -> Reply:
        deadline = self._clock() + PATIENCE
        versions = [*VERSIONS]
        while True:
            try:
                connection = connect_until(
                    self._access.address, deadline, self._connection, versions, stop, self._clock
                )
            except OSError as error:
                raise OperatorError(
                    f"the broker at {self._access.address} is unavailable ({error}):"
                    f" {self._known()}"
                ) from error
            if not self._payload:
                self._payload = self._command.payload(self._now())
                deadline = self._clock() + self._patience
            self._publish(connection)
            try:
                if reply := self._await(connection, deadline, stop):
                    return reply
            finally:
                connection.close()

    def _publish(self, connection: Connection) -> None:
        self._publications += 1
        self._code = None
        connection.send(self._topic, self._payload)

    @property
    def _patience(self) -> float:
        return LIFETIME if self._command.expires else PATIENCE

    def _connection(self, version: MQTTProtocolVersion) -> Connection:
        return Connection(
            self._access,
            version,
            name="command",
            on_confirmed=self._confirmed,
            filters=[self._replies, f"{self._bridges}+"],
            on_message=self._take,
        )

    def _await(self, connection: Connection, deadline: float, stop: Stop) -> Reply | None:
        """Return the reply; None if the connection is lost before it."""
        while connection.alive:
            stop.check()
            connection.turn(SLICE)
            if self._reply:
                return self._reply
            self._check_code()
            if self._clock() >= deadline:
                raise OperatorError(f"no reply within {self._patience:g} s: {self._known()}")
            if self._is_unheard:
                with stop.interruptible():
                    time.sleep(_PAUSE)
                self._publish(connection)
        return None

    def _take(self, message: MQTTMessage) -> None:
        if message.topic.startswith(self._bridges):
            level = message.topic.removeprefix(self._bridges)
            name = name_of_level(level) or level
            is_served = not is_withdrawn(bytes(message.payload))
            (self._served.add if is_served else self._served.discard)(name)
        elif reply := read_reply(bytes(message.payload), self._command.id):
            self._reply = reply

    def _confirmed(self, _mid: int, code: ReasonCode) -> None:
        self._code = code

    @property
    def _is_unheard(self) -> bool:
        """Whether the broker says that nobody receives what was published last."""
        return self._code is not None and self._code.value == _NO_MATCHING_SUBSCRIBERS

    def _check_code(self) -> None:
        if self._code is None:
            return
        verb, algo, broker = self._command.verb, self._command.algo, self._access.address
        if self._code.is_failure:
            raise OperatorError(f"the broker at {broker} refused the {verb}: {self._code}")
        if self._is_unheard and self._publications == 1:
            raise OperatorError(
                f"nobody has the {verb}: no bridge has served {algo} at the broker at {broker}"
                f"{self._hint()}"
            )

    def _hint(self) -> str:
        others = self._served - {self._command.algo}
        prefix = "; topics below a prefix need --prefix"
        return did_you_mean(self._command.algo, others) if others else prefix

    def _known(self) -> str:
        """Say what is known of a command that has no reply."""
        verb, algo = self._command.verb, self._command.algo
        if not self._payload:
            return f"the {verb} was not published"
        if self._code is None:
            return f"the {verb} was published, and the broker has not confirmed it"
        if self._is_unheard:
            return (
                f"the connection to the broker was lost after the {verb} was published, and no"
                f" bridge has come back since: it is not known whether one has the {verb}"
            )
        where = (
            f"replies/{topic_level(algo)} has its reply, with the id {self._command.id}, once it is"
            " decided"
        )
        if self._command.expires:
            return (
                f"the broker has the {verb}; it is refused {LIFETIME:g} s after it was published."
                f" {where}"
            )
        keeps = f"the broker keeps the {verb} for its bridge"
        if algo not in self._served:
            hint = did_you_mean(algo, self._served)
            end = "" if hint.endswith("?") else "."
            keeps = f"no bridge serves {algo} now{hint}{end} If one has served it, {keeps}"
        return f"{keeps}, and it takes effect when bridge and algorithm are back. {where}"
