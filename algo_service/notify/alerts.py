"""Turns the alerts of Prometheus, or of its Alertmanager, into notices; knows no HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from algo_service.notify.notice import Notice
from algo_service.watch.messages import clean
from telemetry.http import BodyError

PATHS = ("/api/v2/alerts", "/alerts")
"""The first one is where Prometheus posts alerts, the second one is for the webhook of an
Alertmanager; both take both forms."""

MAX_ALERTS = 1_000
"""Alerts that are known to be firing; the oldest give way."""

MAX_LABELS = 4_000
"""Characters of the labels of one, with their names: 100 times what those of a rule have."""

MAX_TEXT = 600
_MAX_TIME = 64
URGENT = "critical"
"""The value of the label `severity` with which an alert is told in quiet hours, and at once."""


class Alerts:
    """Which alerts are firing. Each is told once when it begins, and once when it is over.

    Any thread may call it.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        # by labels: when it began, as it was written
        self._firing: dict[tuple[tuple[str, str], ...], str] = {}

    def take(self, body: bytes, now: float) -> list[Notice]:
        """Take what Prometheus posts to /api/v2/alerts, or an Alertmanager to its webhook.

        :param now: in seconds since 1970.
        :raises BodyError: if it is neither; nothing of it counts then.
        """
        try:
            value = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise BodyError("the body is not JSON") from error
        listed = value.get("alerts") if isinstance(value, dict) else value
        if not isinstance(listed, list):
            raise BodyError("the body is neither a list of alerts nor a map with one")
        alerts = [_Alert(each, now) for each in listed]
        with self._lock:
            return [notice for each in alerts for notice in self._one(each, now)]

    def _one(self, alert: _Alert, now: float) -> list[Notice]:
        began = self._firing.pop(alert.key, None)
        if alert.is_over:
            text = f"over: {alert.name}" if began is not None else None
        else:
            while len(self._firing) >= MAX_ALERTS:
                del self._firing[next(iter(self._firing))]
            self._firing[alert.key] = alert.began
            text = f"{alert.name}: {alert.text}" if began != alert.began else None
        if text is None:
            return []
        return [Notice("alerts", clean(text, MAX_TEXT), now, alert.is_urgent)]


class _Alert:
    def __init__(self, fields: Any, now: float):
        if not isinstance(fields, dict):
            raise BodyError("an alert is not a map")
        labels = _texts(fields, "labels")
        annotations = _texts(fields, "annotations")
        self.key = tuple(sorted(labels.items()))
        if sum(len(name) + len(value) for name, value in self.key) > MAX_LABELS:
            raise BodyError(f"labels have more than {MAX_LABELS:,} characters")
        self.name = labels.get("alertname") or "alert"
        if algo := labels.get("algo"):
            self.name += f" of {algo}"
        says = (annotations.get("summary"), annotations.get("description"))
        self.text = " ".join(filter(None, says)) or "there is no text about it"
        self.is_urgent = labels.get("severity") == URGENT
        self.began = str(fields.get("startsAt") or "")[:_MAX_TIME]
        self.is_over = fields.get("status") == "resolved" or _is_past(fields.get("endsAt"), now)


def _texts(fields: Mapping[str, Any], name: str) -> dict[str, str]:
    value = fields.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise BodyError(f"{name} is not a map of texts")
    return value


def _is_past(ends: Any, now: float) -> bool:
    """Tell whether `endsAt` is over; the year 1 means that no end is known."""
    if ends is None:
        return False
    try:
        at = datetime.fromisoformat(ends)
    except (ValueError, TypeError) as error:
        raise BodyError("endsAt is not a time") from error
    if at.tzinfo is None:
        raise BodyError("endsAt has no zone, as the Z in 2026-11-28T10:00:00Z is one")
    return at.year > 1 and at <= datetime.fromtimestamp(now, UTC)
