"""The engine: drives one algorithm, quote by quote. Knows no network and no clock.

Serving live and backtesting are two callers of it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import random
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, cast

from algo_service import state
from algo_service.algorithm import Algorithm
from algo_service.errors import AlgoServiceError, ParameterError, QuoteError
from algo_service.failure import own_traceback, sentence
from algo_service.ledger import Begun, Decision, Entry, Failure, Key, Ledger, Memory, State
from algo_service.orders import complete, encode
from algo_service.parameters import merge
from algo_service.quotes import accept
from portfolio import Portfolio

log = logging.getLogger(__name__)


class _Fresh(NamedTuple):
    """A quote that has not been decided yet."""

    digest: bytes
    quote: dict[str, Any]


class Engine:
    """Drives one algorithm.

    A ledger with decisions in it is gone on with: the algorithm is initialised with the parameters
    that it holds, and has the state that they left.

    :param create: makes the algorithm, such as its class; called anew if it is initialised
        anew before its first quote.
    :param name: the algorithm's name on the wire.
    :param overrides: parameters that win over those given to `initialize`.
    :param seed: the one to use where no parameters give any.
    :param ledger: where decisions are kept; by default in memory.
    :param first_seq: where the count of decisions begins, if the ledger does not tell.
    :raises ParameterError: if the ledger was begun with parameters other than the overrides.
    """

    def __init__(
        self,
        create: Callable[[], Algorithm],
        name: str,
        overrides: Mapping[str, Any],
        seed: int,
        ledger: Ledger | None = None,
        first_seq: int = 0,
    ):
        self._create = create
        self.name = name
        self._overrides = overrides
        self._seed = seed
        self._ledger = Memory() if ledger is None else ledger
        self._first_seq = self._seq = first_seq
        self._last_quote_id: str | None = None
        self._algorithm: Algorithm | None = None
        self._portfolio: Portfolio | None = None
        self._said_ignored = False
        self._state = State(None, None)
        self._channels: list[str] = []
        self.parameters: dict[str, Any] = {}
        begun = self._ledger.begun()
        if begun:
            self._resume(begun)

    @property
    def parameters_to_come(self) -> dict[str, Any]:
        """The parameters that hold whatever `initialize` is given: the seed and the overrides."""
        return self.parameters or {"seed": self._seed, **self._overrides}

    @property
    def is_restorable(self) -> bool:
        """Whether the algorithm has `save` and `load`, so that its own state can be kept."""
        return all(callable(getattr(self._create, name, None)) for name in ("save", "load"))

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        """Prepare the algorithm and return the channels that it wants.

        Once a quote was decided the same parameters return the channels and reset nothing.

        :raises ParameterError: if a parameter is not allowed, or they are others than those that
            the algorithm has begun with.
        :raises AlgoServiceError: if the algorithm's answer is no list of channels.
        """
        if not isinstance(params, Mapping):
            raise ParameterError(f"the parameters are {params!r:.80}: they have to be a map")
        declared = getattr(self._create, "PARAMETERS", None)
        parameters = merge(declared, params, self._overrides, seed=self._seed)
        if self._algorithm and parameters == self.parameters:
            return self._channels
        if self._seq > self._first_seq:
            raise ParameterError(
                f"{self.name} has begun with {_difference(self.parameters, parameters)}:"
                " to begin anew, restart the service, with another journal if it has one"
            )
        self._start(parameters)
        return self._channels

    def decide(self, quotes: Iterable[Any]) -> list[Decision | Failure]:
        """Decide on each quote in turn, and keep the decisions before they are returned.

        A quote that was seen before gets the decision of then, and changes nothing. One that
        fails leaves portfolio and algorithm as they were (an algorithm without `save` and `load`:
        the portfolio).

        :param quotes: maps as in contracts/quote.schema.json#/$defs/canonical; their prices are
            made floats in place.
        :return: one entry per quote.
        :raises AlgoServiceError: if the algorithm was not initialised.
        :raises JournalError: if the decisions cannot be kept; then nothing was decided.
        """
        if self._algorithm is None:
            raise AlgoServiceError("initialize has not been called: call it before the first quote")
        fresh: dict[Key, _Fresh] = {}
        outcomes = [self._outcome(quote, fresh) for quote in quotes]
        decided = self._decide(fresh) if fresh else {}
        return [decided[each] if isinstance(each, tuple) else each for each in outcomes]

    def _outcome(self, quote: Any, fresh: dict[Key, _Fresh]) -> Decision | Failure | Key:
        """Return what is known of a quote, or its key after adding it to the fresh ones."""
        try:
            quote = accept(quote)
        except QuoteError as error:
            return {"error": sentence(error), "traceback": ""}
        key = quote["channel"], quote["id"]
        digest = _digest(quote)
        seen = fresh.get(key) or self._ledger.find(key)
        if seen is None:
            fresh[key] = _Fresh(digest, quote)
            return key
        if seen.digest != digest:
            used = QuoteError(f'id used before: "{key[1]}" on {key[0]}, with other content')
            return {"error": sentence(used), "traceback": ""}
        return key if isinstance(seen, _Fresh) else seen.decision

    def _decide(self, fresh: dict[Key, _Fresh]) -> dict[Key, Decision | Failure]:
        try:
            decisions = self._run([each.quote for each in fresh.values()])
            decided = dict(zip(fresh, decisions, strict=True))
            entries = [Entry(key, fresh[key].digest, decided[key]) for key in fresh]
            after = self._current_state()
            self._ledger.commit(self.parameters, entries, after, self._seq + len(entries))
        except BaseException:
            self._restore(self._state)
            raise
        self._state = after
        self._seq += len(entries)
        self._last_quote_id = entries[-1].key[1]
        return decided

    def _run(self, quotes: list[dict[str, Any]]) -> list[Decision | Failure]:
        if not self.is_restorable:
            return [self._attempt(quote) for quote in quotes]
        try:
            return [self._event(quote) for quote in quotes]
        except BaseException:
            # One of them failed, and may have changed the algorithm before it did: go back to
            # where the batch began, and from then on take note of the state before each quote.
            self._restore(self._state)
        decisions = []
        for quote in quotes:
            before = self._current_state()
            decision = self._attempt(quote)
            if "error" in decision:
                self._restore(before)
            decisions.append(decision)
        return decisions

    def _attempt(self, quote: dict[str, Any]) -> Decision | Failure:
        try:
            return self._event(quote)
        # whatever it is: sys.exit() in an algorithm is its mistake, not the operator's wish
        except BaseException as error:
            if self._portfolio:
                self._portfolio.undo()
            own = "" if isinstance(error, AlgoServiceError) else own_traceback(error)
            return {"error": sentence(error), "traceback": own}

    def _event(self, quote: dict[str, Any]) -> Decision:
        algorithm, portfolio = self._algorithm, self._portfolio
        assert algorithm is not None
        if portfolio is None:
            orders = complete(algorithm.event(quote), self.name, quote)
            return {"orders": [encode(order) for order in orders], "fills": []}
        portfolio.begin(self.name, quote)
        returned = algorithm.event(quote)
        if returned is not None and not self._said_ignored:
            self._said_ignored = True
            log.warning(
                "event returned %.80r, which is not looked at: orders are those of self.portfolio",
                returned,
            )
        return {
            "orders": [encode(order) for order in portfolio.orders],
            "fills": [encode(fill) for fill in portfolio.fills],
        }

    def _start(self, parameters: dict[str, Any]) -> None:
        algorithm = self._create()
        # An algorithm that draws from the module `random` is reproducible too.
        random.seed(parameters["seed"])
        # `cash` is another name of `starting_cash`, for the reader as for the giver.
        cash = {"cash": parameters["starting_cash"]} if "starting_cash" in parameters else {}
        channels = _channels(algorithm.initialize({**parameters, **cash}))
        portfolio = getattr(algorithm, "portfolio", None)
        self._algorithm, self.parameters, self._channels = algorithm, parameters, channels
        self._portfolio = portfolio if isinstance(portfolio, Portfolio) else None
        self._state = self._current_state()

    def _resume(self, begun: Begun) -> None:
        self._seed = begun.parameters["seed"]
        declared = getattr(self._create, "PARAMETERS", None)
        parameters = merge(declared, begun.parameters, self._overrides, seed=self._seed)
        if parameters != begun.parameters:
            raise ParameterError(
                f"the journal of {self.name} was begun with"
                f" {_difference(begun.parameters, parameters)}: give others another journal"
            )
        self._start(parameters)
        self._restore(begun.state)
        self._state = begun.state
        self._first_seq, self._seq, self._last_quote_id = 0, begun.seq, begun.quote_id

    def _current_state(self) -> State:
        return State(
            state.encode(self._portfolio.save()) if self._portfolio else None,
            state.encode(cast(Any, self._algorithm).save()) if self.is_restorable else None,
        )

    def _restore(self, before: State) -> None:
        if self._portfolio and before.portfolio is not None:
            self._portfolio.load(state.decode(before.portfolio))
        if self.is_restorable and before.algorithm is not None:
            cast(Any, self._algorithm).load(state.decode(before.algorithm))

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain data (contracts/portfolio.schema.json)."""
        held: dict[str, Any] = {"cash": None, "positions": None, "equity": None}
        if self._portfolio is not None:
            held = self._portfolio.snapshot()
        return {
            "algo": self.name,
            "seq": self._seq,
            "quote_id": self._last_quote_id,
            "parameters": self.parameters,
            **held,
        }


def _channels(answer: Any) -> list[str]:
    channels = list(answer) if isinstance(answer, list | tuple) else []
    if not channels or not all(isinstance(channel, str) and channel for channel in channels):
        raise AlgoServiceError(
            f"initialize returned {answer!r:.80}: it has to return the list of the channels that"
            " the algorithm wants, such as ['quotes']"
        )
    return channels


def _difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    return ", ".join(f"{name}={before.get(name)!r}, not {now.get(name)!r}" for name in names)


def _digest(quote: Mapping[str, Any]) -> bytes:
    # the order of the fields does not matter: another feed may write it differently
    content = json.dumps(quote, sort_keys=True, default=repr)
    return hashlib.blake2b(content.encode(), digest_size=16).digest()
