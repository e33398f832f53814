"""The record of a message that led to nothing (contracts/error.schema.json)."""

from __future__ import annotations

import base64
import hashlib
import json

MAX_PAYLOAD = 64 * 1024
"""Bytes of a message in its record."""

MAX_REASON = 1000
"""Characters."""


def error_record(topic: str, payload: bytes, code: str, reason: str) -> str:
    """Return the JSON of a record.

    :param topic: where the message came from, without the prefix of all topics.
    :param code: one of contracts/refusals.json.
    """
    record = {
        "topic": topic,
        "code": code,
        "reason": reason[:MAX_REASON],
        "length": len(payload),
        "sha256": hashlib.sha256(payload).hexdigest(),
        "payload_base64": base64.b64encode(payload[:MAX_PAYLOAD]).decode(),
    }
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))
