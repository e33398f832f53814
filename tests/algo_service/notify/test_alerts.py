"""The alerts of Prometheus and of an Alertmanager become notices."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from algo_service.notify.alerts import MAX_ALERTS, Alerts
from telemetry.http import BodyError

BEGAN = "2026-11-28T10:00:00Z"
NOW = datetime.fromisoformat("2026-11-28T10:05:00Z").timestamp()
TEXTS = {"summary": "random decides nothing.", "description": "Look at its log."}


def alert(ends: str = "2026-11-28T10:09:00Z", severity: str = "critical", **more: Any) -> Any:
    labels = {"alertname": "PipelineStalled", "algo": "random", "severity": severity}
    fields = {"labels": labels, "annotations": TEXTS, "startsAt": BEGAN, "endsAt": ends}
    return fields | more


class Told:
    def __init__(self) -> None:
        self.alerts = Alerts()

    def take(self, body: Any) -> list[tuple[str, bool]]:
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        return [(each.text, each.is_urgent) for each in self.alerts.take(payload, NOW)]


FIRING = "PipelineStalled of random: random decides nothing. Look at its log."


def test_what_prometheus_repeats_every_minute_is_told_once_and_once_when_it_is_over() -> None:
    told = Told()
    assert told.take([alert()]) == [(FIRING, True)]
    assert told.take([alert("2026-11-28T10:10:00Z")]) == []
    assert told.take([alert("2026-11-28T10:04:59.123456789Z")]) == [
        ("over: PipelineStalled of random", True)
    ]
    assert told.take([alert("2026-11-28T10:04:59Z")]) == []


def test_a_webhook_of_an_alertmanager_says_by_its_status_what_is_over() -> None:
    told = Told()
    firing = alert("0001-01-01T00:00:00Z", "warning", status="firing")
    assert told.take({"version": "4", "alerts": [firing]}) == [(FIRING, False)]
    resolved = alert("2026-11-28T10:04:00Z", "warning", status="resolved")
    assert told.take({"alerts": [resolved]}) == [("over: PipelineStalled of random", False)]


def test_one_that_has_begun_anew_is_told_again() -> None:
    told = Told()
    told.take([alert()])
    assert told.take([alert(startsAt="2026-11-28T10:04:00Z")]) == [(FIRING, True)]


def test_one_without_texts_is_told_by_its_name() -> None:
    assert Told().take([{"labels": {"alertname": "Mine"}}]) == [
        ("Mine: there is no text about it", False)
    ]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        ({"alerts": 1}, "neither a list of alerts nor a map with one"),
        (1, "neither a list of alerts nor a map with one"),
        ([1], "an alert is not a map"),
        ([{"labels": {"alertname": 1}}], "labels is not a map of texts"),
        ([alert("soon")], "endsAt is not a time"),
        ([alert(7)], "endsAt is not a time"),  # type: ignore[arg-type]
        ([alert("2026-11-28T10:00:00")], "endsAt has no zone"),
        ([{"labels": {"alertname": "x" * 4000}}], "labels have more than 4,000 characters"),
    ],
)
def test_what_is_no_alert_is_refused_and_nothing_of_it_counts(body: Any, reason: str) -> None:
    told = Told()
    whole = [alert(), *body] if isinstance(body, list) else body
    with pytest.raises(BodyError, match=reason):
        told.take(whole)
    assert told.take([alert()]) == [(FIRING, True)]


def test_no_more_alerts_are_kept_than_the_bound() -> None:
    told = Told()
    told.take([{"labels": {"alertname": f"{number}"}} for number in range(MAX_ALERTS + 1)])
    again = told.take([{"labels": {"alertname": f"{number}"}} for number in (0, MAX_ALERTS)])
    assert [text for text, _ in again] == ["0: there is no text about it"]
