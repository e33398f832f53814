"""A backtest over quotes that a limit does not trust: they value nothing, and stop no figure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from algo_service.backtest import Result, backtest

STALE = {"seed": 1, "cash": 1000, "stale_after": 60}

NEW, OLD = "2026-01-10T10:00:00Z", "2026-01-01T10:00:00Z"


def quotes(*rows: tuple[str, float, str]) -> list[dict[str, Any]]:
    return [{"sid": sid, "quote": price, "ts": ts} for sid, price, ts in rows]


def played(*rows: tuple[str, float, str], **options: Any) -> Result:
    return backtest("buy_and_hold", quotes(*rows), {**STALE, **options})


@pytest.mark.parametrize("keep", ["all", "chart", None])
def test_an_instrument_without_a_quote_that_is_trusted_is_in_no_comparison(
    keep: str | None, tmp_path: Path
) -> None:
    rows = [("A", 10.0, NEW), ("B", 5.0, OLD), ("B", 6.0, OLD), ("A", 20.0, NEW)]
    result = backtest("buy_and_hold", quotes(*rows), STALE, keep=keep)
    assert result.figures()["buy_and_hold"] == 1.0
    if keep:
        assert result.curve is not None
        assert result.curve.buy_and_hold()[-1] == 2000.0
        assert result.curve.instruments == 1
        result.report(tmp_path / "report.html")


def test_an_instrument_is_compared_from_its_first_quote_that_is_trusted() -> None:
    rows = [("A", 10.0, NEW), ("B", 1000.0, OLD), ("B", 5.0, NEW), ("B", 9.0, OLD), ("B", 4.0, NEW)]
    result = played(*rows)
    assert result.figures()["buy_and_hold"] == pytest.approx((1.0 + 0.8) / 2 - 1)
    assert result.equity["buy_and_hold"].tolist() == pytest.approx(
        [1000.0, 1000.0, 1000.0, 1000.0, 900.0]
    )


def test_of_an_instrument_the_prices_that_are_trusted_are_drawn() -> None:
    result = played(("A", 10.0, NEW), ("A", 1000.0, OLD), ("B", 3.0, OLD), ("A", 12.0, NEW))
    assert result.curve is not None
    drawn = {sid: [price for _, price in each.points] for sid, each in result.curve.prices.items()}
    assert drawn == {"A": [10.0, 12.0]}
