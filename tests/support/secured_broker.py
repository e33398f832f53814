"""A mosquitto that asks for TLS, a password and a certificate, all of them made by the test."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.support.brokers import MOSQUITTO
from tests.support.processes import Process, free_port

PASSWORD = "p:a@s s/#%"
ENCODED = "p%3Aa%40s%20s%2F%23%25"


class Certificates:
    """Authorities, the certificates that they signed, and what is none; PEM files by name."""

    def __init__(self, folder: Path):
        self._folder = folder
        for authority in ("ca", "other-ca"):
            self._openssl(
                f"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
                f" -subj /CN={authority} -keyout {authority}.key -out {authority}.crt"
            )
        for name, extension in (("server", "subjectAltName=IP:127.0.0.1"), ("client", "")):
            self._openssl(
                "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
                f" -subj /CN={name} -keyout {name}.key -out {name}.csr"
            )
            (folder / "extensions").write_text(extension)
            self._openssl(
                f"x509 -req -in {name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2"
                f" -extfile extensions -out {name}.crt"
            )
        self._openssl("ec -in client.key -aes128 -passout pass:secret -out encrypted.key")
        (folder / "empty").write_text("")
        (folder / "binary").write_bytes(b"\xff\xfe\0")

    def path(self, name: str) -> Path:
        """Where a file is."""
        return self._folder / name

    def _openssl(self, arguments: str) -> None:
        subprocess.run(
            ["openssl", *arguments.split()], cwd=self._folder, check=True, capture_output=True
        )


class SecuredBroker:
    """mosquitto on TLS; only `ann` with PASSWORD is let in, or who has a certificate."""

    def __init__(self, folder: Path, start: Callable[..., Process], *, certificate: bool = False):
        self.files = Certificates(folder)
        self.port = free_port()
        self.url = f"mqtts://127.0.0.1:{self.port}"
        passwords = folder / "passwords"
        command = ["mosquitto_passwd", "-c", "-b", passwords, "ann", PASSWORD]
        subprocess.run(command, check=True, capture_output=True)
        access = (
            "require_certificate true\nuse_identity_as_username true\n"
            if certificate
            else f"allow_anonymous false\npassword_file {passwords}\n"
        )
        path = folder / "secured.conf"
        path.write_text(
            f"listener {self.port} 127.0.0.1\n"
            f"cafile {self.files.path('ca.crt')}\n"
            f"certfile {self.files.path('server.crt')}\n"
            f"keyfile {self.files.path('server.key')}\n"
            f"{access}" + ("user root\n" if os.geteuid() == 0 else "")
        )
        self.process = start(MOSQUITTO, "-c", path)
        self.process.wait_for(r"mosquitto version .* running")
