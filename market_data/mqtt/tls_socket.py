"""A TLS connection that tells why the other side has ended it."""

from __future__ import annotations

import ssl
from typing import Any


class TellingSocket(ssl.SSLSocket):
    """Where one cannot write any more, it reads the alert with which the other side has ended it.

    In TLS 1.3 a broker that refuses our certificate says so after our side of the handshake, so
    that the first thing that is written may come too late.
    """

    def send(self, data: Any, flags: int = 0) -> int:
        """Send, as a socket does; the error is that of the alert, if there is one."""
        try:
            return super().send(data, flags)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except OSError:
            self.recv(1)
            raise
