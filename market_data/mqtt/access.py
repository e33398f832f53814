"""How to reach a broker: its address, the TLS files, and the prefix of all topics."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import NamedTuple

from market_data.errors import BrokerOptionError
from market_data.mqtt.address import BrokerAddress
from market_data.mqtt.tls_socket import TellingSocket

_CERTIFICATE = "-----BEGIN CERTIFICATE-----"
_KEY = "PRIVATE KEY-----"


class TlsFiles(NamedTuple):
    """PEM files: authorities in place of the system's, and the client's certificate and key."""

    ca: str | None = None
    cert: str | None = None
    key: str | None = None

    def context(self) -> ssl.SSLContext:
        """Read the files; BrokerOptionError if one cannot be used.

        They are read for each connection, so that certificates can be renewed in between.
        """
        if self.ca:
            _check_pem("--ca", self.ca, _CERTIFICATE, "a certificate")
        try:
            context = ssl.create_default_context(cafile=self.ca)
        except (OSError, ValueError) as error:
            raise BrokerOptionError(f"--ca {self.ca}", f"cannot be read: {error}") from error
        context.sslsocket_class = TellingSocket
        if self.cert and self.key:
            _check_pem("--cert", self.cert, _CERTIFICATE, "a certificate")
            _check_pem("--key", self.key, _KEY, "a private key")
            try:
                # an empty password, so that OpenSSL does not ask for one
                context.load_cert_chain(self.cert, self.key, password="")
            except (OSError, ValueError) as error:
                raise BrokerOptionError(f"--key {self.key}", self._unfit(error)) from error
        return context

    def _unfit(self, error: Exception) -> str:
        text = Path(str(self.key)).read_text(encoding="utf-8", errors="replace")
        if "ENCRYPTED" in text:
            return "is encrypted; expected a key without a passphrase"
        if getattr(error, "reason", None) == "KEY_VALUES_MISMATCH":
            return f"does not belong to --cert {self.cert}"
        return f"and --cert {self.cert} cannot be used: {error}"


class BrokerAccess(NamedTuple):
    """A broker's address, the TLS files, and the prefix of all topics."""

    address: BrokerAddress
    tls: TlsFiles = TlsFiles()
    prefix: str = ""

    @classmethod
    def parse(cls, url: str) -> BrokerAccess:
        """Read a broker's URL; AddressError if it has another form."""
        return cls(BrokerAddress.parse(url))


def read_text(option: str, path: str) -> str:
    """Return what a file holds; BrokerOptionError where it cannot be read."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise BrokerOptionError(f"{option} {path}", f"cannot be read: {reason}") from error
    except ValueError as error:
        raise BrokerOptionError(f"{option} {path}", "is not UTF-8") from error


def _check_pem(option: str, path: str, begin: str, what: str) -> None:
    try:
        is_pem = begin in read_text(option, path)
    except BrokerOptionError as error:
        if isinstance(error.__cause__, OSError):
            raise
        is_pem = False
    if not is_pem:
        raise BrokerOptionError(f"{option} {path}", f"holds no {what[2:]}; expected {what} as PEM")
