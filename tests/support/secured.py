"""A mosquitto that is not open to everyone: passwords, TLS, certificates, WebSockets."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.support.brokers import MOSQUITTO
from tests.support.processes import BIN, ROOT, Process, free_port

PASSWORD = "p:a@s s/#%"
ENCODED = "p%3Aa%40s%20s%2F%23%25"

_PLUGIN = "mosquitto_dynamic_security.so"
_PLUGINS = [*Path("/usr/lib").glob(f"*/{_PLUGIN}"), Path("/usr/lib", _PLUGIN)]
DYNAMIC_SECURITY = _PLUGINS[0]
"""Where the distribution puts it: Debian into the folder of the architecture."""

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
        if self.file.exists():
            return  # it was made elsewhere
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


class AccessBroker:
    """A started mosquitto with the shipped secure configuration, and its access folder.

    :param tells_denials: whether it logs what it denies to a client, among much else.
    :ivar access: the folder that `bridge-node access init` has made, for 127.0.0.1 and localhost.
    """

    def __init__(
        self,
        folder: Path,
        start: Callable[..., Process],
        *hosts: str,
        tells_denials: bool = False,
    ):
        self.access = folder / "access"
        named = [f"--host={host}" for host in hosts or ("127.0.0.1", "localhost")]
        self.run("init", *named)
        self._start = start
        self._configuration = self._configured(folder, "debug" if tells_denials else "information")
        self.start()

    def _configured(self, folder: Path, logged: str) -> Path:
        text = (ROOT / "mosquitto" / "secure" / "mosquitto.conf").read_text()
        self.ports = {port: free_port() for port in (8883, 8884, 8885)}
        places = {
            f"listener {port}\n": f"listener {p} 127.0.0.1\n" for port, p in self.ports.items()
        }
        places["/usr/lib/mosquitto_dynamic_security.so"] = str(DYNAMIC_SECURITY)
        places["/mosquitto/access/"] = f"{self.access}/broker/"
        places["/mosquitto/data/"] = f"{folder}/"
        for shipped, instead in places.items():
            assert shipped in text, shipped
            text = text.replace(shipped, instead)
        path = folder / "secure.conf"
        types = f"log_type information\nlog_type {logged}\n"
        path.write_text(text + types + ("user root\n" if os.geteuid() == 0 else ""))
        return path

    def start(self) -> None:
        """Start it, at the same ports as before, and await them."""
        self.process = self._start(MOSQUITTO, "-c", self._configuration)
        self.process.wait_for(r"mosquitto version .* running")

    def read_certificates(self) -> None:
        """Have it read its certificate, and the list of those that it refuses, again."""
        self.process.signal(signal.SIGHUP)

    def run(self, *words: str, status: int = 0) -> str:
        """Run `bridge-node access` with its folder, and return what it prints."""
        address = () if words[0] == "init" else ("--mqtt", self.url(8885))
        command = [BIN / "bridge-node", "access", "--dir", self.access, *words, *address]
        ended = subprocess.run(command, text=True, capture_output=True, check=False)
        assert ended.returncode == status, ended.stdout + ended.stderr
        return ended.stdout + ended.stderr

    def grant(self, name: str, role: str, *options: str) -> None:
        """Grant a role; the client is made if it is not there."""
        self.run("grant", name, role, *options)

    def grant_all(self, *grants: str) -> None:
        """Grant several roles, each as the words after `bridge-node access grant`."""
        control = ("access", "--dir", str(self.access), "grant")
        words = [[*control, *each.split(), "--mqtt", self.url(8885)] for each in grants]
        script = ROOT / "tests" / "support" / "grant_all.mjs"
        command = ["node", str(script), json.dumps(words)]
        ended = subprocess.run(command, text=True, capture_output=True, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr

    def url(self, port: int) -> str:
        """The address of the listener that has this port in the shipped configuration."""
        return f"mqtts://127.0.0.1:{self.ports[port]}"

    def file(self, name: str, file: str) -> Path:
        """A file of a client: ca.crt, client.crt, client.key, password."""
        return (self.access if name == "admin" else self.access / "clients") / name / file

    def password(self, name: str) -> str:
        """The password of a client."""
        return self.file(name, "password").read_text().rstrip("\n")

    def options(self, name: str, port: int) -> list[str]:
        """How a command of ours is told to connect as this client, at this listener."""
        shown = (
            ("--cert", self.file(name, "client.crt"), "--key", self.file(name, "client.key"))
            if port == 8884
            else ("--username", name, "--password-file", self.file(name, "password"))
        )
        words = ("--mqtt", self.url(port), "--ca", self.file(name, "ca.crt"), *shown)
        return [str(word) for word in words]

    def of_mosquitto(self, name: str, port: int) -> list[str]:
        """How mosquitto_pub and mosquitto_sub are told to connect as this client."""
        shown = (
            ("--cert", self.file(name, "client.crt"), "--key", self.file(name, "client.key"))
            if port == 8884
            else ("-u", name, "-P", self.password(name))
        )
        address = ("-h", "127.0.0.1", "-p", self.ports[port])
        return [str(word) for word in (*address, "--cafile", self.file(name, "ca.crt"), *shown)]
