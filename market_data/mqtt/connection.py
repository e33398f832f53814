"""One connection to a broker, from its CONNECT to its loss."""

from __future__ import annotations

import secrets
import ssl
import time
from collections.abc import Callable, Sequence
from typing import Any

from paho.mqtt.client import (
    PUBACK,
    Client,
    ConnectFlags,
    DisconnectFlags,
    MQTTMessage,
    MQTTMessageInfo,
)
from paho.mqtt.enums import CallbackAPIVersion, LogLevel, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from market_data.errors import BrokerRefusedError, UntrustedBrokerError
from market_data.mqtt import tls_fault
from market_data.mqtt.access import BrokerAccess
from market_data.stopping import Stop

WINDOW = 1_000
"""The maximum number of messages without PUBACK, which may arrive twice."""

SLICE = 0.1
"""The longest wait for the network, in seconds: after it, a request to stop is checked."""

_PATIENCE = 10.0
"""The time within which a broker has to answer a CONNECT or a SUBSCRIBE, in seconds."""

SESSION_EXPIRY = 24 * 3600
"""The time for which the broker keeps the session of a client that is away, in seconds: a day, as
for the bridge. A client that never comes back must not leave a queue for ever. It applies to
MQTT 5; in MQTT 3.1.1 the broker decides."""

PUBLISHED = "published"
"""The user property that tells when a message was published (contracts/README.md)."""

# MQTT 5, 3.14.2.1
_SESSION_TAKEN_OVER = 0x8E

# MQTT 5, 3.2.2.2: UNSUPPORTED stands for return code 1 of 3.1.1 as well, HOPELESS for 2, 4 and 5.
_UNSUPPORTED_VERSION = 0x84
_HOPELESS = {0x85, 0x86, 0x87, 0x8A, 0x8C}


class VersionRefusedError(OSError):
    """The broker answered with another version of MQTT, or closed before any answer."""


class Connection:
    """One connection to a broker.

    It has no thread of its own: the caller calls `open` once, then `turn` again and again, on one
    thread. Both call the callbacks; messages leave in the order in which they were sent.

    :param name: the beginning of the client's id.
    :param session: the whole id, after the prefix of all topics. The broker disconnects another
        client with this id, and deletes the session that it keeps for it unless it is persistent.
    :param is_persistent: whether the broker keeps the session while this client is away. Then the
        caller acknowledges each message by `acknowledge`; otherwise that is done as it arrives.
    :param on_confirmed: called with the id and the reason code of each PUBACK.
    :param filters: topic filters to subscribe to at QoS 1, before `open` returns.
    :param on_message: called with each message of `filters`.
    :param will: what the broker publishes if it loses this client: a topic, and a payload that it
        retains.
    :raises BrokerOptionError: if a TLS file cannot be used.
    """

    def __init__(
        self,
        access: BrokerAccess,
        version: MQTTProtocolVersion,
        *,
        name: str = "market-data",
        session: str | None = None,
        is_persistent: bool = False,
        on_confirmed: Callable[[int, ReasonCode], None] = lambda _mid, _reason: None,
        filters: Sequence[str] = (),
        on_message: Callable[[MQTTMessage], None] = lambda _message: None,
        will: tuple[str, str] | None = None,
    ):
        address = access.address
        self.window = WINDOW
        self.alive = False
        self.lost_because = "connection closed"
        self.is_resumed = False
        """Whether the broker has kept the session, and sends again what was not acknowledged."""
        self.is_taken_over = False
        """Whether the broker has said that another client with the same id has connected."""
        self._address = address
        self._filters = filters
        self._answer: ReasonCode | None = None
        self._alert: str | None = None
        self._granted: list[ReasonCode] | None = None
        self._is_version_5 = is_version_5 = version == MQTTProtocolVersion.MQTTv5
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=access.prefix + (session or f"{name}-{secrets.token_hex(4)}"),
            protocol=version,
            reconnect_on_failure=False,
            # in MQTT 5 it is the CONNECT that says so
            clean_session=None if is_version_5 else not is_persistent,
            manual_ack=is_persistent,
        )
        self._connect_options: dict[str, Any] = {}
        if is_persistent and is_version_5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = SESSION_EXPIRY
            properties.ReceiveMaximum = WINDOW
            self._connect_options = {"clean_start": False, "properties": properties}
        # the caller keeps to the window: a limit of paho's own costs a look at all messages on
        # their way at each confirmation
        self._client.max_inflight_messages_set(0)
        if will is not None:
            self._client.will_set(*will, qos=1, retain=True)
        if address.user is not None:
            self._client.username_pw_set(address.user, address.password)
        if address.tls:
            self._client.tls_set_context(access.tls.context())
            self._client.on_log = self._note_alert
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        # paho calls it for what it has sent at QoS 0, too
        self._client.on_publish = lambda _client, _data, mid, reason, _properties: (
            on_confirmed(mid, reason) if mid else None
        )
        self._client.on_message = lambda _client, _data, message: on_message(message)
        self._client.on_subscribe = self._subscribed

    def open(self, stop: Stop) -> None:
        """Connect, subscribe, and return once the broker has accepted.

        :raises OSError: if the broker is unavailable.
        :raises VersionRefusedError: if another version of MQTT may help.
        :raises BrokerRefusedError: if waiting cannot help.
        :raises Interrupted: if `stop` is requested.
        """
        with stop.interruptible():
            try:
                address = self._address
                self._client.connect(address.host, address.port, **self._connect_options)
            except ssl.SSLCertVerificationError as error:
                reason = tls_fault.of_certificate(error, address.host)
                raise UntrustedBrokerError(str(address), reason) from error
            except OSError as error:
                raise self._without_handshake(error) from error
        self.alive = True
        self._await(lambda: self._answer is not None, "CONNECT", stop)
        if self._answer is None:
            if self._alert:
                raise self._refused(self._alert)
            # some brokers do so instead of refusing the version
            raise VersionRefusedError(
                "it closed the connection" if self._address.tls else tls_fault.NO_ANSWER
            )
        if self._answer.is_failure:
            reason = str(self._answer)
            if self._answer.value == _UNSUPPORTED_VERSION:
                raise VersionRefusedError(reason)
            raise self._refused(reason) if self._answer.value in _HOPELESS else OSError(reason)
        if self._filters:
            self._subscribe(stop)

    def _subscribe(self, stop: Stop) -> None:
        self._client.subscribe([(topic_filter, 1) for topic_filter in self._filters])
        self._await(lambda: self._granted is not None, "SUBSCRIBE", stop)
        if self._granted is None:
            raise OSError("it closed the connection")
        for topic_filter, code in zip(self._filters, self._granted, strict=True):
            if code.is_failure:
                raise BrokerRefusedError(
                    str(self._address), f"the subscription to {topic_filter}", str(code)
                )

    def _await(self, condition: Callable[[], bool], packet: str, stop: Stop) -> None:
        deadline = time.monotonic() + _PATIENCE
        while self.alive and not condition():
            stop.check()
            self.turn(SLICE)
            if time.monotonic() > deadline:
                raise TimeoutError(f"no answer to {packet}")

    def send(
        self, topic: str, payload: str, *, retain: bool = False, published: float | None = None
    ) -> int | None:
        """Send one message at QoS 1 and return the id of its PUBACK.

        :param published: the present time, in seconds since 1970, if the message is to show it.
            MQTT 3.1.1 cannot.
        :return: None if nothing was sent, because the next id is still unconfirmed.
        """
        properties = None
        if published is not None and self._is_version_5:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            properties.UserProperty = (PUBLISHED, str(int(published * 1000)))
        info = self._client.publish(topic, payload, qos=1, retain=retain, properties=properties)
        return None if info.rc == MQTTErrorCode.MQTT_ERR_QUEUE_SIZE else info.mid

    @property
    def is_busy(self) -> bool:
        """Whether something waits for the broker to read it."""
        return self._client.want_write()

    def send_once(self, topic: str, payload: str) -> None:
        """Send one message at QoS 0: nobody confirms it, and it is lost with the connection."""
        # Without an id, as in the protocol. paho's `publish` gives it one, and reports that as sent
        # although the same one may be that of a message which is not confirmed.
        raw = topic.encode(), payload.encode()
        self._client._send_publish(0, *raw, 0, False, False, MQTTMessageInfo(0))

    def turn(self, timeout: float) -> None:
        """Wait for the network for at most `timeout` seconds, and process what comes."""
        if self._client.loop(timeout) != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self.alive = False

    def keep_alive(self) -> None:
        """Send what waits, and a ping where one is due, without reading what comes."""
        if self._client.want_write():
            self._client.loop_write()
        if self._client.loop_misc() != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self.alive = False

    def read(self) -> None:
        """Process one packet if it has come; of several this takes half the time of `turn`."""
        if self._client.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self.alive = False

    def acknowledge(self, mids: Sequence[int]) -> None:
        """Acknowledge messages of QoS 1 by their ids, in the order in which they came."""
        if not mids or not self.alive:
            return
        # MQTT 5, 3.4.2.1: without a reason code it is a success, as in 3.1.1. They leave in one
        # write, for which paho has no public method: `ack` takes a quarter of the time that it
        # takes to receive a message.
        packets = b"".join(b"\x40\x02" + mid.to_bytes(2, "big") for mid in mids)
        self._client._packet_queue(PUBACK, packets, mids[-1], 1)

    def unsubscribe(self, topic_filter: str) -> None:
        """End a subscription that an earlier client of this session has left."""
        self._client.unsubscribe(topic_filter)

    def close(self) -> None:
        """Disconnect from the broker."""
        self._client.disconnect()
        self.alive = False

    def _without_handshake(self, error: OSError) -> Exception:
        if not self._address.tls:
            return error
        if alert := tls_fault.of_alert(str(error)):
            return self._refused(alert)
        fault = tls_fault.of_handshake(error)
        return OSError(fault) if fault else error

    def _note_alert(self, _client: Client, _data: object, level: int, text: str) -> None:
        """Keep what the broker has against our certificate, of which paho tells its log alone.

        In TLS 1.3 it comes after the handshake.
        """
        if level == LogLevel.MQTT_LOG_ERR:
            self._alert = tls_fault.of_alert(text) or self._alert

    def _refused(self, reason: str) -> BrokerRefusedError:
        return BrokerRefusedError(str(self._address), "the connection", reason)

    def _connected(
        self,
        _client: Client,
        _data: object,
        flags: ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        self._client.on_log = None  # it costs time, and of what comes from now on it tells nothing
        self._answer = reason
        self.is_resumed = flags.session_present
        # MQTT 5, 3.2.2.3.3: the broker limits the number of unconfirmed messages
        self.window = min(WINDOW, getattr(properties, "ReceiveMaximum", WINDOW))

    def _subscribed(
        self,
        _client: Client,
        _data: object,
        _mid: int,
        codes: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        self._granted = codes

    def _disconnected(
        self,
        _client: Client,
        _data: object,
        flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self.alive = False
        if flags.is_disconnect_packet_from_server:
            self.lost_because = str(reason)
            self.is_taken_over = reason.value == _SESSION_TAKEN_OVER
