"""Turns the messages about algorithms into notices; knows no MQTT and no receiver."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from algo_service import figures
from algo_service.discovery.record import AlgoRecord, RecordError, State, read_record
from algo_service.notify.notice import Kind, Notice
from algo_service.watch.messages import (
    Failure,
    Fill,
    Message,
    Order,
    Snapshot,
    UnreadableError,
    clean,
    read,
)
from algo_service.watch.recent_ids import RecentIds
from portfolio.risk.halt import Halt

Topic = Literal["orders", "fills", "portfolios", "halts", "algos", "errors"]

TOPICS_OF: Mapping[Kind, tuple[Topic, ...]] = {
    "orders": ("orders",),
    "refusals": ("orders",),
    "fills": ("fills",),
    "halts": ("portfolios", "halts", "algos"),
    "stops": ("portfolios", "algos"),
    "algorithms": ("algos",),
    "errors": ("errors",),
    "alerts": (),
    "broker": (),
}
"""Which messages the notices of a kind are made of."""

MAX_ALGORITHMS = 1_000
MAX_TEXT = 300
"""Characters of a reason that others have written."""


@dataclass(eq=False, slots=True)
class _Algorithm:
    seq: float = -1
    # of the snapshot, and of the record that the bridge retains for a backend without a journal
    halted: str | None = None
    retained_halt: str | None = None
    limit_stop: str | None = None
    told_halt: str | None = None
    state: State | None = None
    instance: str = ""


@dataclass(eq=False)
class Observer:
    """What was last known of each algorithm. One thread calls it."""

    unreadable: int = 0
    """Messages that could not be read, or of more algorithms than are kept."""
    _algorithms: dict[str, _Algorithm] = field(default_factory=dict)
    _ids: RecentIds = field(default_factory=RecentIds)

    def take(self, topic: Topic, name: str, payload: bytes, now: float) -> list[Notice]:
        """Take a message from the topic `<topic>/<name>`; return what is new in it.

        What the broker had retained counts, too: a halt, a stop or a loss from before the start.

        :param now: in seconds since 1970.
        """
        name = clean(name, 100)
        algorithm = self._algorithms.get(name)
        if algorithm is None:
            if len(self._algorithms) >= MAX_ALGORITHMS:
                self.unreadable += 1
                return []
            algorithm = self._algorithms[name] = _Algorithm()
        try:
            if topic == "halts":
                algorithm.retained_halt = _retained_halt(payload)
                return self._halt(name, algorithm, now)
            if topic == "algos":
                return self._record(name, algorithm, payload, now)
            if topic == "portfolios" and not payload:
                algorithm.seq = -1  # it is forgotten
                return []
            messages = read(topic, payload)
        except (UnreadableError, RecordError):
            self.unreadable += 1
            return []
        return [notice for each in messages for notice in self._one(name, algorithm, each, now)]

    def _one(self, name: str, algorithm: _Algorithm, message: Message, now: float) -> list[Notice]:
        match message:
            case Order():
                return self._order(name, message, now)
            case Fill():
                if not self._ids.is_new(f"fill {message.id}"):
                    return []
                verb = {"buy": "bought", "sell": "sold"}.get(message.side, message.side)
                return [Notice("fills", f"{name}: {verb} {_traded(message)}", now)]
            case Snapshot():
                return self._snapshot(name, algorithm, message, now)
            case Failure():
                return [Notice("errors", f"{name}: {clean(message.reason, MAX_TEXT)}", now)]

    def _order(self, name: str, order: Order, now: float) -> list[Notice]:
        if not self._ids.is_new(f"order {order.id}"):
            return []
        reason = clean(order.reason or "", MAX_TEXT)
        if reason and not order.quantity:
            what = f"{order.side} of {order.sid} at {figures.price(order.price)}"
            return [Notice("refusals", f"{name}: {what} refused: {reason}", now)]
        cut = f", cut: {reason}" if reason else ""
        return [Notice("orders", f"{name}: {order.side} {_traded(order)}{cut}", now)]

    def _snapshot(
        self, name: str, algorithm: _Algorithm, snapshot: Snapshot, now: float
    ) -> list[Notice]:
        if snapshot.seq < algorithm.seq:
            return []  # what a broker retains may be old
        algorithm.seq = snapshot.seq
        algorithm.halted = snapshot.halted
        notices = self._halt(name, algorithm, now)
        stop, before = snapshot.limit_stop, algorithm.limit_stop
        algorithm.limit_stop = stop
        # the sentence of a limit may hold figures that change while it is in force
        if stop and not before:
            text = f"{name}: a limit has stopped buying: {clean(stop, MAX_TEXT)}"
            notices.append(Notice("stops", text, now, is_urgent=True))
        elif before and not stop:
            text = f"{name}: the stop of a limit is over"
            notices.append(Notice("stops", text, now, is_urgent=True))
        return notices

    def _halt(self, name: str, algorithm: _Algorithm, now: float) -> list[Notice]:
        # for a backend without a journal there is the same halt twice
        halt = algorithm.halted or algorithm.retained_halt
        before, algorithm.told_halt = algorithm.told_halt, halt
        if halt == before:
            return []
        text = f"buying is {clean(halt, MAX_TEXT)}" if halt else "buying is resumed"
        return [Notice("halts", f"{name}: {text}", now, is_urgent=True)]

    def _record(self, name: str, algorithm: _Algorithm, payload: bytes, now: float) -> list[Notice]:
        record = read_record(payload) if payload else None
        before, instance = algorithm.state, algorithm.instance
        algorithm.state = record.state if record else None
        algorithm.instance = record.instance if record else ""
        if algorithm.instance != instance:
            # one that was started anew may have another journal, or none, and count anew
            algorithm.seq = -1
        if record is None:
            change = "is forgotten" if before else None
        elif (record.state, record.instance) == (before, instance):
            change = None  # it is published again with its channels
        else:
            change = _change(before, record)
        if change is None:
            return []
        is_urgent = "lost" in (before, algorithm.state)
        return [Notice("algorithms", f"{name} {change}", now, is_urgent)]


def _change(before: State | None, record: AlgoRecord) -> str | None:
    """Return how the state has changed; None at the start if all is well."""
    match record.state:
        case "lost":
            return f"is lost: the broker no longer hears of the service at {record.address}"
        case "offline":
            return "has ended" if before else None
        case "online" if before == "online":
            return f"was started again, at {record.address}"
        case "online" if before:
            return f"is back, at {record.address}"
    return None


def _retained_halt(payload: bytes) -> str | None:
    """Return the halt that a bridge retains; None if it is removed."""
    if not payload:
        return None
    try:
        fields = json.loads(payload)
        halt = Halt(fields["reason"], fields.get("by"), fields["id"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UnreadableError("it is no halt") from error
    if not isinstance(halt.reason, str) or not isinstance(halt.by, str | None):
        raise UnreadableError("it is no halt")
    return clean(halt.text)


def _traded(trade: Order | Fill) -> str:
    return f"{figures.quantity(trade.quantity)} {trade.sid} at {figures.price(trade.price)}"


TOPICS: tuple[Topic, ...] = get_args(Topic)
