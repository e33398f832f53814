"""Messages that are read for a person: of a broker, to which anyone may publish, and alerts."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import strategies as st

from algo_service.discovery.withdrawn import is_withdrawn
from algo_service.notify.alerts import Alerts
from algo_service.notify.observer import TOPICS, Observer
from algo_service.operator.reply import read_reply
from algo_service.watch.messages import KINDS, UnreadableError, read
from market_data.record.repeats import has_id
from telemetry.http import BodyError
from tests.fuzz import strategies as draw
from tests.fuzz.properties.messages import judge
from tests.fuzz.properties.property import Property, refused


def watched(payload: bytes) -> str:
    found = 0
    for kind in KINDS:
        with suppress(UnreadableError):
            found += len(read(kind, payload))
    observer = Observer()
    for topic in TOPICS:
        found += len(observer.take(topic, "random", payload, 0.0))
    for own in ("halt", "snapshot"):
        judge.ask(own, payload)
    read_reply(payload, "m1")
    is_withdrawn(payload)
    has_id(payload)
    return "read" if found else "nothing"


def alerts(payload: bytes) -> str:
    try:
        return "read" if Alerts().take(payload, 1e9) else "nothing"
    except BodyError as error:
        return refused(error)


PROPERTIES = {
    "watched": Property(
        st.one_of(draw.orders, draw.fills, draw.errors, draw.halts, draw.replies, draw.snapshots,
                  draw.records),
        watched,
    ),
    "alerts": Property(draw.alerts, alerts),
}  # fmt: skip
