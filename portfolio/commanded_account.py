"""A trading account that a person can stop, start again and empty."""

from __future__ import annotations

from typing import Any

from portfolio.execution.pending import unsold
from portfolio.quote import Quote
from portfolio.risk.halt import Halt
from portfolio.trading_account import TradingAccount


class CommandedAccount(TradingAccount):
    """Does what a person's command asks for; the engine calls it after `begin_other`.

    A person's halt and a limit's stop are two things, and each leaves the other in force:
    `resume_buying` ends the one, `reset` the other.
    """

    @property
    def halt(self) -> str | None:
        """Why all buying is stopped: a person's halt, a limit's stop, or both; None if neither."""
        if self._halt is None:
            return self._limits.halt
        stop = self._limits.halt
        return f"{self._halt.text}; {stop}" if stop else self._halt.text

    @property
    def halted(self) -> dict[str, Any] | None:
        """The `reason` of a person's halt, `by` whom, and the `id` of the command; None without."""
        return self._halt and self._halt._asdict()

    @property
    def limit_stop(self) -> str | None:
        """Why a limit has stopped all buying; None if none has."""
        return self._limits.halt

    def halt_buying(self, reason: str, by: str | None, command_id: str) -> bool:
        """Stop all buying until `resume_buying`, and cancel the buys that wait.

        Sales go on. A buy that is asked for from now on is an order with a quantity of 0.

        :param by: the name of the person, if it was given.
        :return: whether this halt is in force now; False if one was before, which stays.
        """
        if self._halt is not None:
            return False
        if self._before is None:
            self._note()
        self._halt = Halt(reason, by, command_id)
        self._cancel_buys(self._halt.text)
        return True

    def resume_buying(self) -> str | None:
        """End a person's halt; a limit's stop stays in force.

        :return: the reason of the halt; None if there was none.
        """
        if self._before is None:
            self._note()
        halt, self._halt = self._halt, None
        return halt.reason if halt else None

    def reset(self) -> str | None:
        """End a limit's stop, and measure losses from the present equity; a halt stays in force.

        :return: the reason of the stop; None if there was none.
        """
        stop = self._limits.halt
        self._limits.reset(self.equity)
        return stop

    def flatten(self) -> None:
        """Place a sale of what is held of each instrument and no pending sale sells yet.

        Each waits for the next trusted quote of its instrument, wherever other orders fill. If the
        costs are more than the sale brings then and the cash, it does not fill: that is among the
        `rejections`, and the position is still held.
        """
        if self.is_warming_up:
            return
        if self._before is None:
            self._note()
        under_way = self._input or {}
        for sid in sorted(self.positions):
            quantity = unsold(self._venue.pending, sid, self.quantity(sid))
            last = self.prices[sid]
            amount = quantity * last
            if amount > 0:  # 0 also of a quantity so small that its value vanishes
                data: Quote = {"sid": sid, "quote": last, "id": under_way.get("id", "")}
                self._place("sell", data, quantity, amount, waits=True)
