"""Drives one algorithm with its portfolio, quote by quote: live in batches, or over history.

It uses no network, disk or clock.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from algo_service.algorithm import Algorithm
from algo_service.decisions import Decision, Failure, Input, Key, State
from algo_service.engine.advance import UnkeptStateError, advance
from algo_service.engine.commands import carry_out
from algo_service.engine.creation import initialised
from algo_service.engine.encoding import encode_all
from algo_service.engine.failure import (
    failure_of,
    own_failure,
    own_place,
    own_traceback,
    sentence,
)
from algo_service.engine.inputs import takes_bars
from algo_service.engine.kept_state import keeper
from algo_service.engine.minutes import MinuteValues
from algo_service.engine.module_random import ModuleRandom
from algo_service.engine.returned import complete
from algo_service.errors import AlgoServiceError, InitializeError, StateError
from algo_service.journal import codec
from algo_service.parameters import SEED
from portfolio import PortfolioError

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
        self._now = 0.0
        self._logged_ignored = False
        self._random = ModuleRandom(parameters[SEED.name])
        initial = initialised(create, name, parameters)
        self._algorithm, self.channels, self.portfolio, self._account, self._publications = initial
        if takes_bars(self.channels):
            self.portfolio.keep_times()
        self._keeper = keeper(create, self._algorithm)
        self.is_restorable = self._keeper is not None
        """Whether the algorithm's own state can be kept."""
        self._transaction = self.portfolio.transaction
        self.under_way: Input | None = None
        """The input that `run` decides on now, for log lines."""
        # The built-in algorithms keep plain data, as their own tests check.
        is_built_in = getattr(create, "__module__", "").startswith(f"{BUILT_IN_PACKAGE}.")
        self._is_checked = self.is_restorable and not is_built_in
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

    def run(
        self,
        inputs: Sequence[Input],
        before: State,
        now: float = 0.0,
        minutes: MinuteValues | None = None,
    ) -> tuple[list[Decision | Failure], State]:
        """Decide on a batch.

        :param before: the present state.
        :param now: seconds since 1970; a command that has expired is refused.
        :param minutes: is shown the time of each quote before it is decided.
        :return: one entry per input, and the state after them.
        """
        self._now = now
        self._random.use()

        def timed(each: Input) -> Decision:
            assert minutes is not None
            if each.kind == "quote":
                minutes.watch(each.message.get("ts"))
            return self._decide(each)

        decide = self._decide if minutes is None else timed
        if not self.is_restorable:
            return self._attempt_all(decide, inputs, before)
        try:
            return [*map(decide, inputs)], self.state
        except BaseException:  # one of them fails, or the state after them cannot be kept
            self.restore(before)
            if minutes is not None:
                minutes.begin()
        decisions: list[Decision | Failure] = []
        decision: Decision = {"orders": [], "fills": []}

        def step(each: Input) -> None:
            nonlocal decision
            decision = decide(each)

        after = advance(
            self,
            [(each, None) for each in inputs],
            before,
            step,
            lambda *_: decisions.append(decision),
            lambda _, failure: decisions.append(failure),
            check=lambda: self.state,
        )
        return decisions, after

    def _attempt_all(
        self, decide: Callable[[Input], Decision], inputs: Sequence[Input], before: State
    ) -> tuple[list[Decision | Failure], State]:
        """Decide on a batch with an algorithm of which the portfolio alone can be restored."""
        decisions: list[Decision | Failure] = []
        for each in inputs:
            try:
                decisions.append(decide(each))
            except BaseException as error:
                decisions.append(self.take_back(error))
        try:
            return decisions, self.state
        except BaseException as error:  # only if it writes to its portfolio's attributes
            self.restore(before)
            return [_failure(error)] * len(inputs), before

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
        check = self._check if self._is_checked else None

        feed = iter(history)
        while chunk := list(islice(feed, CHUNK)):
            self._random.use()
            try:
                before = advance(
                    self, chunk, before, self._step, see, fail, check, passes=(KeyboardInterrupt,)
                )
            except UnkeptStateError as error:
                first = chunk[error.since][0]["id"]
                raise AlgoServiceError(
                    f"{self._name} cannot be kept since a quote after {first}, and which one is no"
                    f" longer known: {sentence(error.cause)}"
                ) from error.cause

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

    def _check(self) -> None:
        """Make sure that the algorithm's state can be kept, so that the quote fails if it cannot.

        After each quote while the state is small. The larger the state, the less often it is
        checked, because the check takes longer than all else.
        """
        if self._unchecked:
            self._unchecked -= 1
        elif self._keeper is not None:
            self._unchecked = codec.size(self._keeper.save()) // CHECKED_EACH

    def take_back(self, error: BaseException) -> Failure:
        """Undo what an input that failed has changed in the portfolio; return the failure."""
        self.portfolio.undo()
        if self._publications is not None:
            self._publications.clear()
        return _failure(error)

    def _decide(self, each: Input) -> Decision:
        self.under_way = each
        ts = each.message.get("ts") if self._publications is not None else None
        if each.kind == "quote":
            self._step(each.message)
            return self._decision(each.key, ts)
        self.portfolio.begin_other(self._name, *each.key)
        if each.kind == "command":
            reply = carry_out(each.message, self.portfolio, self._name, self._now)
            return {**self._decision(each.key, ts), "reply": reply}
        self._give_data(each.message)
        return self._decision(each.key, ts)

    def _decision(self, key: Key, ts: Any) -> Decision:
        placed, filled = self._transaction.orders, self._transaction.fills
        orders, fills = encode_all(placed, filled) if placed or filled else ([], [])
        decision: Decision = {"orders": orders, "fills": fills}
        if self._publications is not None and self._publications.has_waiting:
            decision["data"] = self._publications.take(f"{self._name}:{key[0]}:{key[1]}", ts)
        return decision

    def _give_data(self, message: dict[str, Any]) -> None:
        returned = self._algorithm.event(message)
        if returned is None:
            return
        if self._account is not None:
            orders = complete(returned, self._name, message, self._account.prices)
            self._account.take(message, orders)
        else:
            self._log_ignored(returned)

    def _step(self, quote: Quote) -> None:
        if self._publications is not None:
            self._publications.clear()  # nobody takes those of history
        if "of" not in quote:
            self.portfolio.begin(self._name, quote)
        elif not self.portfolio.begin_derived(self._name, quote):
            self._give_data(quote)
            return
        returned = self._algorithm.event(quote)
        if returned is None:
            return
        if self._account is not None:
            self._account.take(quote, complete(returned, self._name, quote))
        else:
            self._log_ignored(returned)

    def _log_ignored(self, returned: Any) -> None:
        if not self._logged_ignored:
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
            codec.encode(self._keeper.save()) if self._keeper is not None else None,
        )

    def restore(self, before: State) -> None:
        """Restore a state of this algorithm."""
        if self._publications is not None:
            self._publications.clear()
        if before.portfolio is not None:  # older journals have no account for returned orders
            try:
                self.portfolio.load(codec.decode(before.portfolio))
            except (ValueError, LookupError, TypeError, AttributeError) as error:
                found = f"{type(error).__name__}: {error}"
                raise StateError(f"the account that was kept cannot be read: {found}") from error
        if self._keeper is not None and before.algorithm is not None:
            self._keeper.load(codec.decode(before.algorithm))


def _failure(error: BaseException) -> Failure:
    is_own = isinstance(error, AlgoServiceError | PortfolioError)
    return failure_of(error) if is_own else own_failure(error)
