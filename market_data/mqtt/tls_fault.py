"""Why TLS comes to nothing between a client and a broker, as the rest of a sentence.

The words are those of bridge_node/src/mqtt/broker_error.js.
"""

from __future__ import annotations

import re
import ssl

NO_ANSWER = (
    "it ended the connection before any answer; perhaps it speaks TLS at this port: mqtts://"
)
WANTS_CERTIFICATE = "it requires a client certificate: --cert and --key"

_UNKNOWN_AUTHORITY = (
    "no authority that we trust has signed its certificate; --ca FILE names the authority"
)
# openssl-verify(1), "Diagnostics"
_UNSIGNED = (2, 7, 18, 19, 20, 21)
_OF_CERTIFICATE = {
    9: "its certificate is not valid yet",
    10: "its certificate has expired",
    23: "its certificate has been revoked",
}
_WRONG_NAME = (62, 64)

# RFC 8446, 6.2; OpenSSL adds a version in front, such as TLSV13_ALERT_CERTIFICATE_REQUIRED
_OF_ALERT = {
    "CERTIFICATE_REQUIRED": WANTS_CERTIFICATE,
    "HANDSHAKE_FAILURE": WANTS_CERTIFICATE,
    "CERTIFICATE_EXPIRED": "it does not accept our certificate, which has expired: --cert",
    "CERTIFICATE_REVOKED": "it does not accept our certificate, which has been revoked: --cert",
    "UNKNOWN_CA": (
        "it does not accept our certificate, which no authority that it trusts has signed: --cert"
    ),
    **dict.fromkeys(
        ("BAD_CERTIFICATE", "UNSUPPORTED_CERTIFICATE", "CERTIFICATE_UNKNOWN"),
        "it does not accept our certificate: --cert",
    ),
}
_NO_TLS = "it does not speak TLS at this port"
_ENDED_EARLY = "it ended the connection early; perhaps it does not speak TLS at this port"


def of_certificate(error: ssl.SSLCertVerificationError, host: str) -> str:
    """Return what is wrong with the certificate of the broker."""
    if error.verify_code in _WRONG_NAME:
        return f"its certificate is not for {host}, but for another name"
    if error.verify_code in _UNSIGNED:
        return f"{_UNKNOWN_AUTHORITY} ({error.verify_message})"
    return _OF_CERTIFICATE.get(error.verify_code) or str(error.verify_message)


def of_alert(text: str) -> str | None:
    """Return what the broker has against this client; None if it has told nothing.

    :param text: of an error of TLS, or what a library says of one.
    """
    found = re.search(r"ALERT_([A-Z_]+)", text)
    return _OF_ALERT.get(found[1]) if found else None


def of_handshake(error: OSError) -> str | None:
    """Return why there was no handshake; None if the network is to blame."""
    if isinstance(error, ssl.SSLEOFError | ConnectionResetError | BrokenPipeError):
        return _ENDED_EARLY
    if isinstance(error, ssl.SSLError) and error.reason in (
        "WRONG_VERSION_NUMBER",
        "PACKET_LENGTH_TOO_LONG",
        "RECORD_LAYER_FAILURE",
    ):
        return _NO_TLS
    return None
