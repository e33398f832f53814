"""Retains the record of a service at a broker and publishes its stats, in a thread of its own."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from paho.mqtt.client import MQTTMessage
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from algo_service.discovery.record import (
    CONTRACT,
    MAX_ALGORITHM_CHARACTERS,
    AlgoRecord,
    RecordError,
    State,
    read_record,
)
from market_data.errors import ClientIdTakenError, FeedError
from market_data.mqtt.access import BrokerAccess
from market_data.mqtt.broadcast import Broadcast
from market_data.mqtt.connection import SLICE, Connection
from market_data.mqtt.link import Link
from market_data.mqtt.topic_level import topic_level
from market_data.stopping import Interrupted, Stop
from telemetry.part import Part
from telemetry.stats import INTERVAL, stats_message

log = logging.getLogger(__name__)

GRACE = 2.0
"""Seconds that the broker may take to confirm the last record."""

_MAX_DELAY = 1.0
"""Seconds between two attempts to reach the broker: bridges wait for the record."""

_REFUSED_DELAY = 5.0
"""Seconds until the next attempt, where the broker will not take this client."""

_TAKEN_DELAY = 300.0
"""Seconds until the next attempt, where another client takes our client id again and again."""

_PAUSE = 1.0
"""Seconds between two records that answer what others write to the topic: somebody who writes there
again and again makes this service no busier than that."""


class _End(Stop):
    """A request of another thread, which is seen at the next check."""

    def request(self) -> None:
        self._requested = True


class Announcer:
    """One service, as it is announced.

    The service's main thread calls `start` once it listens, `update` after each `initialize`, `end`
    (or `hand_on`, where another service takes its place) and then `join`. None of them waits for
    the broker, except `join`, and no fault of the broker, or of what others publish, reaches the
    service: it is logged.

    :param name: the algorithm's name on the wire.
    :param algorithm: what runs: the name of a built-in algorithm or of a class.
    :param address: where others reach the service.
    :param part: the service, whose stats are published as long as there is a connection.
    """

    def __init__(
        self,
        access: BrokerAccess,
        name: str,
        algorithm: str,
        address: str,
        part: Part,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ):
        self._access = access
        self._now = now
        self._topic = f"{access.prefix}algos/{topic_level(name)}"
        self._stats = Broadcast(
            f"{access.prefix}stats/{topic_level(str(part))}", lambda: stats_message(part), INTERVAL
        )
        self._record = AlgoRecord(
            name,
            "online",
            algorithm[:MAX_ALGORITHM_CHARACTERS],
            CONTRACT,
            address,
            None,
            {},
            self._time(),
            secrets.token_hex(8),
        )
        self._end = _End()
        self.link = Link(
            access.address, self._end, self._notice, self._connection, last_delay=_MAX_DELAY
        )
        """The connection; any thread may read what it tells of itself."""
        self._thread = threading.Thread(target=self._run, name="announcer", daemon=True)
        self._is_connected = False
        # of the present connection
        self._sent: AlgoRecord | None = None
        self._sent_payload = ""
        self._mid: int | None = None
        self._is_overwritten = False
        self._is_displaced = False
        # of all
        self._is_announced = False
        self._is_handed_on = False
        self._is_forgotten = False
        self._next_answer = 0.0
        self._to_report = self._reported = ""
        self._next_report = 0.0

    def start(self, parameters: dict[str, object]) -> None:
        """Begin to announce the service.

        :param parameters: those that are known before `initialize`.
        """
        self._record = self._record._replace(parameters=parameters)
        self._thread.start()

    def update(self, channels: list[str], parameters: dict[str, object]) -> None:
        """Announce what `initialize` has led to."""
        self._record = self._record._replace(channels=channels, parameters=parameters)

    def end(self) -> None:
        """Ask for the end: the state becomes `offline`, if there is a connection."""
        self._end.request()

    def hand_on(self) -> None:
        """End, and leave the record as it is: another service is about to be announced there."""
        self._is_handed_on = True
        self._end.request()

    def join(self) -> None:
        """Wait until the broker has confirmed that, but for at most GRACE."""
        if self._is_connected:
            self._thread.join(GRACE)

    def _run(self) -> None:
        try:
            while not self._is_forgotten:
                connection = self._connect()
                self._is_connected = True
                try:
                    self._keep(connection)
                except ClientIdTakenError as error:
                    self._give_up(error, _TAKEN_DELAY)
        except Interrupted:
            pass  # the end, while there was no connection

    def _connect(self) -> Connection:
        while True:
            try:
                return self.link.connect()
            except FeedError as error:
                self._give_up(error, _REFUSED_DELAY)

    def _give_up(self, error: FeedError, delay: float) -> None:
        """Report why there is no connection, and wait with the next attempt."""
        self._report(f"announcing {self._record.name}: {error}")
        self._log()
        deadline = time.monotonic() + delay
        while time.monotonic() < deadline:
            self._end.check()
            time.sleep(SLICE)

    def _connection(self, version: MQTTProtocolVersion) -> Connection:
        return Connection(
            self._access,
            version,
            name="algo-service",
            on_confirmed=self._confirmed,
            filters=[self._topic],
            on_message=self._take,
            will=(self._topic, self._in_state("lost").payload()),
        )

    def _keep(self, connection: Connection) -> None:
        """Publish the record whenever that is due, until the connection ends."""
        self._sent, self._sent_payload = None, ""
        self._is_overwritten = self._is_displaced = False
        try:
            while connection.alive and not self._is_forgotten:
                self._end.check()
                self._log()
                if self._is_due():
                    self._publish(connection)
                self._stats.turn(connection)
                connection.turn(SLICE)
        except Interrupted:
            self._leave(connection)
            raise
        if self._is_forgotten:
            connection.close()
            self.link.lost("it was forgotten")
        else:
            self._is_connected = False
            self.link.lost(connection.lost_because, is_taken_over=connection.is_taken_over)

    def _is_due(self) -> bool:
        if self._is_displaced:
            return False
        return self._record is not self._sent or (
            self._is_overwritten and time.monotonic() >= self._next_answer
        )

    def _publish(self, connection: Connection) -> None:
        self._sent = self._record
        payload = self._sent.payload()
        if self._is_overwritten:
            self._next_answer = time.monotonic() + _PAUSE
        elif payload == self._sent_payload:
            return  # initialize was called again, and led to the same
        self._is_overwritten = False
        self._sent_payload = payload
        self._mid = connection.send(self._topic, payload, retain=True)

    def _leave(self, connection: Connection) -> None:
        """Publish that the service has ended, and disconnect, so that there is no will."""
        if not (self._is_displaced or self._is_handed_on):
            self._mid = connection.send(
                self._topic, self._in_state("offline").payload(), retain=True
            )
            deadline = time.monotonic() + GRACE
            while connection.alive and self._mid is not None and time.monotonic() < deadline:
                connection.turn(SLICE)
        connection.close()

    def _in_state(self, state: State) -> AlgoRecord:
        return self._record._replace(state=state, since=self._time())

    def _time(self) -> str:
        text = self._now().astimezone(UTC).isoformat(timespec="milliseconds")
        return text.replace("+00:00", "Z")

    def _confirmed(self, mid: int, code: ReasonCode) -> None:
        self.link.is_of_use()
        if code.is_failure:
            broker = self._access.address
            self._report(f"the broker at {broker} refused the record on {self._topic}: {code}")
        elif not self._is_announced:
            self._is_announced = True
            broker, name, address = self._access.address, self._record.name, self._record.address
            log.info("announced at %s: %s is reached at %s", broker, name, address)
        if mid == self._mid:
            self._mid = None

    def _take(self, message: MQTTMessage) -> None:
        self.link.is_of_use()
        if message.retain:
            return  # of before this connection, whose first record replaces it
        if not message.payload:
            self._forget()
            return
        try:
            record = read_record(bytes(message.payload))
            if record.name != self._record.name:
                raise RecordError(f'"name" is "{record.name}"')
        except RecordError as error:
            self._is_overwritten = True
            self._report(f"what others wrote to {self._topic} is replaced: {error}")
            return
        if record.state != "online":
            self._is_overwritten = True
            self._is_displaced = False
        elif record.instance != self._record.instance:
            self._is_displaced = True
            own, other = self._record.address, record.address
            self._report(
                f"two services have the name {self._record.name}: one at {own}, and one at {other},"
                " which is announced now; give one of them another --name"
            )

    def _forget(self) -> None:
        self._is_forgotten = True
        log.warning(
            "%s was forgotten: it is announced again when this service is started again",
            self._record.name,
        )

    def _notice(self, sentence: str) -> None:
        log.info("announcing %s: %s", self._record.name, sentence)

    def _report(self, sentence: str) -> None:
        """Have a sentence logged once; of several that come within _PAUSE, the last one."""
        self._to_report = sentence

    def _log(self) -> None:
        now = time.monotonic()
        if self._to_report in ("", self._reported) or now < self._next_report:
            return
        self._reported = self._to_report
        self._next_report = now + _PAUSE
        log.warning("%s", self._reported)
