"""Stands in for the services that know vulnerabilities: PyPI's, behind a proxy, and npm's."""

from __future__ import annotations

import gzip
import json
import re
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar


class Advisories:
    """Knows packages of PyPI by `name==version`, and of npm by name, each with its advisories.

    As proxy it is `pypi.org`, for those who trust its certificate; `status` is that of each answer.
    """

    def __init__(self, folder: Path):
        self.of_pypi: dict[str, list[str] | None] = {}
        """None stands for an answer without a list, as of a mirror."""
        self.of_npm: dict[str, list[str]] = {}
        self.status = 200
        self._certify(folder)
        handler = type("Handler", (_Handler,), {"advisories": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.environment = {
            "HTTPS_PROXY": self.url,
            "https_proxy": self.url,
            "NO_PROXY": "",
            "no_proxy": "",
            "REQUESTS_CA_BUNDLE": str(folder / "pypi.crt"),
            "PIP_CACHE_DIR": str(folder / "cache"),
            "npm_config_registry": self.url,
            "npm_config_cache": str(folder / "cache-of-npm"),
        }

    def _certify(self, folder: Path) -> None:
        certificate, key = folder / "pypi.crt", folder / "pypi.key"
        subprocess.run(
            [
                *(
                    "openssl",
                    "req",
                    "-x509",
                    "-newkey",
                    "ec",
                    "-pkeyopt",
                    "ec_paramgen_curve:P-256",
                ),
                *("-nodes", "-subj", "/CN=pypi.org", "-addext", "subjectAltName=DNS:pypi.org"),
                *("-keyout", str(key), "-out", str(certificate)),
            ],
            check=True,
            capture_output=True,
        )
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate, key)

    def close(self) -> None:
        """End it: from now on nobody answers."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    advisories: ClassVar[Advisories]

    def do_CONNECT(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.connection = self.advisories.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")  # type: ignore[assignment]
        self.wfile = self.connection.makefile("wb", buffering=0)  # type: ignore[assignment]
        self.close_connection = False

    def do_GET(self) -> None:
        package = re.fullmatch(r"/pypi/([^/]+)/([^/]+)/json", self.path)
        if package is None:  # a package of npm, which npm wants to see if it is vulnerable
            name = self.path.rpartition("/")[2]
            versions = {each: {"name": name, "version": each} for each in ("0.0.8", "1.0.0")}
            self._answer({"name": name, "dist-tags": {"latest": "1.0.0"}, "versions": versions})
        elif (pin := "==".join(package.groups())) not in self.advisories.of_pypi:
            self._answer({}, 404)
        elif (ids := self.advisories.of_pypi[pin]) is None:
            self._answer({"info": {}})
        else:
            common = {"aliases": [], "details": "", "fixed_in": ["9"], "withdrawn": None}
            self._answer({"vulnerabilities": [{"id": each, **common} for each in ids]})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        common = {"severity": "high", "vulnerable_versions": "*", "url": "", "cwe": [], "cvss": {}}
        self._answer(
            {
                name: [{"id": 1, "title": title, **common} for title in titles]
                for name, titles in self.advisories.of_npm.items()
                if name in json.loads(body)
            }
        )

    def _answer(self, content: Any, status: int | None = None) -> None:
        data = json.dumps(content).encode()
        self.send_response(status or self.advisories.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Print nothing."""
