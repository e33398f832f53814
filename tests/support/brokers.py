"""The brokers that tests run against: mosquitto with the shipped configuration, and ours."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.support.processes import ROOT, Process, free_port

MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")


class Broker:
    """One broker on a free port that can be stopped and started again at the same port."""

    def __init__(self, kind: str, folder: Path, start: Callable[..., Process]):
        self.kind = kind
        self.port = free_port()
        self.url = f"mqtt://127.0.0.1:{self.port}"
        self.keepalive = 60
        """Of the clients that a test makes itself, in seconds."""
        self._start = start
        if kind == "mosquitto":
            self._configuration = shipped_configuration(folder, self.port)
        self.start()

    def configure(self, shipped: str, instead: str) -> None:
        """Change a line of mosquitto's configuration, from the next start on."""
        text = self._configuration.read_text()
        assert shipped in text
        self._configuration.write_text(text.replace(shipped, instead))

    def limit_keepalive(self, seconds: int) -> None:
        """Start mosquitto anew, as one that lets no client be silent for longer; 10 at least.

        It tells clients of MQTT 5 which keepalive to use, and refuses others with a longer one.
        """
        self.process.end()
        self.configure("persistence true\n", f"persistence true\nmax_keepalive {seconds}\n")
        self.keepalive = seconds
        self.start()

    def start(self) -> None:
        """Start the broker and await its port."""
        if self.kind == "mosquitto":
            self.process = self._start(MOSQUITTO, "-c", self._configuration)
            self.process.wait_for(r"mosquitto version .* running")
        else:
            self.process = self._start("bridge-node", "broker", "--port", self.port)
            self.process.wait_for("listening")


def shipped_configuration(folder: Path, port: int) -> Path:
    """mosquitto.conf as it is shipped, but for the port and the folder of its data."""
    text = (ROOT / "mosquitto" / "mosquitto.conf").read_text()
    assert "listener 1883\n" in text
    assert "persistence_location /mosquitto/data/\n" in text
    text = text.replace("listener 1883\n", f"listener {port} 127.0.0.1\n")
    text = text.replace("/mosquitto/data/", f"{folder}/")
    path = folder / "mosquitto.conf"
    text += "log_type information\n"  # tells when it listens
    # mosquitto started by root drops its privileges to a user who must own the folder
    path.write_text(text + ("user root\n" if os.geteuid() == 0 else ""))
    return path
