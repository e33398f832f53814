"""What is known of each algorithm, by the messages that came; knows no MQTT and no terminal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from algo_service.watch.joining import Figures, Joiner
from algo_service.watch.messages import (
    Failure,
    Fill,
    Kind,
    Message,
    Order,
    Snapshot,
    UnreadableError,
    clean,
    read,
)
from algo_service.watch.recent_ids import RecentIds

MAX_ALGORITHMS = 1_000


class TradeEvent(NamedTuple):
    """An order or a later fill, with what the portfolio is worth after it, if that is known."""

    algo: str
    trade: Order | Fill
    figures: Figures | None


class RefusalEvent(NamedTuple):
    """An order that a limit refused."""

    algo: str
    order: Order


class FailureEvent(NamedTuple):
    """A message that led to no decision."""

    algo: str
    failure: Failure


class SnapshotEvent(NamedTuple):
    """A new snapshot."""

    algo: str
    snapshot: Snapshot


class StopEvent(NamedTuple):
    """A person or a limit has stopped all buying or, with None, buying is allowed again."""

    algo: str
    reason: str | None


class RestartEvent(NamedTuple):
    """Snapshots with a lower `seq` than was seen, which are ignored."""

    algo: str
    seq: float
    seen: float


Event = TradeEvent | RefusalEvent | FailureEvent | SnapshotEvent | StopEvent | RestartEvent


class LastQuote(NamedTuple):
    """The last quote that a message mentions; `at` is None if it is older than this process."""

    sid: str
    price: float
    at: float | None


@dataclass(eq=False, slots=True)
class Algorithm:
    """What is known of one algorithm."""

    name: str
    snapshot: Snapshot | None = None
    last_quote: LastQuote | None = None
    last_order: Order | None = None
    failures: int = 0
    last_failure: Failure | None = None
    showed_restart: bool = False
    joiner: Joiner = field(default_factory=Joiner)
    ids: RecentIds = field(default_factory=RecentIds)


class Board:
    """All algorithms. Times are seconds of one clock, which the caller reads."""

    def __init__(self) -> None:
        self.algorithms: dict[str, Algorithm] = {}
        self.unreadable = 0

    def take(
        self, kind: Kind, name: str, payload: bytes, now: float, *, retained: bool = False
    ) -> list[Event]:
        """Take a message from the topic `<kind>/<name>`, and return the events to show."""
        try:
            messages = read(kind, payload)
        except UnreadableError:
            self.unreadable += 1
            return []
        name = clean(name, 100)
        algorithm = self.algorithms.get(name)
        if algorithm is None:
            if len(self.algorithms) >= MAX_ALGORITHMS:
                self.unreadable += 1
                return []
            algorithm = self.algorithms[name] = Algorithm(name)
        at = None if retained else now
        return [event for each in messages for event in self._take_one(algorithm, each, now, at)]

    def overdue(self, now: float) -> list[Event]:
        """Return the orders for which no snapshot came in time; all of them for infinity."""
        return [
            TradeEvent(algorithm.name, *joined)
            for algorithm in self.algorithms.values()
            for joined in algorithm.joiner.overdue(now)
        ]

    def _take_one(
        self, algorithm: Algorithm, message: Message, now: float, published: float | None
    ) -> list[Event]:
        match message:
            case Order():
                return self._order(algorithm, message, now)
            case Fill():
                return self._fill(algorithm, message, now)
            case Snapshot():
                return self._snapshot(algorithm, message, published)
            case Failure():
                algorithm.failures += 1
                algorithm.last_failure = message
                return [FailureEvent(algorithm.name, message)]

    def _order(self, algorithm: Algorithm, order: Order, now: float) -> list[Event]:
        if not algorithm.ids.is_new(f"order {order.id}"):
            return []
        algorithm.last_order = order
        algorithm.last_quote = LastQuote(order.sid, order.price, now)
        if order.reason and not order.quantity:
            return [RefusalEvent(algorithm.name, order)]
        return self._join(algorithm, order, now)

    def _fill(self, algorithm: Algorithm, fill: Fill, now: float) -> list[Event]:
        if not algorithm.ids.is_new(f"fill {fill.id}"):
            return []
        algorithm.joiner.filled(fill)
        # the order already shows a fill at its own quote
        return self._join(algorithm, fill, now) if fill.is_later else []

    def _join(self, algorithm: Algorithm, trade: Order | Fill, now: float) -> list[Event]:
        return [TradeEvent(algorithm.name, *each) for each in algorithm.joiner.add(trade, now)]

    def _snapshot(self, algorithm: Algorithm, snapshot: Snapshot, now: float | None) -> list[Event]:
        before = algorithm.snapshot
        if before and snapshot.seq < before.seq:
            # what a broker retains may be old; one that is published now is shown
            if now is None or algorithm.showed_restart:
                return []
            algorithm.showed_restart = True
            return [RestartEvent(algorithm.name, snapshot.seq, before.seq)]
        events: list[Event] = []
        if before is None or snapshot.seq > before.seq:
            joined = algorithm.joiner.snapshot(snapshot)
            events += [TradeEvent(algorithm.name, *each) for each in joined]
            self._last_quote(algorithm, before, snapshot, now)
        algorithm.snapshot = snapshot
        if snapshot.halt != (before.halt if before else None):
            events.append(StopEvent(algorithm.name, snapshot.halt))
        # while orders wait for their figures, they are shown first
        if snapshot != before and not algorithm.joiner.is_waiting:
            events.append(SnapshotEvent(algorithm.name, snapshot))
        return events

    def _last_quote(
        self, algorithm: Algorithm, before: Snapshot | None, snapshot: Snapshot, now: float | None
    ) -> None:
        if snapshot.last:
            if not algorithm.joiner.is_waiting_for(snapshot.last.sid):
                algorithm.last_quote = LastQuote(*snapshot.last, now)
            return
        known = {held.sid: held.price for held in before.positions} if before else {}
        for held in snapshot.positions:
            is_quoted = known.get(held.sid) != held.price or len(snapshot.positions) == 1
            # a snapshot of before an order knows an older price
            if is_quoted and not algorithm.joiner.is_waiting_for(held.sid):
                algorithm.last_quote = LastQuote(held.sid, held.price, now)
                return
