"""How the parts of a run reach one another: in the clear, or with everything secured."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import paho.mqtt.client as mqtt

from tests.support.brokers import Broker
from tests.support.processes import BIN, Process
from tests.support.secured import AccessBroker

Words = tuple[object, ...]

_PORTS = {"bridge": 8885, "indicators": 8885, "recorder": 8884, "feed": 8883, "service": 8884}
KEEPALIVE = int(os.environ.get("CHAOS_KEEPALIVE", "10"))
"""In seconds, of all clients whose broker sets one; mosquitto can set no less than 10."""
_READERS = ("chaos-subscriber", "chaos-indicators")


class Open(Broker):
    """The shipped broker of one machine, and the RPC of one."""

    def __init__(self, folder: Path, start: Callable[..., Process]):
        super().__init__("mosquitto", folder, start)

    def options(self, _part: str) -> Words:
        """The address."""
        return ("--mqtt", self.url)

    def of_service(self) -> Words:
        """Nothing."""
        return ()

    def of_bridge(self) -> Words:
        """Nothing."""
        return ()

    def connect(self, client: mqtt.Client, _name: str) -> None:
        """Connect at the port that is open."""
        client.connect("127.0.0.1", self.port, self.keepalive)


class SoonMissing(Open):
    """A broker that takes a silent client for lost after 15 s, and has its clients do the same.

    By their own keepalives it is 45 s for a bridge and 90 s for a feed: CHAOS_KEEPALIVE=60.
    """

    def __init__(self, folder: Path, start: Callable[..., Process]):
        super().__init__(folder, start)
        self.configure("connection_messages false", "connection_messages true")
        self.limit_keepalive(KEEPALIVE)


class Secured(AccessBroker):
    """The shipped secured broker with a role for each part, an announced service, and CURVE."""

    def __init__(self, folder: Path, start: Callable[..., Process]):
        super().__init__(folder, start)
        roles = ("bridge", "recorder", "feed", "service --algo random")
        self.grant_all(
            *(f"{each.split()[0]} {each}" for each in roles),
            "indicators deriver",
            *(f"{name} viewer" for name in _READERS),
        )
        self._keys = folder / "keys"
        for words in (("init", self._keys), ("add", self._keys, "bridge")):
            subprocess.run([BIN / "algo-service", "keys", *words], check=True, capture_output=True)

    def options(self, name: str, port: int = 0) -> list[str]:
        """The address, and what the part was granted."""
        return super().options(name, port or _PORTS[name])

    def of_service(self) -> Words:
        """It is announced, and known by its key."""
        announced = ("--announce", *self.options("service")[1:])
        return (*announced, "--curve-keys", self._keys / "server")

    def of_bridge(self) -> Words:
        """It is admitted by its key."""
        return ("--curve-keys", self._keys / "bridge")

    def connect(self, client: mqtt.Client, name: str) -> None:
        """Connect with a password: the name is a reader's, and its client id."""
        client.tls_set(str(self.file(name, "ca.crt")))
        client.username_pw_set(name, self.password(name))
        client.connect("127.0.0.1", self.ports[8883])
