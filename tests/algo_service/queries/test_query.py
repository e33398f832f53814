"""The method `query` over real ZeroRPC, of a service with a journal and of one without."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zerorpc

from tests.algo_service.conftest import Service

Serve = Callable[..., Service]
Connect = Callable[[Service], zerorpc.Client]

ALWAYS = """\
class Always:
    PARAMETERS = ()
    def initialize(self, params):
        self.portfolio = Portfolio(params["starting_cash"])
        return ["quotes"]
    def event(self, data):
        if data["quote"] == 13:
            raise ValueError("13")
        if data["quote"] > 100:
            self.portfolio.sell(data)
        else:
            self.portfolio.buy(data, self.portfolio.cash)
from portfolio import Portfolio
"""


@pytest.fixture(params=["journal", "memory"])
def client(
    request: pytest.FixtureRequest, serve: Serve, connect: Connect, tmp_path: Path
) -> zerorpc.Client:
    """A client of a service that buys up to 100, sells above, and fails at 13."""
    (tmp_path / "always.py").write_text(ALWAYS)
    journal = ["--journal", tmp_path / "a.db"] if request.param == "journal" else []
    client = connect(serve("--algo", tmp_path / "always.py:Always", "--name", "a", *journal))
    client.initialize({"starting_cash": 1000.0})
    return client


def ask(client: zerorpc.Client, query: str, **options: Any) -> Any:
    reply = client.query({"query": query, **options})
    assert set(reply) == {"result"}, reply
    return json.loads(reply["result"])


def quote(n: int, price: float, **others: Any) -> dict[str, Any]:
    ts = f"2024-01-{10 + n // 60:02}T10:{n % 60:02}:00Z"
    return {"sid": "GOOG", "quote": price, "id": str(n), "channel": "quotes", "ts": ts, **others}


def test_orders_and_fills_come_as_published_newest_first_with_their_quotes(
    client: zerorpc.Client,
) -> None:
    decisions = client.events([quote(n, 50.0 + n, note="\U0001f600<b>") for n in range(5)])
    for name in ("order", "fill"):
        found = ask(client, f"{name}s", limit=2)
        placed = [json.loads(text) for each in decisions for text in each[f"{name}s"]]
        newest = [each[name] for each in found[f"{name}s"]]
        assert newest == placed[:-3:-1][: len(newest)]
        assert found["more"] == (len(placed) > 2)
        first = found[f"{name}s"][0]
        assert first["input"]["id"] == first[name]["quote_id"]
        assert first["input"]["note"] == "\U0001f600<b>"


def test_a_failed_input_is_among_the_errors_with_its_place(client: zerorpc.Client) -> None:
    client.events([quote(1, 13.0)])
    (found,) = ask(client, "errors")["errors"]
    assert (found["error"], found["type"]) == ("ValueError: 13", "ValueError")
    assert "always.py, line 8" in found["place"]
    assert 'raise ValueError("13")' in found["traceback"]
    assert found["input"]["quote"] == 13.0


def test_positions_have_their_average_cost_and_their_profit(client: zerorpc.Client) -> None:
    before = ask(client, "positions")
    assert (before["positions"], before["equity"]) == ({}, None)
    client.events([quote(1, 50.0), quote(2, 80.0)])
    found, snapshot = ask(client, "positions"), client.snapshot()
    assert found["positions"]["GOOG"]["unrealised"] == pytest.approx(600.0)
    assert found["positions"]["GOOG"]["average_cost"] == 50.0
    for name in ("seq", "cash", "equity", "exposure", "realised", "unrealised", "fees"):
        assert found[name] == pytest.approx(snapshot[name]), name
    assert found["profit"] == pytest.approx(600.0)
    assert found["prices"] == {"GOOG": 80.0}


def test_commands_tell_who_has_halted_it_and_when(client: zerorpc.Client) -> None:
    began = time.time()
    command = {"command": "halt", "id": "h", "channel": "commands/a", "by": "Ann", "reason": "news"}
    client.events([command])
    (found,) = ask(client, "commands")["commands"]
    assert found["input"] == command
    assert (found["reply"]["by"], found["reply"]["halt"]) == ("Ann", "news")
    assert found["at"] is None or began <= found["at"] <= time.time()


def test_a_wrong_question_is_answered_by_a_sentence_and_harms_nothing(
    client: zerorpc.Client,
) -> None:
    for question in ({"query": "order"}, {}, None, 5, {"query": "orders", "limit": 1e9}, [[]]):
        assert set(client.query(question)) == {"error"}
    assert ask(client, "orders") == {"orders": [], "more": False}


def test_what_is_not_in_memory_is_said(serve: Serve, connect: Connect) -> None:
    client = connect(serve())
    for query in ("equity", "profit", "journal"):
        reply = client.query({"query": query})
        assert "random keeps its latest 10,000 decisions in memory, and not " in reply["error"]


def test_the_profit_counts_from_the_day_of_the_last_quote_or_from_any_time(
    serve: Serve, connect: Connect, tmp_path: Path
) -> None:
    (tmp_path / "always.py").write_text(ALWAYS)
    options = ("--algo", tmp_path / "always.py:Always", "--journal", tmp_path / "a.db")
    client = connect(serve(*options))
    client.initialize({"starting_cash": 1000.0})
    client.events([quote(0, 50.0), quote(1, 60.0), quote(60, 80.0), quote(61, 90.0)])
    assert ask(client, "profit") == {
        "since": 1704931200.0,  # 2024-01-11
        "before": pytest.approx(1200.0),
        "equity": pytest.approx(1800.0),
        "profit": pytest.approx(600.0),
    }
    assert ask(client, "profit", since="2024-01-11T10:01:00Z")["before"] == pytest.approx(1600.0)
    assert ask(client, "profit", since="2020-01-01")["profit"] == pytest.approx(800.0)
    curve = ask(client, "equity")
    assert [point[1] for point in curve["points"]] == pytest.approx([1000, 1200, 1600, 1800])


def test_a_standby_and_a_service_that_has_handed_over_say_so(
    serve: Serve, connect: Connect, tmp_path: Path
) -> None:
    client = connect(serve("--journal", tmp_path / "a.db"))
    client.initialize({})
    assert ask(client, "orders") == {"orders": [], "more": False}
    client.hand_over(1)
    assert "was handed over" in client.query({"query": "orders"})["error"]
    client.take_back(2)
    assert ask(client, "orders") == {"orders": [], "more": False}
    client.release()
    assert "is a standby here" in client.query({"query": "orders"})["error"]
    client.acquire(3)
    assert ask(client, "orders") == {"orders": [], "more": False}


def test_a_journal_without_inputs_shows_their_keys(
    serve: Serve, connect: Connect, tmp_path: Path
) -> None:
    options = ("--param", "threshold=0", "--keep-inputs", "no", "--journal", tmp_path / "a.db")
    client = connect(serve(*options))
    client.initialize({})
    client.events([quote(1, 50.0)])
    (found,) = ask(client, "orders")["orders"]
    assert found["input"] == {"channel": "quotes", "id": "1"}


def test_an_answer_is_bounded_by_leaving_out_the_oldest(
    serve: Serve, connect: Connect, tmp_path: Path
) -> None:
    (tmp_path / "always.py").write_text(ALWAYS)
    options = ("--algo", tmp_path / "always.py:Always", "--journal", tmp_path / "a.db")
    client = connect(serve(*options))
    client.initialize({"starting_cash": 1000.0})
    note = "x" * 3000
    for n in range(0, 1000, 100):
        prices = [(m, 100.0 + m % 2) for m in range(n, n + 100)]
        client.events([quote(m, price, note=note) for m, price in prices])
    reply = client.query({"query": "orders", "limit": 1000})["result"]
    found = json.loads(reply)
    assert 900_000 < len(reply) < 1_000_100
    assert found["more"] is True
    assert found["orders"][0]["order"]["quote_id"] == "999"


def test_parameters_and_versions_are_told_once_an_input_is_decided(client: zerorpc.Client) -> None:
    assert ask(client, "parameters")["parameters"] is None
    client.events([quote(1, 50.0)])
    found = ask(client, "parameters")
    assert found["parameters"] == client.snapshot()["parameters"]
    assert found["versions"]["contract"] == 4
    assert found["algorithm"] is None or found["algorithm"].endswith("always.py:Always")


def test_prices_come_as_bars_with_the_orders_on_them(client: zerorpc.Client) -> None:
    client.events([quote(n, 50.0 + n) for n in range(3)])
    found = ask(client, "prices", sid="GOOG")
    assert [bar[4] for bar in found["bars"]] == [50.0, 51.0, 52.0]
    assert found["orders"][0]["order"]["quote_id"] == "0"
    assert found["complete"] is True


def test_a_journal_tells_its_size_and_who_has_had_it(
    serve: Serve, connect: Connect, tmp_path: Path
) -> None:
    client = connect(serve("--journal", tmp_path / "a.db"))
    client.initialize({})
    client.events([quote(1, 50.0)])
    client.release()
    client.acquire(7)
    found = ask(client, "journal", limit=2)
    assert (found["epoch"], found["seq"]) == (7, 1)
    assert found["bytes"] == (tmp_path / "a.db").stat().st_size
    assert [line["kind"] for line in found["log"]] == ["start", "acquired"]
    assert found["more"] is True
    assert found["file"] == str(tmp_path / "a.db")
