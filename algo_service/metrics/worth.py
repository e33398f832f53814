"""What a portfolio is worth, as numbers that any thread may read."""

from __future__ import annotations

from typing import NamedTuple

from algo_service.engine.engine import Engine


class Worth(NamedTuple):
    """The portfolio between two calls, in cash where nothing else is said."""

    equity: float
    cash: float
    exposure: float
    """The value of every position at its instrument's last quote."""
    profit: float
    """Realised and unrealised, less fees."""
    peak: float
    """The highest equity that is known."""
    positions: int
    """Instruments that are held."""
    is_halted: bool
    """Whether a person has stopped buying."""
    is_stopped: bool
    """Whether a limit has."""

    @property
    def drawdown(self) -> float:
        """How far the equity is below its peak, as a fraction of that; 0.0 if it is there."""
        return 1 - self.equity / self.peak if self.peak > 0 else 0.0


def worth(engine: Engine, before: Worth | None) -> Worth | None:
    """Return what the portfolio is worth now; None before `initialize`. The worker calls it.

    :param before: what this returned before, for its peak.
    """
    portfolio = engine.portfolio
    if portfolio is None:
        return None
    equity = portfolio.equity
    peak = engine.stored_peak if before is None else before.peak
    return Worth(
        equity,
        portfolio.cash,
        portfolio.exposure,
        portfolio.realised + portfolio.unrealised - portfolio.fees,
        equity if peak is None else max(peak, equity),
        len(portfolio.positions),
        portfolio.halted is not None,
        portfolio.limit_stop is not None,
    )
