"""The algorithm that a service serves: open, or a standby that has not opened its journal."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from algo_service.engine.account import record
from algo_service.engine.engine import Engine
from algo_service.engine.tally import Tally
from algo_service.errors import (
    AlgoServiceError,
    HandedOverError,
    HandOverError,
    StandbyError,
)
from algo_service.journal.open import journal_file, open_store
from algo_service.journal.sqlite import SqliteStore
from algo_service.journal.standing import standing_of
from algo_service.journal.store import DecisionStore, Standing
from algo_service.loader import absolute, load
from algo_service.parameters import merge
from portfolio import Portfolio

if TYPE_CHECKING:
    from algo_service.history import FeedHistory


class ServedAlgorithm:
    """One algorithm, its engine and its store.

    `open` and `acquire` open the store and make the engine, which continues from it; `release`
    closes both. Where it is not open it is a standby: another service may have the journal open.
    After `hand_over` another algorithm goes on with its account, and it decides nothing until
    `take_back`. One thread makes it and calls all methods.

    :param spec: as `loader.load` takes it.
    :param name: its name on the wire; by default the built-in's or the class' name.
    :param overrides: parameters that win over those given to `initialize`.
    :param journal: as `journal.open` takes it; without one the state is in memory.
    :param accept_incomplete: continue with a journal that was copied without its -wal file.
    :param keep_inputs: keep in the journal what the decisions were made from.
    :param history: makes the history that the algorithm is given before its first quote.
    :raises AlgoServiceError: if the algorithm, a parameter or the journal's name is not valid.
    """

    def __init__(
        self,
        spec: str,
        name: str | None,
        overrides: Mapping[str, Any],
        journal: str | None = None,
        *,
        accept_incomplete: bool = False,
        keep_inputs: bool = True,
        history: Callable[[], FeedHistory] | None = None,
    ):
        self.spec = spec
        self.own_name, self.algorithm = load(spec)
        """The built-in's name, or that of the class."""
        self.name = name or self.own_name
        self._overrides = overrides
        self._seed = secrets.randbelow(2**32)
        # a wrong parameter of the service's own is found now, not at the first initialize
        merge(getattr(self.algorithm, "PARAMETERS", None), overrides, seed=self._seed)
        self._journal = journal
        self.file: Path | None = None if journal is None else journal_file(journal, self.name)
        self._accept_incomplete = accept_incomplete
        self._keep_inputs = keep_inputs
        self._history = history
        self._engine: Engine | None = None
        self._store: DecisionStore | None = None
        self._has_handed_over = False
        self.tally = Tally()
        """What was decided since the start of the process, however often the journal was opened."""
        self.on_committed: Callable[[float], None] = lambda _seconds: None
        """Called with the seconds that each commit to a journal has taken."""

    @property
    def has_handed_over(self) -> bool:
        """Whether another algorithm goes on with its account."""
        return self._has_handed_over

    @property
    def is_open(self) -> bool:
        """Whether it has a store; if not, it is a standby."""
        return self._engine is not None

    @property
    def decides(self) -> bool:
        """Whether it is open, and has not handed over its account."""
        return self.is_open and not self._has_handed_over

    @property
    def engine(self) -> Engine:
        """What decides.

        :raises StandbyError: if this is a standby.
        :raises HandedOverError: if it has handed over its account.
        """
        engine = self._open_engine
        if self._has_handed_over:
            raise HandedOverError(
                f"{self.name} was handed over after decision {engine.seq:,}: another service goes"
                " on with its account, and this one decides nothing more; if the other one has not"
                f" gone on, and will not, take_back({self.standing()['epoch'] + 1}) has this one do"
                " so"
            )
        return engine

    @property
    def _open_engine(self) -> Engine:
        if self._engine is None:
            raise StandbyError(
                f"{self.name} is a standby here, and has not opened its journal: a bridge has it do"
                f" so, at a swap ({self.file})"
            )
        return self._engine

    @property
    def store(self) -> DecisionStore:
        """Where the decisions are kept.

        :raises StandbyError: if this is a standby.
        """
        _ = self._open_engine
        assert self._store is not None
        return self._store

    def open(self) -> None:
        """Open the store, and continue from it.

        :raises AlgoServiceError: if the journal cannot be opened, is in use, or is of other
            parameters, or if the history cannot be read; then it is not open.
        """
        self._begin(self._opened())

    def standing(self) -> dict[str, Any]:
        """Return which journal this is, and how far it has come: `journal` of the contract.

        Without a journal it is the memory of this process.

        :raises JournalError: if it cannot be read.
        """
        found = self._standing()._asdict()
        if self._engine is not None:
            found["seq"] = self._engine.seq
        file = None if self.file is None else str(self.file)
        return {**found, "is_open": self.is_open, "file": file}

    def _standing(self) -> Standing:
        if self._store is not None:
            return self._store.standing()
        assert self.file is not None, "what is in memory is always open"
        return standing_of(self.file)

    def acquire(self, epoch: Any) -> dict[str, Any]:
        """Open the journal, unless it is open, and keep the epoch in it.

        :param epoch: above that of the journal, so that a call that comes late takes it from
            nobody; of a journal that is open already it may be the same.
        :return: as `standing`.
        :raises HandOverError: if the epoch is not.
        :raises AlgoServiceError: as `open`; then the epoch is not kept.
        """
        _check_epoch("acquire", epoch)
        if self._store is not None:
            assert isinstance(self._store, SqliteStore)
            before = self._store.standing().epoch
            if epoch < before:
                raise self._too_late("acquire", epoch, before)
            if epoch > before:
                self._store.note_acquired(epoch)
        else:
            self._open_anew("acquire", epoch, lambda store: store.note_acquired(epoch))
        return self.standing()

    def hand_over(self, epoch: Any) -> dict[str, Any]:
        """Decide nothing more; return what another algorithm goes on with.

        :param epoch: above the one that is kept; the same again returns the same again.
        :return: as in contracts/account.schema.json.
        :raises HandOverError: if the epoch is not.
        :raises AlgoServiceError: if there is nothing to hand over; then it decides as before.
        """
        _check_epoch("hand_over", epoch)
        engine, store = self._open_engine, self.store
        is_new = self._is_new("hand_over", epoch, is_so=self._has_handed_over)
        account = {"epoch": epoch, **engine.hand_over()}
        if is_new:
            store.note_handed_over(epoch, record(account))
            self._has_handed_over = True
        return account

    def take_over(self, account: Any, epoch: Any) -> dict[str, Any]:
        """Go on with the account that another algorithm has handed over.

        :param account: what its `hand_over` returned.
        :param epoch: not below the one that is kept; the same again changes nothing.
        :return: as `standing`.
        :raises HandOverError: if the epoch is below, or as `Engine.take_over`.
        :raises AlgoServiceError: as `engine` and `Engine.take_over`; then nothing was taken over.
        """
        _check_epoch("take_over", epoch)
        engine = self.engine
        before = self.store.standing()
        if epoch < before.epoch:
            raise self._too_late("take_over", epoch, before.epoch)
        if before.taken_over != epoch:
            engine.take_over(account, epoch)
        return self.standing()

    def take_back(self, epoch: Any) -> dict[str, Any]:
        """Decide again, as if nothing had been handed over; a standby opens its journal.

        :param epoch: above the one that is kept; the same again changes nothing.
        :return: as `standing`.
        :raises HandOverError: if the epoch is not.
        :raises AlgoServiceError: as `acquire`.
        """
        _check_epoch("take_back", epoch)
        if self._store is None:
            self._open_anew("take_back", epoch, lambda store: store.note_taken_back(epoch))
        elif self._is_new("take_back", epoch, is_so=not self._has_handed_over):
            self._store.note_taken_back(epoch)
            self._has_handed_over = False
        return self.standing()

    def _is_new(self, method: str, epoch: int, *, is_so: bool) -> bool:
        """Whether a call has not been carried out yet.

        :param is_so: whether what it asks for is the case.
        :raises HandOverError: if it comes late.
        """
        before = self.store.standing().epoch
        if epoch < before or (epoch == before and not is_so):
            raise self._too_late(method, epoch, before)
        return epoch > before

    def _open_anew(self, method: str, epoch: int, note: Callable[[SqliteStore], None]) -> None:
        """Open the journal of a standby.

        :param note: records it, once the engine continues from it.
        """
        store = self._opened()
        assert isinstance(store, SqliteStore)
        try:
            before = store.standing().epoch
            if epoch <= before:
                raise self._too_late(method, epoch, before)
        except BaseException:
            store.close()
            raise
        self._begin(store, lambda: note(store))

    def release(self) -> dict[str, Any]:
        """Close the journal, so that another service may open it; return as `standing`.

        A standby has nothing to close.

        :raises JournalError: if that cannot be recorded; then it is open as before.
        """
        if self._store is not None:
            assert isinstance(self._store, SqliteStore)
            self._store.note_released()
            self.close()
        return self.standing()

    def close(self) -> None:
        """Close the store, if it is open."""
        store, self._engine, self._store = self._store, None, None
        self._has_handed_over = False
        if store is not None:
            store.close()

    def snapshot(self) -> dict[str, Any]:
        """Return the portfolio (contracts/portfolio.schema.json); of a standby its name alone."""
        if self._engine is not None:
            return self._engine.snapshot()
        return {
            "algo": self.name,
            "seq": self.standing()["seq"],
            "quote_id": None,
            "last": None,
            "parameters": {},
            **dict.fromkeys(Portfolio(0).snapshot()),
        }

    def _opened(self) -> DecisionStore:
        return open_store(
            self._journal,
            self.name,
            accept_incomplete=self._accept_incomplete,
            keep_inputs=self._keep_inputs,
            on_committed=lambda seconds: self.on_committed(seconds),
        )

    def _begin(self, store: DecisionStore, note: Callable[[], None] = lambda: None) -> None:
        try:
            history = self._history() if self._history else None
            # Readers ignore a snapshot whose seq is lower than the last one's: a service that has
            # lost its count has to start from above all that it counted before.
            first_seq = 0 if store.is_durable else time.time_ns() // 1000
            engine = Engine(
                self.algorithm,
                self.name,
                self._overrides,
                self._seed,
                store,
                first_seq,
                history,
                self.tally,
            )
            note()
            store.note_start(absolute(self.spec))
            if history and not engine.has_begun:
                history.check()  # a mistake in it is known now, not at the first initialize
            has_handed_over = store.standing().handed_over
        except BaseException:
            store.close()
            raise
        self._store, self._engine = store, engine
        self._has_handed_over = has_handed_over

    def _too_late(self, method: str, epoch: int, before: int) -> AlgoServiceError:
        where = f"the journal {self.file}" if self.file else f"{self.name}, in memory,"
        return HandOverError(f"{method}({epoch}) comes too late: {where} has epoch {before} by now")


def _check_epoch(method: str, epoch: Any) -> None:
    if type(epoch) is not int or epoch < 1:
        raise HandOverError(f"{method}({epoch!r:.80}): an epoch is a whole number above 0")
