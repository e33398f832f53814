"""The engine: has an algorithm decide once on each input. It uses no network, disk or clock."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from algo_service.algorithm import Algorithm
from algo_service.decisions import Batch, Decision, Failure, Input, Key, State
from algo_service.engine.account import account_of, read_account
from algo_service.engine.driver import Driver, Quote
from algo_service.engine.failure import sentence
from algo_service.engine.inputs import accept_all, keys, kind_of, outcomes
from algo_service.engine.kept_state import is_restorable
from algo_service.engine.minutes import MinuteValues
from algo_service.engine.tally import Tally
from algo_service.engine.warm_up import History, begin_warm, warm_up_again
from algo_service.errors import AlgoServiceError, HandOverError
from algo_service.journal.memory import MemoryStore
from algo_service.journal.recent import pack
from algo_service.journal.store import DecisionStore, StoredRun, TakeOver
from algo_service.parameters import merge, renamed
from portfolio import Parameter, ParameterError, Portfolio

log = logging.getLogger(__name__)

_NO_PORTFOLIO = dict.fromkeys(Portfolio(0).snapshot())


class Engine:
    """Drives one algorithm, and keeps what it decides in a store.

    If the store holds decisions, the engine continues from them: it initialises the algorithm with
    the stored parameters and restores the stored state.

    One thread calls all methods: `initialize` first, then `take_over` if it goes on with the
    account of another algorithm, then `decide` for each batch; `snapshot` at any time between them,
    and last `hand_over` if another algorithm goes on.

    :param create: makes the algorithm, such as its class; called again if `initialize` is called
        with other parameters before the first quote.
    :param name: the algorithm's name on the wire.
    :param overrides: parameters that take precedence over those given to `initialize`.
    :param seed: used if no parameters give a seed.
    :param store: where decisions are kept; by default in memory. The caller closes it.
    :param first_seq: where the count of decisions starts, if the store holds none.
    :param history: given to the algorithm before its first quote.
    :param tally: counts what is decided.
    :raises WarmUpError: if the history is needed now, and cannot be read.
    :raises ParameterError: if the parameters in the store differ from the overrides.
    """

    def __init__(
        self,
        create: Callable[[], Algorithm],
        name: str,
        overrides: Mapping[str, Any],
        seed: int,
        store: DecisionStore | None = None,
        first_seq: int = 0,
        history: History | None = None,
        tally: Tally | None = None,
    ):
        self._create = create
        self.name = name
        self._overrides = overrides
        self._seed = seed
        self._store = MemoryStore() if store is None else store
        self._first_seq = self._seq = first_seq
        self._tally = tally or Tally()
        self.stored_peak: float | None = None
        """The highest equity that the store holds."""
        self._is_continued = False
        self._last_quote_id: str | None = None
        self._last: dict[str, Any] | None = None
        self._minute: int | None = None
        self._driver: Driver | None = None
        self._state = State(None, None)
        self.parameters: dict[str, Any] = {}
        self._stored_parameters: dict[str, Any] | None = None
        self._history = history
        run = self._store.stored_run()
        warmed = self._store.stored_warm_up()
        if run:
            self._resume(run)
        elif warmed:  # the seed that was drawn then stays
            self._seed = warmed.warm_up.parameters["seed"]

    @property
    def parameters_to_come(self) -> dict[str, Any]:
        """The parameters that do not depend on `initialize`: the seed and the overrides."""
        return self.parameters or {"seed": self._seed, **self._overrides}

    @property
    def _declared(self) -> Iterable[Parameter] | None:
        return getattr(self._create, "PARAMETERS", None)

    @property
    def is_restorable(self) -> bool:
        """Whether the algorithm's own state can be kept: it has `save` and `load`, or `SAVED`."""
        return is_restorable(self._create)

    @property
    def has_begun(self) -> bool:
        """Whether an input was decided, or an account taken over."""
        return self._is_continued or self._seq > self._first_seq

    @property
    def under_way(self) -> Input | None:
        """The input that is decided on now, for log lines."""
        return self._driver.under_way if self._driver else None

    @property
    def portfolio(self) -> Portfolio | None:
        """That of the algorithm; None before `initialize`."""
        return self._driver.portfolio if self._driver else None

    @property
    def seq(self) -> int:
        """The count of decisions."""
        return self._seq

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        """Prepare the algorithm and return the channels that it wants.

        The engine gives it the history then, and again if the parameters change before the first
        quote.

        After the first decision the same parameters return the channels and reset nothing. After a
        restart a parameter that is not given has its value from the store.

        :raises ParameterError: if a parameter is not allowed, or they differ from those of the
            decisions so far.
        :raises AlgoServiceError: if the algorithm does not return a list of channels.
        :raises InitializeError: if the algorithm's own lines raise.
        :raises WarmUpError: if the history cannot be read to its end.
        :raises JournalError: if the state after it cannot be kept.
        """
        if not isinstance(params, Mapping):
            raise ParameterError(f"the parameters are {params!r:.80}: they have to be a map")
        parameters = self._merge(params)
        if self._driver and parameters == self.parameters:
            return self._driver.channels
        if self.has_begun:
            raise ParameterError(
                f"{self.name} has started with {_difference(self.parameters, parameters)}:"
                " to use other parameters, restart the service, with another journal if it has one"
            )
        return self._start(parameters).channels

    def decide(self, messages: Iterable[Any], now: float = 0.0) -> list[Decision | Failure]:
        """Decide on each input in turn, and keep the decisions before they are returned.

        A duplicate gets the first decision again, and changes nothing. An input that fails leaves
        portfolio and algorithm as they were (of an algorithm without `save` and `load`: the
        portfolio).

        :param messages: quotes as in contracts/quote.schema.json#/$defs/canonical, whose prices are
            converted to floats in place; data; commands as in contracts/command.schema.json.
        :param now: the caller's time, in seconds since 1970. It is kept with the decisions, and
            commands expire by it; nothing else depends on it.
        :return: one entry per message.
        :raises AlgoServiceError: if the algorithm was not initialised.
        :raises JournalError: if the decisions cannot be kept; then nothing was decided.
        """
        driver = self._initialized()
        accepted = accept_all(messages, self._store.content_of)
        fresh: dict[Key, Input] = {}
        found = outcomes(accepted, self._store.find(keys(accepted)), fresh)
        decided = self._decide(driver, fresh, now) if fresh else {}
        return [decided[each] if isinstance(each, tuple) else each for each in found]

    def hand_over(self) -> dict[str, Any]:
        """Return what another algorithm goes on with (contracts/account.schema.json).

        :raises AlgoServiceError: if the algorithm was not initialised.
        :raises JournalError: if the latest decisions cannot be read.
        """
        account = account_of(self._initialized().portfolio)
        return {
            "algo": self.name,
            "seq": self._seq,
            **account,
            "recent": pack(self._store.recent()),
        }

    def take_over(self, given: Any, epoch: int) -> None:
        """Go on with the account that another algorithm has handed over, before the first input.

        What `initialize` has led to stays, except for cash, positions and profit.

        :param given: what `hand_over` of the other one has returned.
        :raises HandOverError: if this one has decided anything, or the account cannot be read.
        :raises AlgoServiceError: if the algorithm was not initialised.
        :raises JournalError: if it cannot be kept; then nothing has changed.
        """
        driver = self._initialized()
        if self._seq > self._first_seq:
            raise HandOverError(
                f"{self.name} has decided {self._seq - self._first_seq:,} inputs here, and takes"
                " nothing over: start it anew, with a journal of its own if it has one"
            )
        account = read_account(given, self.name)
        # a count in memory begins above all that were counted before
        seq = account.seq if self._store.is_durable else max(self._seq, account.seq)
        try:
            driver.portfolio.take_over(account.portfolio)
            after = driver.state
            self._store.take_over(
                TakeOver(epoch, seq, self.parameters, after, account.recent, account.text)
            )
        except BaseException:
            driver.restore(self._state)
            raise
        self._state, self._is_continued = after, True
        self._first_seq = self._seq = seq
        self._last_quote_id = next(
            (key[1] for _, key, *_ in reversed(account.recent) if kind_of(key[0]) == "quote"), None
        )

    def _initialized(self) -> Driver:
        if self._driver is None:
            raise AlgoServiceError("initialize has not been called: call it before the first quote")
        return self._driver

    def _decide(
        self, driver: Driver, fresh: dict[Key, Input], now: float
    ) -> dict[Key, Decision | Failure]:
        inputs = list(fresh.values())
        quote = next((each for each in reversed(inputs) if each.kind == "quote"), None)
        last = quote and _last(quote.message)  # now: the algorithm may change the map
        before, seq = self._state, self._seq + len(inputs)
        minutes = None
        if self._store.is_durable:
            minutes = MinuteValues(driver.portfolio, self._minute)
        try:
            decisions, after = driver.run(inputs, before, now, minutes)
            driver.under_way = None
            values = minutes.values() if minutes else []
            batch = Batch(self.parameters, inputs, decisions, before, after, seq, now, values)
            self._store.commit(batch)
        except BaseException as error:
            driver.under_way = None
            driver.restore(before)
            self._store.note_rollback(len(inputs), sentence(error))
            raise
        self._state, self._seq = after, seq
        if values:
            self._minute = values[-1].minute
        if quote:
            self._last, self._last_quote_id = last, quote.key[1]
        self._tally.add(batch)
        return dict(zip(fresh, decisions, strict=True))

    def _merge(self, params: Mapping[str, Any]) -> dict[str, Any]:
        layers = (params, self._overrides)
        return merge(self._declared, *layers, seed=self._seed, stored=self._stored_parameters)

    def _start(self, parameters: dict[str, Any]) -> Driver:
        driver = Driver(self._create, self.name, parameters)
        warmed = self._store.stored_warm_up()
        before = renamed(self._declared, warmed.warm_up.parameters) if warmed else {}
        begin_warm(driver, self._history, self._store, self.name, parameters, before)
        self._driver, self.parameters, self._state = driver, parameters, driver.state
        return driver

    def _resume(self, run: StoredRun) -> None:
        self._seed = run.parameters["seed"]
        self._stored_parameters = run.parameters
        parameters = self._merge({})
        before = renamed(self._declared, run.parameters)
        if parameters != before:
            raise ParameterError(
                f"the journal of {self.name} was started with {_difference(before, parameters)}:"
                " other parameters need another journal"
            )
        driver = Driver(self._create, self.name, parameters)
        if self._history:
            warm_up_again(driver, self._history, self._store, self.name, run)
        driver.restore(run.state)
        self._driver, self.parameters = driver, parameters
        if run.state.portfolio is None:
            log.warning(
                "the journal of %s is older than accounts of returned orders: the account begins"
                " now, with the starting cash and nothing held",
                self.name,
            )
        self._state = run.state
        self._first_seq, self._seq, self._last_quote_id = run.first, run.seq, run.quote_id
        self._is_continued = True
        self._minute, self.stored_peak = run.minute, run.peak

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain data (contracts/portfolio.schema.json)."""
        portfolio = self.portfolio
        return {
            "algo": self.name,
            "seq": self._seq,
            "quote_id": self._last_quote_id,
            "last": self._last,
            "parameters": self.parameters,
            **(portfolio.snapshot() if portfolio else _NO_PORTFOLIO),
        }


def _last(quote: Quote) -> dict[str, Any]:
    """Return what a snapshot shows of the last quote; no store keeps it."""
    return {"sid": quote["sid"], "price": quote["quote"], "ts": quote.get("ts")}


def _difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    return ", ".join(f"{name}={before.get(name)!r}, not {now.get(name)!r}" for name in names)
