"""Drives one algorithm with its portfolio, quote by quote: live in batches, or over history.

It uses no network, disk or clock.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

from algo_service.algorithm import Algorithm, channels
from algo_service.decisions import Decision, Failure, State
from algo_service.engine.encoding import encode
from algo_service.engine.failure import own_place, own_traceback, sentence
from algo_service.engine.returned import complete
from algo_service.errors import AlgoServiceError, InitializeError
from algo_service.journal import codec
from algo_service.missing_package import package_advice
from algo_service.parameters import SEED, TrackedParameters
from portfolio import STARTING_CASH, OrderAccount, Portfolio, PortfolioError

log = logging.getLogger(__name__)

Quote = dict[str, Any]

TimedQuote = tuple[Quote, int | None]
"""A quote and its instant in nanoseconds since 1970, from its reader; None without a time."""

BUILT_IN_PACKAGE = "algo_service.algorithms"

CHECKED_EACH = 1024
"""Bytes of an algorithm's state for each quote of history that is not followed by a check."""

CHUNK = 1000
"""Quotes of history between two saved states; after a failure the driver restores the last one."""


class Driver:
    """An algorithm that is initialised, and its portfolio.

    One thread calls all methods.

    A quote that fails leaves portfolio and algorithm as they were (an algorithm without `save` and
    `load`: the portfolio).

    :param create: makes the algorithm, such as its class.
    :param name: the algorithm's name, for the ids of its orders.
    :param parameters: as merged.
    :raises AlgoServiceError: if `initialize` does not return a list of channels.
    :raises InitializeError: if the algorithm's own lines raise.
    :raises StateError: if what its `save` returns cannot be kept.
    """

    def __init__(
        self, create: Callable[[], Algorithm], name: str, parameters: Mapping[str, Any]
    ) -> None:
        self._name = name
        self._is_restorable = is_restorable(create)
        self._logged_ignored = False
        # An algorithm that draws from the module `random` is reproducible too.
        random.seed(parameters[SEED.name])
        # `cash` is another name of `starting_cash`, for who reads it as for who gives it.
        cash = {"cash": parameters["starting_cash"]} if "starting_cash" in parameters else {}
        given = TrackedParameters({**parameters, **cash})
        try:
            self._algorithm: Any = create()
            wanted = self._algorithm.initialize(given)
        except (AlgoServiceError, PortfolioError, KeyboardInterrupt):
            raise  # already a sentence, or the user interrupts
        except BaseException as error:
            raise InitializeError(
                f"initialize raised {sentence(error)}{own_place(error)}{package_advice(error)}",
                own_traceback(error),
            ) from None
        self.channels = channels(wanted)
        portfolio = getattr(self._algorithm, "portfolio", None)
        self._account: OrderAccount | None = None
        if not isinstance(portfolio, Portfolio):  # one that returns its orders: an account for them
            portfolio = self._account = OrderAccount.from_params(given)
        self.portfolio: Portfolio = portfolio
        if not hasattr(create, "PARAMETERS"):
            self._warn_of(given.unread)
        # The built-in algorithms keep plain data, as their own tests check.
        is_built_in = getattr(create, "__module__", "").startswith(f"{BUILT_IN_PACKAGE}.")
        self._is_checked = self._is_restorable and not is_built_in
        self._unchecked = 0
        self._check_first_state()

    def _check_first_state(self) -> None:
        try:
            _ = self.state
        except (AlgoServiceError, KeyboardInterrupt):
            raise
        except BaseException as error:
            raise InitializeError(
                f"save raised {sentence(error)}{own_place(error)}: it is called before the first"
                " quote, too",
                own_traceback(error),
            ) from None

    def _warn_of(self, unread: Iterable[str]) -> None:
        common = {SEED.name, STARTING_CASH.name, *STARTING_CASH.aliases}
        for name in unread:
            if name not in common:
                log.warning("initialize of %s does not read the parameter %s", self._name, name)

    def run(self, quotes: list[Quote], before: State) -> tuple[list[Decision | Failure], State]:
        """Decide on a batch.

        :param before: the present state.
        :return: one entry per quote, and the state after them.
        """
        try:
            decide = self._decide if self._is_restorable else self._attempt
            return list(map(decide, quotes)), self.state
        except BaseException as error:
            # A quote failed, and may have changed the algorithm before that, or the state after
            # them cannot be kept: restore the state before the batch.
            self.restore(before)
            if not self._is_restorable:
                # only if an algorithm writes to its portfolio's attributes
                return [self._failure(error)] * len(quotes), before
        # From here on save the state after each quote.
        decisions = []
        for quote in quotes:
            decision, after = self._attempt_kept(quote)
            if after is None:
                self.restore(before)
            else:
                before = after
            decisions.append(decision)
        return decisions, before

    def play(
        self,
        history: Iterable[TimedQuote],
        see: Callable[[Quote, int | None], None],
        fail: Callable[[Quote, Failure], None],
    ) -> None:
        """Decide on quotes until the history ends.

        :param history: quotes as `engine.quotes.accept` returns them, with their instants.
        :param see: called after each one, while the portfolio has its orders and fills.
        :param fail: called in its place for a quote that failed.
        :raises AlgoServiceError: if a large state cannot be kept, and the quote that caused it
            is not known any more.
        """
        before = self.state
        feed = iter(history)
        while chunk := list(islice(feed, CHUNK)):
            before = self._play(chunk, before, see, fail)

    def warm_up(
        self,
        history: Iterable[TimedQuote],
        see: Callable[[Quote, int | None], None],
        fail: Callable[[Quote, Failure], None],
    ) -> None:
        """Give history to the algorithm as `play` does; its orders are ignored."""
        self.portfolio.is_warming_up = True
        try:
            self.play(history, see, fail)
        finally:
            self.portfolio.is_warming_up = False

    def _play(
        self,
        chunk: list[TimedQuote],
        before: State,
        see: Callable[[Quote, int | None], None],
        fail: Callable[[Quote, Failure], None],
    ) -> State:
        name, begin, event = self._name, self.portfolio.begin, self._algorithm.event
        start = 0
        check = self._check if self._is_checked else None
        for n, (quote, at) in enumerate(chunk):
            try:
                begin(name, quote)
                returned = event(quote)
                if returned is not None:
                    self._take(quote, returned)
                if check is not None:
                    check()
            except KeyboardInterrupt:
                raise  # the user interrupts
            except BaseException as error:
                failure = self._take_back(error)
                if self._is_restorable:
                    # it may have changed before it raised: restore, and repeat up to here
                    self.restore(before)
                    for good, _at in chunk[start:n]:
                        self._step(good)
                    before = self._state_since(chunk[start][0])
                    start = n + 1
                fail(quote, failure)
            else:
                see(quote, at)
        return self._state_since(chunk[min(start, len(chunk) - 1)][0])

    def _check(self) -> None:
        """Make sure that the algorithm's state can be kept, so that the quote fails if it cannot.

        After each quote while the state is small. The larger the state, the less often it is
        checked, because the check takes longer than all else.
        """
        if self._unchecked:
            self._unchecked -= 1
        else:
            self._unchecked = codec.size(self._algorithm.save()) // CHECKED_EACH

    def _state_since(self, quote: Quote) -> State:
        try:
            return self.state
        except Exception as error:
            raise AlgoServiceError(
                f"{self._name} cannot be kept since a quote after {quote['id']}, and which one is"
                f" no longer known: {sentence(error)}"
            ) from error

    def _attempt(self, quote: Quote) -> Decision | Failure:
        try:
            return self._decide(quote)
        # any exception: sys.exit() in an algorithm is a mistake in it, not a request to end
        except BaseException as error:
            return self._take_back(error)

    def _attempt_kept(self, quote: Quote) -> tuple[Decision | Failure, State | None]:
        """Return the decision on a quote, and the state after it; None if the quote failed."""
        decision = self._attempt(quote)
        if "error" in decision:
            return decision, None
        try:
            return decision, self.state
        except BaseException as error:
            return self._failure(error), None

    def _take_back(self, error: BaseException) -> Failure:
        self.portfolio.undo()
        return self._failure(error)

    def _failure(self, error: BaseException) -> Failure:
        is_own = isinstance(error, AlgoServiceError | PortfolioError)
        return {"error": sentence(error), "traceback": "" if is_own else own_traceback(error)}

    def _decide(self, quote: Quote) -> Decision:
        portfolio = self.portfolio
        self._step(quote)
        return {
            "orders": [*map(encode, portfolio.orders)] if portfolio.orders else [],
            "fills": [*map(encode, portfolio.fills)] if portfolio.fills else [],
        }

    def _step(self, quote: Quote) -> None:
        self.portfolio.begin(self._name, quote)
        returned = self._algorithm.event(quote)
        if returned is not None:
            self._take(quote, returned)

    def _take(self, quote: Quote, returned: Any) -> None:
        if self._account is not None:
            self._account.take(quote, complete(returned, self._name, quote))
        elif not self._logged_ignored:
            self._logged_ignored = True
            log.warning(
                "event returned %.80r, which is ignored: orders come from self.portfolio",
                returned,
            )

    @property
    def state(self) -> State:
        """The state after the decisions so far."""
        return State(
            codec.encode(self.portfolio.save()),
            codec.encode(self._algorithm.save()) if self._is_restorable else None,
        )

    def restore(self, before: State) -> None:
        """Restore a state of this algorithm."""
        if before.portfolio is not None:  # older journals have no account for returned orders
            self.portfolio.load(codec.decode(before.portfolio))
        if self._is_restorable and before.algorithm is not None:
            self._algorithm.load(codec.decode(before.algorithm))


def is_restorable(create: Callable[[], Algorithm]) -> bool:
    """Whether the algorithm has `save` and `load`, so that its own state can be kept."""
    return all(callable(getattr(create, name, None)) for name in ("save", "load"))
