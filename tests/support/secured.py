"""A mosquitto that is not open to everyone: with a password file, with TLS, over WebSockets."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.support.brokers import MOSQUITTO
from tests.support.processes import Process, free_port


def openssl(folder: Path, *words: str) -> None:
    """Run openssl in a folder."""
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


class Authority:
    """A certificate authority of its own, and what it has signed; all in one folder, as PEM."""

    def __init__(self, folder: Path, name: str):
        self.folder = folder
        self.name = name
        self.file = folder / f"{name}.pem"
        new = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2")
        openssl(
            folder, *new, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem"
        )

    def sign(self, name: str) -> tuple[Path, Path]:
        """Make a certificate for 127.0.0.1 and localhost, and return it and its private key."""
        cert, key = f"{name}.pem", f"{name}.key"
        request = ("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}")
        openssl(self.folder, *request, "-keyout", key, "-out", f"{name}.csr")
        extensions = self.folder / f"{name}.ext"
        extensions.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        signer = ("-CA", f"{self.name}.pem", "-CAkey", f"{self.name}.key", "-CAcreateserial")
        request = ("x509", "-req", "-in", f"{name}.csr", "-days", "2", "-extfile", extensions.name)
        openssl(self.folder, *request, *signer, "-out", cert)
        return self.folder / cert, self.folder / key


class Secured:
    """A mosquitto with one open listener, at `.port`, for those who watch, and others."""

    def __init__(self, folder: Path, start: Callable[..., Process]):
        self.port = free_port()
        self.url = f"mqtt://127.0.0.1:{self.port}"
        self._start = start
        self._configuration = folder / "secured.conf"
        self._lines = [
            "per_listener_settings true",
            "max_inflight_messages 1000",
            "max_queued_messages 100000",
            *(["user root"] if os.geteuid() == 0 else []),
            f"listener {self.port} 127.0.0.1",
            "allow_anonymous true",
        ]

    def listen(self, *settings: str) -> int:
        """Add a listener with these settings, and return its port."""
        port = free_port()
        self._lines += [f"listener {port} 127.0.0.1", *settings]
        return port

    def start(self) -> None:
        """Start it and await its ports."""
        self._configuration.write_text("\n".join(self._lines) + "\n")
        self.process = self._start(MOSQUITTO, "-c", self._configuration)
        self.process.wait_for(r"mosquitto version .* running")


def password_file(folder: Path, user: str, password: str) -> Path:
    """A password file of mosquitto with one user."""
    path = folder / "passwords"
    command = ["mosquitto_passwd", "-b", "-c", str(path), user, password]
    subprocess.run(command, check=True, capture_output=True)
    return path
