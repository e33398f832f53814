"""A mosquitto that is not open to everyone: passwords, TLS, certificates, WebSockets."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.support.brokers import MOSQUITTO
from tests.support.processes import Process, free_port

PASSWORD = "p:a@s s/#%"
ENCODED = "p%3Aa%40s%20s%2F%23%25"

_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def openssl(folder: Path, *words: str) -> None:
    """Run openssl in a folder."""
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def password_file(folder: Path, user: str, password: str) -> Path:
    """A password file of mosquitto with one user."""
    path = folder / "passwords"
    command = ["mosquitto_passwd", "-b", "-c", str(path), user, password]
    subprocess.run(command, check=True, capture_output=True)
    return path


class Authority:
    """A certificate authority of its own, and what it has signed; all in one folder, as PEM."""

    def __init__(self, folder: Path, name: str):
        self.folder = folder
        self.name = name
        self.file = folder / f"{name}.crt"
        request = ("req", "-x509", *_NEW_KEY, "-days", "2", "-subj", f"/CN={name}")
        openssl(folder, *request, "-keyout", f"{name}.key", "-out", self.file.name)

    def sign(
        self, name: str, names: str = "IP:127.0.0.1,DNS:localhost", days: int = 2
    ) -> tuple[Path, Path]:
        """Make a certificate and return it and its private key.

        :param names: of whom it is.
        :param days: that it is valid from now on; -1 if it was until yesterday.
        """
        cert, key, request = f"{name}.crt", f"{name}.key", f"{name}.csr"
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={names}\n")
        new = ("req", *_NEW_KEY, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        openssl(self.folder, *new)
        signer = ("-CA", self.file.name, "-CAkey", f"{self.name}.key", "-CAcreateserial")
        signed = ("x509", "-req", "-in", request, "-days", str(days), "-extfile", extensions.name)
        openssl(self.folder, *signed, *signer, "-out", cert)
        return self.folder / cert, self.folder / key


class Certificates:
    """Authorities, the certificates that they signed, and invalid files; PEM files by name."""

    def __init__(self, folder: Path):
        self._folder = folder
        authority = Authority(folder, "ca")
        Authority(folder, "other-ca")
        authority.sign("server")
        authority.sign("client")
        encrypted = ("-aes128", "-passout", "pass:secret", "-out", "encrypted.key")
        openssl(folder, "ec", "-in", "client.key", *encrypted)
        (folder / "empty").write_text("")
        (folder / "binary").write_bytes(b"\xff\xfe\0")

    def path(self, name: str) -> Path:
        """Where a file is."""
        return self._folder / name


class Secured:
    """A mosquitto with one open listener, at `.open_port`, for those who watch, and others."""

    def __init__(self, folder: Path, start: Callable[..., Process]):
        self._start = start
        self._configuration = folder / "secured.conf"
        self._lines = [
            "per_listener_settings true",
            "max_inflight_messages 1000",
            "max_queued_messages 100000",
            *(["user root"] if os.geteuid() == 0 else []),
        ]
        self.port = self.open_port = self.listen("allow_anonymous true")
        self.url = f"mqtt://127.0.0.1:{self.port}"

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


class TlsBroker(Secured):
    """A started one with TLS at `.port`; it lets in `ann`, or a client with a certificate."""

    def __init__(self, folder: Path, start: Callable[..., Process], *, certificate: bool = False):
        super().__init__(folder, start)
        self.files = Certificates(folder)
        access = (
            ("require_certificate true", "use_identity_as_username true")
            if certificate
            else (f"password_file {password_file(folder, 'ann', PASSWORD)}",)
        )
        self.port = self.listen(
            "allow_anonymous false",
            f"cafile {self.files.path('ca.crt')}",
            f"certfile {self.files.path('server.crt')}",
            f"keyfile {self.files.path('server.key')}",
            *access,
        )
        self.url = f"mqtts://127.0.0.1:{self.port}"
        self.start()
