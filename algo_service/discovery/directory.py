"""What a broker retains of algorithms, and which of the bridges that claim them live."""

from __future__ import annotations

import json
import secrets
import time
from typing import NamedTuple

from paho.mqtt.client import MQTTMessage
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from algo_service.discovery.record import AlgoRecord, RecordError, read_record
from algo_service.discovery.withdrawn import is_withdrawn
from algo_service.errors import OperatorError
from algo_service.watch.messages import Snapshot, UnreadableError, clean, read
from market_data.mqtt.access import BrokerAccess
from market_data.mqtt.connection import SLICE, Connection
from market_data.mqtt.link import VERSIONS
from market_data.mqtt.short_lived import connect_until
from market_data.mqtt.topic_level import name_of_level, topic_level
from market_data.stopping import Stop

PATIENCE = 10.0
"""Seconds within which the broker has to be reached, and to confirm what is published."""

MAX_ALGORITHMS = 1_000
"""A broker may retain any number."""

# MQTT has no end of what is retained: after so many seconds without a message it has all come.
_QUIET = 0.5
_MAX_PID = 2**31 - 1


class Claim(NamedTuple):
    """The bridge that serves an algorithm, or served it when it was killed."""

    host: str
    pid: int

    def __str__(self) -> str:
        return f"{self.host}, process {self.pid}"


class Directory:
    """What is known of the algorithms at one broker, each by its name.

    One thread calls `read` first, then `ask` and `publish`, and `close` last. They raise
    OperatorError if the broker is lost, BrokerRefusedError if it refuses, and Interrupted if `stop`
    is requested.
    """

    def __init__(self, access: BrokerAccess, stop: Stop):
        self.records: dict[str, AlgoRecord] = {}
        self.claims: dict[str, Claim] = {}
        self.snapshots: dict[str, Snapshot] = {}
        self.answered: set[str] = set()
        """Those whose bridge has published its claim since `read`."""
        self.is_denied = False
        """Whether the broker does not let us ask the bridges, as a secured one does to viewers."""
        self.ignored: list[str] = []
        """What is not a record, and why, as sentences."""
        self._access = access
        self._stop = stop
        self._connection: Connection | None = None
        self._last_message = 0.0
        self._codes: dict[int, ReasonCode] = {}

    @property
    def names(self) -> set[str]:
        """The names of all of them."""
        return self.records.keys() | self.claims.keys() | self.snapshots.keys()

    def read(self) -> None:
        """Connect, and read what is retained."""
        deadline = time.monotonic() + PATIENCE
        try:
            self._connection = connect_until(
                self._access.address, deadline, self._connect, [*VERSIONS], self._stop
            )
        except OSError as error:
            raise OperatorError(
                f"the broker at {self._access.address} is unavailable ({error})"
            ) from error
        self._last_message = time.monotonic()
        while time.monotonic() < min(self._last_message + _QUIET, deadline):
            self.turn()

    def ask(self, names: set[str], seconds: float) -> None:
        """Ask the bridges that claim these algorithms whether they live, and wait for answers.

        :param seconds: how long they have.
        """
        question = json.dumps({"asks": secrets.token_hex(8)})
        mids = {self._send("bridges", name, question, retain=False) for name in names}
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.claims.keys() & names - self.answered:
            self.turn()
            codes = [code for mid, code in self._codes.items() if mid in mids]
            if any(code.is_failure for code in codes):
                self.is_denied = True
                return

    def publish(self, kind: str, name: str) -> None:
        """Empty what is retained of an algorithm, and await the broker's confirmation.

        :param kind: the first level of the topic.
        """
        mid = self._send(kind, name, "", retain=True)
        deadline = time.monotonic() + PATIENCE
        while mid not in self._codes:
            self.turn()
            if time.monotonic() > deadline:
                raise OperatorError(
                    f"the broker at {self._access.address} has not confirmed that {kind}/{name} is"
                    " removed"
                )
        code = self._codes[mid]
        if code.is_failure:
            raise OperatorError(
                f"the broker at {self._access.address} refused to remove {kind}/{name}: {code}"
            )

    def turn(self) -> None:
        """Receive for a moment."""
        self._stop.check()
        assert self._connection is not None
        self._connection.turn(SLICE)
        if not self._connection.alive:
            raise OperatorError(
                f"the broker at {self._access.address} was lost"
                f" ({self._connection.lost_because}): ask again"
            )

    def close(self) -> None:
        """Disconnect from the broker."""
        if self._connection:
            self._connection.close()

    def _connect(self, version: MQTTProtocolVersion) -> Connection:
        return Connection(
            self._access,
            version,
            name="algos",
            on_confirmed=self._codes.__setitem__,
            filters=[f"{self._access.prefix}{kind}/+" for kind in _KINDS],
            on_message=self._take,
        )

    def _send(self, kind: str, name: str, payload: str, *, retain: bool) -> int | None:
        assert self._connection is not None
        topic = f"{self._access.prefix}{kind}/{topic_level(name)}"
        return self._connection.send(topic, payload, retain=retain)

    def _take(self, message: MQTTMessage) -> None:
        self._last_message = time.monotonic()
        kind, _, level = message.topic.removeprefix(self._access.prefix).partition("/")
        name = name_of_level(level) or level
        if name not in self.names and len(self.names) >= MAX_ALGORITHMS:
            return
        payload = bytes(message.payload)
        if kind == "algos":
            self._take_record(name, payload)
        elif kind == "bridges":
            self._take_claim(name, payload, is_retained=message.retain)
        else:
            self._take_snapshot(name, payload)

    def _take_record(self, name: str, payload: bytes) -> None:
        if not payload:
            self.records.pop(name, None)
            return
        try:
            record = read_record(payload)
            if record.name != name:
                raise RecordError(f'"name" is "{record.name}"')
        except RecordError as error:
            if len(self.ignored) < MAX_ALGORITHMS:
                topic = f"algos/{clean(name, 80)}"
                self.ignored.append(f"ignored what is announced on {topic}: {error}")
        else:
            self.records[name] = record

    def _take_claim(self, name: str, payload: bytes, *, is_retained: bool) -> None:
        if is_withdrawn(payload):
            self.claims.pop(name, None)
        elif claim := _claim(payload):
            self.claims[name] = claim
            if not is_retained:
                self.answered.add(name)

    def _take_snapshot(self, name: str, payload: bytes) -> None:
        if not payload:
            self.snapshots.pop(name, None)
            return
        try:
            (snapshot,) = read("portfolios", payload)
        except UnreadableError:
            return
        assert isinstance(snapshot, Snapshot)
        self.snapshots[name] = snapshot


_KINDS = ("algos", "bridges", "portfolios")


def _claim(payload: bytes) -> Claim | None:
    """Return the claim that a payload holds; None if it is a question, or broken."""
    try:
        fields = json.loads(payload)
        host, pid = fields["host"], fields["pid"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    if (
        isinstance(host, str)
        and type(pid) in (int, float)
        and 0 <= pid <= _MAX_PID
        and pid % 1 == 0
    ):
        return Claim(clean(host, 80), int(pid))
    return None
