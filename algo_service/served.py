"""The algorithm that a service serves: open, or a standby that has not opened its journal."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from algo_service.engine.engine import Engine
from algo_service.errors import AlgoServiceError, HandOverError, StandbyError
from algo_service.journal.open import journal_file, open_store
from algo_service.journal.sqlite import SqliteStore
from algo_service.journal.standing import standing_of
from algo_service.journal.store import DecisionStore
from algo_service.loader import absolute, load
from algo_service.parameters import merge
from portfolio import Portfolio

if TYPE_CHECKING:
    from algo_service.history import FeedHistory


class ServedAlgorithm:
    """One algorithm, its engine and its store.

    `open` and `acquire` open the store and make the engine, which continues from it; `release`
    closes both. Where it is not open it is a standby: another service may have the journal open.
    One thread makes it and calls all methods.

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
        self._spec = spec
        self.own_name, self._algorithm = load(spec)
        """The built-in's name, or that of the class."""
        self.name = name or self.own_name
        self._overrides = overrides
        self._seed = secrets.randbelow(2**32)
        # a wrong parameter of the service's own is found now, not at the first initialize
        merge(getattr(self._algorithm, "PARAMETERS", None), overrides, seed=self._seed)
        self._journal = journal
        self.file: Path | None = None if journal is None else journal_file(journal, self.name)
        self._accept_incomplete = accept_incomplete
        self._keep_inputs = keep_inputs
        self._history = history
        self._engine: Engine | None = None
        self._store: DecisionStore | None = None

    @property
    def is_open(self) -> bool:
        """Whether it decides; if not, it is a standby."""
        return self._engine is not None

    @property
    def engine(self) -> Engine:
        """What decides.

        :raises StandbyError: if this is a standby.
        """
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
        _ = self.engine
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

        :raises JournalError: if it cannot be read.
        """
        assert self.file is not None
        if isinstance(self._store, SqliteStore):
            found = self._store.standing()
        else:
            found = standing_of(self.file)
        return {**found._asdict(), "is_open": self.is_open, "file": str(self.file)}

    def acquire(self, epoch: Any) -> dict[str, Any]:
        """Open the journal, unless it is open, and keep the epoch in it.

        :param epoch: above that of the journal, so that a call that comes late takes it from
            nobody; of a journal that is open already it may be the same.
        :return: as `standing`.
        :raises HandOverError: if the epoch is not.
        :raises AlgoServiceError: as `open`; then the epoch is not kept.
        """
        if type(epoch) is not int or epoch < 1:
            raise HandOverError(f"acquire({epoch!r:.80}): an epoch is a whole number above 0")
        if self._store is not None:
            assert isinstance(self._store, SqliteStore)
            before = self._store.standing().epoch
            if epoch < before:
                raise self._too_old(epoch, before)
            if epoch > before:
                self._store.note_acquired(epoch)
            return self.standing()
        store = self._opened()
        assert isinstance(store, SqliteStore)
        try:
            before = store.standing().epoch
            if epoch <= before:
                raise self._too_old(epoch, before)
        except BaseException:
            store.close()
            raise
        self._begin(store, epoch)
        return self.standing()

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
        )

    def _begin(self, store: DecisionStore, epoch: int | None = None) -> None:
        try:
            history = self._history() if self._history else None
            # Readers ignore a snapshot whose seq is lower than the last one's: a service that has
            # lost its count has to start from above all that it counted before.
            first_seq = 0 if store.is_durable else time.time_ns() // 1000
            engine = Engine(
                self._algorithm, self.name, self._overrides, self._seed, store, first_seq, history
            )
            if epoch is not None:
                assert isinstance(store, SqliteStore)
                store.note_acquired(epoch)
            store.note_start(absolute(self._spec))
            if history and not engine.has_begun:
                history.check()  # a mistake in it is known now, not at the first initialize
        except BaseException:
            store.close()
            raise
        self._store, self._engine = store, engine

    def _too_old(self, epoch: int, before: int) -> AlgoServiceError:
        return HandOverError(
            f"acquire({epoch}) comes too late: the journal {self.file} has epoch {before} by now"
        )
