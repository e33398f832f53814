"""The record of a message that led to nothing, or of a gap (contracts/error.schema.json)."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

MAX_PAYLOAD = 64 * 1024
"""Bytes of a message in its record."""

MAX_REASON = 1000
"""Characters."""


def error_record(
    topic: str,
    payload: bytes,
    code: str,
    reason: str,
    gap: Mapping[str, Any] | None = None,
) -> str:
    """Return the JSON of a record.

    :param topic: where the message came from, without the prefix of all topics; of a live source
        where its quotes are published.
    :param code: one of contracts/refusals.json, or of a live source.
    :param gap: the bounds of what a live source cannot tell.
    """
    record: dict[str, Any] = {
        "topic": topic,
        "code": code,
        "reason": reason[:MAX_REASON],
        "length": len(payload),
        "sha256": hashlib.sha256(payload).hexdigest(),
        "payload_base64": base64.b64encode(payload[:MAX_PAYLOAD]).decode(),
    }
    if gap is not None:
        record["gap"] = gap
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))
