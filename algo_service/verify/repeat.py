"""Runs the inputs of a journal again, and compares each decision with the stored one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from algo_service.algorithm import Algorithm
from algo_service.decisions import Decision, Failure, Input, Key, MinuteValue, State
from algo_service.engine.driver import Driver
from algo_service.engine.inputs import kind_of
from algo_service.engine.kept_state import is_restorable
from algo_service.engine.minutes import MinuteValues
from algo_service.errors import AlgoServiceError
from algo_service.journal import codec
from algo_service.journal.content import read
from algo_service.journal.recording import Recording, StoredBatch, StoredInput

log = logging.getLogger(__name__)

MAX_DIFFERENCES = 200
"""Differences that are kept; of others there is a count."""


@dataclass
class Difference:
    """A decision that is another one now."""

    seq: int
    key: Key
    stored: Decision | Failure
    now: Decision | Failure


@dataclass
class Comparison:
    """What running a journal again has shown."""

    inputs: int = 0
    """The number of those that were compared."""
    orders: int = 0
    """The number in the journal, of these inputs."""
    fills: int = 0
    failures: int = 0
    restarts: int = 0
    different: int = 0
    differences: list[Difference] = field(default_factory=list)
    """The first ones."""
    minutes: list[MinuteValue] = field(default_factory=list)
    """What the portfolio is worth now, by minute of quote time."""
    equity: float = 0.0
    """At the end."""
    notes: list[str] = field(default_factory=list)
    """What was not compared, or not under the same conditions, and why: sentences."""


class Repetition:
    """An algorithm that is given what a journal keeps.

    :param is_other: whether algorithm or parameters may differ from those of the journal.
    :raises AlgoServiceError: if it cannot begin where the journal begins.
    """

    def __init__(
        self,
        recording: Recording,
        create: Callable[[], Algorithm],
        parameters: Mapping[str, Any],
        is_other: bool,
    ):
        self._recording = recording
        self._create = create
        self._parameters = parameters
        self._is_restorable = is_restorable(create)
        self.comparison = Comparison()
        self._driver = self._made()
        self._state = self._begin(is_other)

    def run(self, advance: Callable[[int], None] = lambda _: None) -> Comparison:
        """Decide everything again.

        :param advance: called with how many inputs were decided since its last call.
        """
        result, recording = self.comparison, self._recording
        minutes: dict[int, MinuteValue] = {}
        done, minute = recording.first, None
        for batch in recording.batches():
            if batch.is_first_of_start and result.inputs:
                if not self._is_restorable:
                    left = recording.last - done
                    result.notes.append(
                        f"{recording.algo} has no save() and load(): what it held itself ended with"
                        f" its first restart, after decision {done:,}; the {left:,} decisions since"
                        " are not compared"
                    )
                    break
                result.restarts += 1
                self._driver = self._made()
                self._driver.restore(self._state)
            values = self._decide(batch, minute)
            for value in values:
                minutes[value.minute] = value
            minute = values[-1].minute if values else minute
            done += len(batch.inputs)
            advance(len(batch.inputs))
        result.minutes = [minutes[minute] for minute in sorted(minutes)]
        result.equity = self._driver.portfolio.equity
        return result

    def _made(self) -> Driver:
        return Driver(self._create, self._recording.algo, self._parameters)

    def _begin(self, is_other: bool) -> State:
        recording, driver, notes = self._recording, self._driver, self.comparison.notes
        algo, before = recording.algo, recording.before
        if not is_other:
            is_known = recording.begins_with_account or not recording.first
            if not self._is_restorable and (recording.has_warm_up or not is_known):
                since = "its warm-up" if is_known else f"decision {recording.first:,}"
                raise AlgoServiceError(
                    f"{algo} has no save() and load(), and its inputs are kept since {since}: what"
                    " it held itself is not in the journal, so that it cannot be repeated"
                )
            driver.restore(before)
            return driver.state
        if not recording.has_warm_up:
            if recording.begins_with_account:
                assert before.portfolio is not None, "it holds what was taken over"
                driver.portfolio.take_over(codec.decode(before.portfolio))
                notes.append("it begins with the account that was taken over")
                return driver.state
            if not recording.first:
                return driver.state  # both begin at the beginning, each with its parameters
        fresh = driver.state
        since = f"decision {recording.first:,}" if recording.first else "the warm-up"
        try:
            driver.restore(before)
            notes.append(f"it begins with cash, positions and state of the journal after {since}")
        except Exception:  # any: the state is another algorithm's
            driver.restore(State(before.portfolio, fresh.algorithm))
            notes.append(
                f"it begins with cash and positions of the journal after {since}, and with nothing"
                " else: it cannot load the state of the algorithm before"
            )
        return driver.state

    def _decide(self, batch: StoredBatch, minute: int | None) -> list[MinuteValue]:
        driver = self._driver
        for count in batch.rollbacks:
            driver.run([_input(each) for each in batch.inputs[:count]], self._state, batch.at)
            driver.restore(self._state)
        values = MinuteValues(driver.portfolio, minute)
        inputs = [_input(each) for each in batch.inputs]
        decisions, self._state = driver.run(inputs, self._state, batch.at, values)
        for each, decision in zip(batch.inputs, decisions, strict=True):
            self._compare(each, decision)
        return values.values()

    def _compare(self, stored: StoredInput, now: Decision | Failure) -> None:
        result, before = self.comparison, stored.decision
        result.inputs += 1
        if "error" in before:
            result.failures += 1
            is_same = "error" in now and before.get("type") in (None, now.get("type"))
        else:
            result.orders += len(before["orders"])
            result.fills += len(before["fills"])
            is_same = before == now
        if is_same:
            return
        result.different += 1
        if len(result.differences) < MAX_DIFFERENCES:
            result.differences.append(Difference(stored.seq, stored.key, before, now))


def _input(stored: StoredInput) -> Input:
    """Return an input with a message of its own: an algorithm may write into it."""
    _, (channel, _), content, _ = stored
    return Input(stored.key, kind_of(channel), read(content), content)
