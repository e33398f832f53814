"""One input's changes to a portfolio: they can be undone, and the state after them saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portfolio.accounting.account import Account, Change, Position
from portfolio.accounting.orders import Fill, Order, Rejection
from portfolio.derived import is_after, source_time
from portfolio.execution.venue import Venue
from portfolio.risk.halt import Halt
from portfolio.risk.rules import Rules
from portfolio.risk.sizing import SeededFraction, Sizing

_FORMER_MINIMUM = 0.01
"""The smallest buy, in cash, before it was a parameter; journals of that time continue with it."""


class Transaction:
    """The input under way, what came of it, and what it has replaced in the parts of a portfolio.

    `note` comes before the first change of anything but the price of the quote's instrument;
    `undo` takes all changes back, `forget` keeps them. All calls come on one thread.
    """

    def __init__(self, account: Account, venue: Venue, rules: Rules, sizing: Sizing):
        self._account = account
        self._venue = venue
        self._rules = rules
        self._sizing = sizing
        self.algo = ""
        """The algorithm's name, for the ids of what it places."""
        self.input: Mapping[str, Any] | None = None
        """The input under way; None before the first one, and after `undo`."""
        self.has_price = True
        """Whether the input has a price; False for one that is not a quote."""
        self.price_before: float | None = None
        """The instrument's price before the quote under way; None if that was its first."""
        self.doubt: str | None = None
        """Why a limit does not trust the quote under way; None if all do."""
        self.orders: list[Order] = []
        """Placed at this input, in the order of placement."""
        self.fills: list[Fill] = []
        """Filled at this input, in the order of execution."""
        self.rejections: list[Rejection] = []
        self.is_watched = rules.has_limits or venue.waits
        """Whether a quote may do more than change a price: limits watch it, or orders wait."""
        self.times: dict[str, Any] | None = None
        """The `ts` of the latest quote of each instrument, made of no others; None if not kept."""
        self.said_spent = False
        """Whether the log has been told that the cash is spent."""
        self.before: tuple[Any, ...] | None = None
        """What was before this input; None as long as it has changed a price alone."""
        self._key: str | None = None
        self._changes: list[Change] = []
        self._valued: dict[str, float | None] = {}
        self._keeps_times = False
        self._has_begun_times = False  # at this input
        self._time_before: tuple[str, Any] | None = None

    @property
    def sid(self) -> str:
        """The instrument of the quote under way; empty at another input."""
        return self.input["sid"] if self.has_price and self.input else ""

    def note(self) -> None:
        """Keep what is before this input."""
        rules, sizing = self._rules, self._sizing
        generator = sizing.save() if isinstance(sizing, SeededFraction) else None
        states = rules.limits.states if rules.has_limits else ()
        self.before = (self._venue.state, states, rules.halt, self.said_spent, generator)

    def forget(self) -> None:
        """Keep the changes of this input, and forget what came of it."""
        self.price_before = self.doubt = self.before = self._key = None
        self.has_price = True
        self.orders, self.fills, self.rejections = [], [], []
        self._changes, self._valued = [], {}
        self._has_begun_times, self._time_before = False, None

    def keep_times(self) -> None:
        """Keep the times of quotes from the beginning, in every state."""
        self._keeps_times = self.is_watched = True
        self.times = {}

    def take_time(self, data: Mapping[str, Any]) -> None:
        """Keep the time of a quote, if it was made of no others; from the first one on that was."""
        if source_time(data) is not None:
            if self.times is None:
                self.times, self.is_watched, self._has_begun_times = {}, True, True
            return
        if self.times is None:
            return
        sid = data["sid"]
        self._time_before = sid, self.times.get(sid)
        self._set_time(sid, data.get("ts"))

    def _set_time(self, sid: str, ts: Any) -> None:
        assert self.times is not None
        if ts is None:
            self.times.pop(sid, None)
        else:
            self.times[sid] = ts

    def has_had(self, data: Mapping[str, Any]) -> bool:
        """Return whether the price of a quote was that of an earlier one, or is older."""
        ts = source_time(data)
        if ts is None or self.times is None:
            return False
        latest = self.times.get(data["sid"])
        return latest is not None and not is_after(ts, latest)

    def price_of(self, sid: str) -> float | None:
        """Return the price that another instrument had before this input; None if it had none."""
        return self._valued.setdefault(sid, self._account.prices.get(sid))

    def apply(self, fill: Fill) -> None:
        """Change the account by a fill."""
        self.fills.append(fill)
        self._changes.append(self._account.apply(fill))
        self.said_spent = self.said_spent and fill.side == "buy"

    def key(self, data: Mapping[str, Any]) -> str:
        """Return what the ids at the input under way begin with.

        It is made of the input, and not of the quote that an order is placed at: the algorithm may
        have kept that one from an earlier input, whose orders have its ids.
        """
        if self._key is None:
            made = data if self.input is None else self.input
            key = f"{self.algo}:{made.get('channel', '')}:{made.get('id', '')}"
            if self.input is None:
                return key
            self._key = key
        return self._key

    def undo(self) -> None:
        """Restore the state before this input, without its orders and fills."""
        while self._changes:
            self._account.restore(self._changes.pop())
        prices = self._account.prices
        for sid, last in {**self._valued, self.sid: self.price_before}.items():
            if last is None:
                prices.pop(sid, None)
            else:
                prices[sid] = last
        if self._has_begun_times:
            self.times = None
        elif self._time_before is not None and self.times is not None:
            self._set_time(*self._time_before)
        if self.before:
            rules = self._rules
            self._venue.state, rules.limits.states, rules.halt, *others = self.before
            self.said_spent, generator = others
            if isinstance(self._sizing, SeededFraction):
                self._sizing.load(generator)
        self.input = None
        self.forget()

    def save(self) -> dict[str, Any]:
        """Return the state that `load` restores, as plain data."""
        account, rules, sizing = self._account, self._rules, self._sizing
        return {
            "cash": account.cash,
            "realised": account.realised,
            "fees": account.fees,
            "positions": {sid: list(held) for sid, held in account.positions.items()},
            "prices": dict(account.prices),
            **self._venue.save(),
            "limits": rules.limits.states,
            "halt": rules.halt and list(rules.halt),
            "sizing": sizing.save() if isinstance(sizing, SeededFraction) else None,
            "said_spent": self.said_spent,
            "minimum_amount": rules.minimum_amount,
            **({} if self.times is None else {"times": dict(self.times)}),
        }

    def load(self, data: Mapping[str, Any]) -> None:
        """Restore the state that `save` returned."""
        account, rules = self._account, self._rules
        account.cash, account.realised = data["cash"], data["realised"]
        account.fees = data["fees"]
        account.positions = {sid: Position(*held) for sid, held in data["positions"].items()}
        account.prices = dict(data["prices"])
        self._venue.load(data)
        times = data.get("times", {} if self._keeps_times else None)
        self.times = None if times is None else dict(times)
        self.is_watched = self.is_watched or bool(self._venue.pending) or times is not None
        halt = data.get("halt")  # older states have none
        rules.halt = halt and Halt(*halt)
        rules.limits.states = data["limits"]
        rules.minimum_amount = data.get("minimum_amount", _FORMER_MINIMUM)
        if isinstance(self._sizing, SeededFraction):
            self._sizing.load(data["sizing"])
        self.said_spent = data["said_spent"]
        self.input = None
        self.forget()

    def take_over(self, data: Mapping[str, Any]) -> None:
        """Go on with an account of which the `save` of another portfolio has returned `data`.

        What belongs to the settings of this one stays, its smallest buy and its sizing; the limits
        begin with the equity.
        """
        account, own = ("cash", "realised", "fees", "positions"), self.save()
        self.load(
            {
                **own,
                **{name: data[name] for name in account},
                "prices": {**own["prices"], **data["prices"]},
                "halt": data.get("halt"),
                "said_spent": False,
            }
        )
        self._rules.limits.begin(self._account.equity)
