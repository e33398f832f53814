"""The metrics of `algo-service serve`, and why it is of no use just now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from prometheus_client import Histogram

from algo_service.metrics.calls import Calls
from algo_service.metrics.journal import JournalDisk
from algo_service.metrics.worth import Worth, worth
from algo_service.served import ServedAlgorithm
from telemetry.part import Part
from telemetry.readings import Read, Readings

MAX_FAILURES = 10
"""Decisions in a row that may be failures; with one more the algorithm counts as broken."""

_CALL = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)
_COMMIT = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)

State = Literal["starting", "serving", "ending"]


class ServiceMetrics:
    """What one service tells of itself.

    The service's worker makes it, before it opens the journal, and calls `note` after whatever may
    have changed the portfolio; the main thread sets `state`. Any thread reads `part`.

    :param stalled: as of `Part`.
    """

    def __init__(self, served: ServedAlgorithm, calls: Calls, stalled: Callable[[], str | None]):
        self.state: State = "starting"
        self._served = served
        self._calls = calls
        self._worth: Worth | None = None
        self._disk = None if served.file is None else JournalDisk(served.file)
        self.part = Part("algo", served.name, self.reasons, stalled)
        readings = Readings(self.part.registry, algo=served.name)
        self._add_decisions(readings)
        self._add_worth(readings)
        if self._disk is not None:
            self._add_journal(readings, self._disk)
        calls.observe = self._histogram(
            "tickwire_algo_call_seconds", "How long the calls with inputs took", _CALL
        )

    def note(self) -> None:
        """Note what the portfolio is worth now."""
        try:
            decides = self._served.decides
            self._worth = worth(self._served.engine, self._worth) if decides else None
        except Exception:  # of an author's own portfolio: decisions do not depend on it
            self._worth = None

    @property
    def equity(self) -> float | None:
        """What the portfolio was worth after the latest call; None before the first one."""
        return self._worth.equity if self._worth else None

    def reasons(self) -> list[str]:
        """Return why quotes are not decided here, as sentences; none if they are.

        A service that no bridge has initialized yet is of use: it waits for one.
        """
        served = self._served
        if self.state != "serving":
            return [f"the service is {self.state}"]
        if not served.is_open:
            return [f"this is a standby: it has not opened its journal {served.file}"]
        if served.has_handed_over:
            return [f"{served.name} was handed over to another algorithm, and decides nothing here"]
        found = self._calls.reasons()
        tally = served.tally
        if (row := tally.failures_in_a_row) > MAX_FAILURES:
            found.append(f"the last {row:,} inputs have failed, the latest by {tally.last_failure}")
        if self._disk is not None:
            found += self._disk.reasons()
        return found

    def _add_decisions(self, readings: Readings) -> None:
        tally, calls = self._served.tally, self._calls
        readings.counters(
            "tickwire_algo_decisions_total",
            "Inputs that were decided, by their kind",
            "kind",
            lambda: tally.decisions,
        )
        readings.counter(
            "tickwire_algo_failures_total",
            "Inputs at which the algorithm failed",
            lambda: tally.failures,
        )
        readings.counters(
            "tickwire_algo_orders_total",
            "Orders, placed as asked for, cut by a limit, or refused",
            "outcome",
            lambda: tally.orders,
        )
        readings.counter("tickwire_algo_fills_total", "Fills", lambda: tally.fills)
        readings.counter(
            "tickwire_algo_calls_failed_total",
            "Calls with inputs that led to no decision at all, as with a full disk",
            lambda: calls.failed,
        )
        readings.gauge(
            "tickwire_algo_last_decision_timestamp_seconds",
            "When the latest call was decided; 0 before the first one",
            lambda: calls.last_decision,
        )

        readings.gauge(
            "tickwire_algo_standby",
            "Whether it is a standby, which waits for its journal",
            lambda: self.state == "serving" and not self._served.is_open,
        )

    def _add_worth(self, readings: Readings) -> None:
        def read(of: Callable[[Worth], float]) -> Read:
            return lambda: None if (noted := self._worth) is None else of(noted)

        for name, about, of in _WORTH:
            readings.gauge(f"tickwire_algo_{name}", about, read(of))

    def _add_journal(self, readings: Readings, disk: JournalDisk) -> None:
        readings.gauge(
            "tickwire_algo_journal_bytes", "Size of the journal, its -wal included", disk.size
        )
        readings.gauge(
            "tickwire_algo_journal_free_bytes", "Free space on the journal's disk", disk.free
        )
        self._served.on_committed = self._histogram(
            "tickwire_algo_journal_commit_seconds",
            "How long the commits of decisions to the journal took",
            _COMMIT,
        )

    def _histogram(
        self, name: str, about: str, buckets: tuple[float, ...]
    ) -> Callable[[float], None]:
        registry = self.part.registry
        made = Histogram(name, about, ["algo"], buckets=buckets, registry=registry)
        return made.labels(self._served.name).observe


_WORTH: tuple[tuple[str, str, Callable[[Worth], float]], ...] = (
    ("equity", "Cash plus the value of all positions", lambda noted: noted.equity),
    ("cash", "Cash", lambda noted: noted.cash),
    ("exposure", "The value of all positions", lambda noted: noted.exposure),
    (
        "profit",
        "Realised and unrealised profit less fees, in cash; a loss is below 0",
        lambda noted: noted.profit,
    ),
    (
        "drawdown_ratio",
        "How far the equity is below its highest, as a fraction of that",
        lambda noted: noted.drawdown,
    ),
    ("positions", "Instruments that are held", lambda noted: noted.positions),
    ("halted", "Whether a person has halted buying", lambda noted: noted.is_halted),
    ("stopped", "Whether a limit has stopped buying", lambda noted: noted.is_stopped),
)
