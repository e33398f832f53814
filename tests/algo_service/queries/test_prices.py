"""The prices of an instrument as bars, with the orders on it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

import pytest

from algo_service.errors import QueryError
from algo_service.journal import content, layout
from algo_service.queries import prices
from algo_service.queries.answers import answer
from algo_service.queries.question import read_question
from portfolio.times import iso_8601_full

BEGAN = 1_700_000_040
"""The beginning of a minute, in seconds since 1970."""


def quote(second: float | None, price: float, sid: str = "GOOG", **others: Any) -> dict[str, Any]:
    found = {"sid": sid, "quote": price, "channel": "quotes", **others}
    if second is not None:
        found["ts"] = iso_8601_full(int((BEGAN + second) * 10**9))
    return found


def journal(
    inputs: Iterable[dict[str, Any]], orders_at: Iterable[int] = (), keeps: bool = True
) -> sqlite3.Connection:
    """A journal of batches of ten inputs, each decided a second after the one before."""
    database = sqlite3.connect(":memory:")
    layout.create(database)
    listed, ordered = list(inputs), set(orders_at)
    for seq, message in enumerate(listed, 1):
        packed = content.encode({**message, "id": str(seq)}) if keeps else None
        row = (seq, message["channel"], str(seq), None if keeps else b"d", packed)
        database.execute("INSERT INTO decisions VALUES (?, ?, ?, ?, ?)", row)
        if seq in ordered:
            order = {"id": str(seq), "sid": message["sid"], "ts": message.get("ts")}
            order["reason"] = message.get("of")
            database.execute("INSERT INTO orders VALUES (?, 0, ?)", (seq, json.dumps(order)))
    for n, seq in enumerate([*range(10, len(listed), 10), len(listed)]):
        database.execute(
            "INSERT INTO batches (seq, at, elapsed) VALUES (?, ?, ?)", (seq, BEGAN + n, n)
        )
    return database


def ask(database: sqlite3.Connection, sid: str = "GOOG", **options: Any) -> Any:
    return json.loads(answer(database, read_question({"query": "prices", "sid": sid, **options})))


def test_few_quotes_are_bars_of_a_second_each_of_one_instrument_alone() -> None:
    found = ask(
        journal(
            [
                quote(0, 10.0),
                quote(0.5, 12.0),
                quote(1, 9.0),
                quote(2, 500.0, "GOOGL"),
                quote(3, 500.0, "A", of="GOOG"),
                {"sid": "GOOG", "value": 1, "channel": "data/x"},
            ],
            orders_at=[2, 4, 5],
        )
    )
    assert found["interval"] == 1
    assert found["bars"] == [[BEGAN, 10, 12, 10, 12], [BEGAN + 1, 9, 9, 9, 9]]
    assert [each["order"]["id"] for each in found["orders"]] == ["2"]
    assert found["orders"][0]["time"] == BEGAN + 0.5
    assert found["complete"] is True


def test_many_quotes_are_bars_of_the_shortest_interval_that_fits() -> None:
    database = journal(quote(n, 100.0 + n % 60) for n in range(600))
    found = ask(database, points=10)
    assert found["interval"] == 60
    assert found["bars"] == [[BEGAN + 60 * n, 100, 159, 100, 159] for n in range(10)]
    assert ask(database, points=9)["interval"] == 300
    assert ask(database, points=600)["interval"] == 1


def test_quotes_that_carry_bars_keep_their_highs_and_lows() -> None:
    bar = quote(0, 10.0, open=9.0, high=11.0, low="none")
    assert ask(journal([bar]))["bars"] == [[BEGAN, 9, 11, 9, 10]]


def test_a_late_quote_is_in_the_bar_of_its_time() -> None:
    found = ask(journal([quote(0, 10.0), quote(5, 20.0), quote(0, 8.0)]))
    assert found["bars"] == [[BEGAN, 10, 10, 8, 8], [BEGAN + 5, 20, 20, 20, 20]]


def test_a_quote_without_a_time_has_that_of_its_decision() -> None:
    found = ask(journal((quote(None, 10.0 + n) for n in range(15)), orders_at=[11]))
    assert found["bars"] == [[BEGAN, 10, 19, 10, 19], [BEGAN + 1, 20, 24, 20, 24]]
    assert found["orders"][0]["time"] == BEGAN + 1


def test_a_span_has_its_bars_and_orders_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prices, "_CHUNK", 7)
    database = journal((quote(n, 10.0) for n in range(100)), orders_at=range(1, 101))
    found = ask(database, **{"from": BEGAN + 20, "to": BEGAN + 24})
    assert [bar[0] for bar in found["bars"]] == [BEGAN + n for n in range(20, 25)]
    assert [each["time"] for each in found["orders"]] == [BEGAN + n for n in range(20, 25)]
    assert found["complete"] is True


def test_what_is_left_out_is_the_oldest_and_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prices, "_CHUNK", 10)
    monkeypatch.setattr(prices, "MAX_READ", 50)
    found = ask(journal((quote(n, 10.0) for n in range(100)), orders_at=range(1, 101)))
    assert [bar[0] for bar in found["bars"]] == [BEGAN + n for n in range(50, 100)]
    assert len(found["orders"]) == 50
    assert found["complete"] is False


def test_the_latest_thousand_orders_are_given_with_all_the_prices() -> None:
    found = ask(journal((quote(n, 10.0) for n in range(1500)), orders_at=range(1, 1501)))
    assert len(found["bars"]) == 1500
    assert [each["seq"] for each in found["orders"]] == list(range(501, 1501))
    assert found["complete"] is False


def test_an_instrument_that_there_is_not_has_no_bars() -> None:
    assert ask(journal([quote(0, 1.0)]), "MSFT")["bars"] == []
    assert ask(journal([]), "MSFT")["bars"] == []


def test_a_journal_without_inputs_says_that_it_has_no_prices() -> None:
    with pytest.raises(QueryError, match="keeps no inputs"):
        ask(journal([quote(0, 1.0)], keeps=False))


def test_each_interval_is_a_multiple_of_the_one_before() -> None:
    for shorter, longer in zip(prices.INTERVALS, prices.INTERVALS[1:], strict=False):
        assert longer % shorter == 0
