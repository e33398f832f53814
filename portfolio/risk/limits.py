"""Limits: each refuses or cuts orders by one rule, and gives its reason.

Limits of size and of loss cut buys alone: a sale always reduces a long position, and no limit
prevents that. Limits that distrust a quote refuse both sides, because a wrong price is wrong for a
sale, too. Limits that need the time read that of the quotes, never a clock.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any, NamedTuple

from portfolio.quote import Quote
from portfolio.reals import real
from portfolio.risk.book import Book
from portfolio.text import cash
from portfolio.times import DAY, SECOND, instant_of, nanoseconds

log = logging.getLogger(__name__)


class OrderCut(NamedTuple):
    """The part of a buy that a limit allows."""

    amount: float
    """The most that is allowed, in cash; 0 refuses it."""
    reason: str


class QuoteObservation(NamedTuple):
    """A quote that has come, and the equity before and after it."""

    data: Quote
    last: float | None
    """The instrument's price before it; None if it had none."""
    before: float
    after: float


class Limit:
    """A limit that allows everything; each kind overrides what it restricts.

    For each quote the portfolio calls `distrust`, then `watch`; for each buy at that quote it calls
    `cut`, and for an order at another instrument's quote `distrust` before. All on one thread.
    """

    state: Any = None
    """What it keeps from quote to quote: plain data, replaced and never changed in place."""

    def watch(self, seen: QuoteObservation) -> None:
        """Record a quote.

        :raises MissingTimeError: if the limit needs the quote's time, and it has none.
        """

    def distrust(self, data: Quote, last: float | None) -> str | None:
        """Return why a quote is not trusted: it values no position, and no order fills at it."""

    def cut(self, data: Quote, amount: float, book: Book) -> OrderCut | None:
        """Return the part of a buy of `amount` cash that is allowed; None if all of it is."""

    @property
    def halt(self) -> str | None:
        """The reason why all buying is stopped; None if it is not."""
        return None

    def reset(self, equity: float) -> None:
        """Resume buying from this equity, because an operator asked for it."""


class MaxOrder(Limit):
    """Cuts a buy to `most` of cash.

    Source: the maximum order values of Regulation (EU) 2017/589 (RTS 6), article 15(1)(b).
    """

    def __init__(self, most: float):
        self.most = real(most, "max_order")

    def cut(self, data: Quote, amount: float, book: Book) -> OrderCut | None:  # noqa: ARG002
        """Return the maximum, if the order is above it."""
        if amount <= self.most:
            return None
        return OrderCut(self.most, f"max_order: {cash(amount)} is above {cash(self.most)}")


class MaxPosition(Limit):
    """Cuts a buy so that the position is worth at most `most` of cash after it.

    Source: the pre-set capital thresholds of SEC rule 15c3-5, 17 CFR 240.15c3-5(c)(1)(i).
    """

    def __init__(self, most: float):
        self.most = real(most, "max_position")

    def cut(self, data: Quote, amount: float, book: Book) -> OrderCut | None:
        """Return what the position lacks of the maximum, if the order is larger."""
        sid = data["sid"]
        held = book.value(sid)
        if held + amount <= self.most:
            return None
        return OrderCut(
            max(0.0, self.most - held),
            f"max_position: {cash(held)} of {sid} and {cash(amount)} more is above"
            f" {cash(self.most)}",
        )


class _BuyingStop(Limit):
    """Refuses every buy while it has a reason to halt."""

    def cut(self, data: Quote, amount: float, book: Book) -> OrderCut | None:  # noqa: ARG002
        """Refuse, while there is a reason."""
        return OrderCut(0.0, self.halt) if self.halt else None


class MaxDailyLoss(_BuyingStop):
    """Stops buying for the rest of a day on which the equity has fallen by `fraction`.

    A day is one of UTC, by the quotes' `ts`; it is measured against the equity before its first
    quote. Source: the daily loss limit that trading firms set their traders.
    """

    def __init__(self, fraction: float):
        self.fraction = real(fraction, "max_daily_loss")

    def watch(self, seen: QuoteObservation) -> None:
        """Start a new day, or compare the equity with the start of this one."""
        day = instant_of(seen.data, "max_daily_loss") // DAY
        # late quotes of a day that is over belong to the present one
        if self.state is None or day > self.state[0]:
            self.state = (day, seen.before, None)
        day, opening, halt = self.state
        after = seen.after
        if halt is None and after < opening and after <= opening * (1 - self.fraction):
            halt = (
                f"max_daily_loss: the equity of {cash(after)} is {1 - after / opening:.2%}"
                f" below {cash(opening)}, that before the day's first quote, and"
                f" {self.fraction:.2%} ends the day; until the next one only reducing orders"
            )
            log.warning("%s", halt)
            self.state = (day, opening, halt)

    @property
    def halt(self) -> str | None:
        """The reason why buying is stopped for this day; None if it is not."""
        return self.state[2] if self.state else None

    def reset(self, equity: float) -> None:
        """Measure the rest of the day against this equity."""
        if self.state:
            self.state = (self.state[0], equity, None)


class MaxDrawdown(_BuyingStop):
    """Stops buying once the equity is `fraction` below its peak, until a person resets it.

    Source: the kill functionality of Regulation (EU) 2017/589 (RTS 6), article 12; drawdown as in
    M. Magdon-Ismail and A. Atiya, Maximum Drawdown, Risk Magazine (October 2004).
    """

    def __init__(self, fraction: float):
        self.fraction = real(fraction, "max_drawdown")

    def watch(self, seen: QuoteObservation) -> None:
        """Raise the peak, or compare the equity with it."""
        peak, halt = self.state or (seen.before, None)
        after = seen.after
        peak = max(peak, after)
        if halt is None and after < peak and after <= peak * (1 - self.fraction):
            halt = (
                f"max_drawdown: the equity of {cash(after)} is {1 - after / peak:.2%} below"
                f" its peak of {cash(peak)}, and {self.fraction:.2%} is the limit; until a person"
                " resets it only reducing orders"
            )
            log.warning("%s", halt)
        self.state = (peak, halt)

    @property
    def halt(self) -> str | None:
        """The reason why buying is stopped; None if it is not."""
        return self.state[1] if self.state else None

    def reset(self, equity: float) -> None:
        """Make this equity the peak."""
        self.state = (equity, None)


class PriceBand(Limit):
    """Refuses orders at a quote that is more than `fraction` away from its instrument's last one.

    The quote after a wrong one is as far away from it, and is not trusted either; the next one is.
    So a price that has really jumped is traded again at its second quote.
    Source: the price collars of Regulation (EU) 2017/589 (RTS 6), article 15(1)(a).
    """

    def __init__(self, fraction: float):
        self.fraction = real(fraction, "price_band")
        self.state: dict[str, float] = {}  # the last quote of instruments where it was not trusted

    def watch(self, seen: QuoteObservation) -> None:
        """Keep the price of a quote that is too far away, until the next one."""
        sid = seen.data["sid"]
        is_bad = self.distrust(seen.data, seen.last) is not None
        if is_bad or sid in self.state:
            others = {key: price for key, price in self.state.items() if key != sid}
            self.state = {**others, sid: float(seen.data["quote"])} if is_bad else others

    def distrust(self, data: Quote, last: float | None) -> str | None:
        """Return how far away the quote is, if it is too far."""
        price = float(data["quote"])
        last = self.state.get(data["sid"], last)
        if last is None or abs(price - last) <= self.fraction * last:
            return None
        return (
            f"price_band: {price:g} is {abs(price / last - 1):.2%} away from the last quote,"
            f" {last:g}, and {self.fraction:.2%} is the limit"
        )


class StaleAfter(Limit):
    """Refuses orders at a quote that is older than the newest one seen by more than `limit` s.

    Source: the reasonability checks of market data in FIA PTG, Recommendations for Risk Controls
    for Trading Firms (2010).
    """

    def __init__(self, limit: float):
        self.limit = real(limit, "stale_after")
        self._limit = nanoseconds(self.limit)

    def watch(self, seen: QuoteObservation) -> None:
        """Keep the newest time."""
        time = instant_of(seen.data, "stale_after")
        self.state = max(self._newest(time), time)

    def distrust(self, data: Quote, last: float | None) -> str | None:  # noqa: ARG002
        """Return how old the quote is, if it is too old."""
        time = instant_of(data, "stale_after")
        age = self._newest(time) - time
        if age <= self._limit:
            return None
        return (
            f"stale_after: {age / SECOND:g} s older than the newest quote, and {self.limit:g} s is"
            " the limit"
        )

    def _newest(self, otherwise: int) -> int:
        if self.state is None:
            return otherwise
        # journals of former versions hold it in seconds
        return nanoseconds(self.state) if isinstance(self.state, float) else self.state


class Limits:
    """All the limits of a portfolio."""

    def __init__(self, limits: Iterable[Limit]):
        self._limits = tuple(limits)
        self._first_states = self.states

    def __bool__(self) -> bool:
        return bool(self._limits)

    @property
    def states(self) -> tuple[Any, ...]:
        """The state of each limit."""
        return tuple(limit.state for limit in self._limits) if self._limits else ()

    @states.setter
    def states(self, states: Iterable[Any]) -> None:
        for limit, state in zip(self._limits, states, strict=True):
            limit.state = state

    @property
    def halt(self) -> str | None:
        """The reason why all buying is stopped; None if it is not."""
        return next((limit.halt for limit in self._limits if limit.halt), None)

    def watch(self, seen: QuoteObservation) -> None:
        """Record a quote in each."""
        for limit in self._limits:
            limit.watch(seen)

    def distrust(self, data: Quote, last: float | None) -> str | None:
        """Return why a quote is not trusted; None if it is."""
        return next(filter(None, (limit.distrust(data, last) for limit in self._limits)), None)

    def cut(self, data: Quote, amount: float, book: Book) -> OrderCut | None:
        """Return the part of a buy of `amount` cash that all limits allow; None if all of it is."""
        if not self._limits:
            return None
        cuts = list(filter(None, (limit.cut(data, amount, book) for limit in self._limits)))
        if not cuts:
            return None
        return OrderCut(min(cut.amount for cut in cuts), "; ".join(cut.reason for cut in cuts))

    def reset(self, equity: float) -> None:
        """Reset each limit to this equity."""
        for limit in self._limits:
            limit.reset(equity)

    def begin(self, equity: float) -> None:
        """Forget all quotes, and begin with this equity."""
        self.states = self._first_states
        self.reset(equity)
