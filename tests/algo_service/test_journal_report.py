"""What `algo-service journal` says of an account."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from algo_service import Engine
from algo_service.journal.report import summary
from algo_service.journal.sqlite import SqliteStore
from portfolio import Portfolio


class Buyer:
    """Buys for what a quote says; a portfolio of its own."""

    def initialize(self, params: dict[str, Any]) -> list[str]:
        self.portfolio = Portfolio.from_params({**params, "commission": 0.01})
        return ["quotes"]

    def event(self, data: dict[str, Any]) -> None:
        if data.get("buy"):
            self.portfolio.buy(data, data["buy"])


def journal(path: Path, *quotes: dict[str, Any], cash: float = 10_000) -> str:
    """The summary of a journal after some quotes."""
    engine = Engine(Buyer, "buyer", {}, seed=7, store=SqliteStore(path, "buyer"))
    engine.initialize({"cash": cash})
    engine.decide({"id": str(n), "channel": "quotes", **quote} for n, quote in enumerate(quotes))
    engine._store.close()
    return "\n".join(summary(path))


def test_equity_and_profit_are_those_of_all_positions_at_their_last_quotes(tmp_path: Path) -> None:
    text = journal(
        tmp_path / "a.db",
        {"sid": "GOOG", "quote": 100.0, "buy": 5000.0},
        {"sid": "BTC", "quote": 64000.0, "buy": 7.68},
        {"sid": "GOOG", "quote": 110.0},
    )
    lines = dict(line.split(maxsplit=1) for line in text.splitlines())
    assert lines["cash"] == "4,942.24"
    assert lines["equity"] == "10,449.92"
    assert lines["profit"] == "449.92"
    assert lines["fees"] == "50.08"
    assert (
        "position    50 GOOG, bought for 5,000.00, at 110.00 worth 5,500.00, unrealised 500.00\n"
        in f"{text}\n"
    )
    assert "0.00012 BTC, bought for 7.68, at 64,000.00 worth 7.68, unrealised 0.00" in text


def test_before_any_trade_equity_is_the_cash(tmp_path: Path) -> None:
    text = journal(tmp_path / "a.db", {"sid": "GOOG", "quote": 100.0})
    assert "equity      10,000.00\nprofit      0.00\n" in text


def test_an_account_in_bitcoin_has_the_digits_that_it_needs(tmp_path: Path) -> None:
    text = journal(
        tmp_path / "a.db",
        {"sid": "GOOG", "quote": 0.002, "buy": 0.1},
        {"sid": "GOOG", "quote": 0.0021},
        cash=0.5,
    )
    assert "equity      0.504000\nprofit      0.004000\n" in text
    assert "50 GOOG, bought for 0.100000, at 0.0021 worth 0.105000, unrealised 0.005000" in text


def test_where_no_price_is_known_no_number_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        Portfolio, "save", lambda self, save=Portfolio.save: {**save(self), "prices": {}}
    )
    text = journal(tmp_path / "a.db", {"sid": "GOOG", "quote": 100.0, "buy": 5000.0})
    assert "equity      unknown: no price is known of GOOG\n" in text
    assert "profit      unknown: no price is known of GOOG\n" in text
    assert "position    50 GOOG, bought for 5,000.00, no price known" in text
