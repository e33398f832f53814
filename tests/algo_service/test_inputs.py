"""Inputs that are not quotes: commands and data; and two algorithms in one process."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from algo_service import Engine
from algo_service.journal.memory import MemoryStore
from algo_service.journal.sqlite import SqliteStore
from algo_service.journal.store import DecisionStore
from portfolio import Portfolio


class Trader:
    """Buys for 100 cash on every quote, and on data for what the data asks."""

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        self.portfolio = Portfolio.from_params(params)
        self.seen: list[str] = []
        self.last: dict[str, Any] = {}
        return ["quotes", "data/news/#"]

    def event(self, data: dict[str, Any]) -> None:
        self.seen.append(data["id"])
        if data.get("fail"):
            raise ValueError("told to")
        if data["channel"] == "quotes":
            self.last = data
            self.portfolio.buy(data, 100)
        elif data.get("buy"):
            self.portfolio.buy(self.last, data["buy"])

    def save(self) -> dict[str, Any]:
        return {"seen": list(self.seen), "last": dict(self.last)}

    def load(self, data: dict[str, Any]) -> None:
        self.seen, self.last = list(data["seen"]), dict(data["last"])


class Returner:
    """Has no portfolio: returns its orders."""

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        return ["quotes", "data/#"]

    def event(self, data: dict[str, Any]) -> Any:
        return {"side": data.get("side", "buy"), "sid": "GOOG", "quantity": 1.0}


def nested(levels: int) -> list[Any]:
    inner: list[Any] = []
    for _ in range(levels):
        inner = [inner]
    return inner


def quote(n: int, price: float = 100.0, **fields: Any) -> dict[str, Any]:
    return {"sid": "GOOG", "quote": price, "id": str(n), "channel": "quotes", **fields}


def data(message_id: str, **fields: Any) -> dict[str, Any]:
    return {"channel": "data/news/goog", "id": message_id, **fields}


def command(name: str, command_id: str = "c", **fields: Any) -> dict[str, Any]:
    return {"channel": "commands/algo", "id": command_id, "command": name, **fields}


Make = Callable[..., Engine]


@pytest.fixture(params=["memory", "sqlite"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Makes an engine on a store of each kind."""
    names = itertools.count()

    def maker(algorithm: Any = Trader, store: DecisionStore | None = None, **params: Any) -> Engine:
        if store is None:
            is_memory = request.param == "memory"
            path = tmp_path / f"{next(names)}.db"
            store = MemoryStore() if is_memory else SqliteStore(path, "algo")
        engine = Engine(algorithm, "algo", {}, seed=1, store=store)
        engine.initialize({"cash": 1000, **params})
        return engine

    return maker


def reply(decision: Any) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(decision["reply"])
    return answer


def orders(decision: Any) -> list[dict[str, Any]]:
    return [json.loads(text) for text in decision["orders"]]


def test_a_halt_stops_buying_until_a_person_resumes_it(make: Make) -> None:
    """After a halt each buy is an order of nothing, with the reason; after a resume it is not."""
    engine = make()
    first, halt, refused, resume, bought = engine.decide(
        [
            quote(1),
            command("halt", "h", by="ann", reason="it is late"),
            quote(2),
            command("resume", "r", by="bob", expires="2026-01-01T00:00:00Z"),
            quote(3),
        ]
    )
    assert orders(first)[0]["amount"] == orders(bought)[0]["amount"] == 100
    (order,) = orders(refused)
    assert (order["quantity"], order["asked"]) == (0.0, 100.0)
    assert "it is late" in order["reason"]
    assert "ann" in order["reason"]
    answer = reply(halt)
    assert {key: answer[key] for key in ("id", "algo", "command", "by", "outcome", "waiting")} == {
        "id": "h",
        "algo": "algo",
        "command": "halt",
        "by": "ann",
        "outcome": "done",
        "waiting": [],
    }
    assert answer["halt"] == "it is late"
    assert reply(resume)["halt"] is None
    assert engine.snapshot()["halt"] is None


def test_a_halt_and_a_limits_stop_leave_each_other_in_force(make: Make) -> None:
    """Resume does not end a limit's stop, and reset does not end a halt."""
    engine = make(max_drawdown=0.009)
    engine.decide([quote(1), quote(2, 10.0), command("halt", "h")])
    (reset,) = engine.decide([command("reset", "r")])
    assert reply(reset)["outcome"] == "done"
    assert (reply(reset)["halt"], reply(reset)["stop"]) == ("halt", None)
    assert orders(engine.decide([quote(3, 10.0)])[0])[0]["quantity"] == 0
    engine.decide([quote(4, 1.0)])
    (resume,) = engine.decide([command("resume", "s", expires="2026-01-01")])
    assert reply(resume)["outcome"] == "done"
    assert reply(resume)["halt"] is None
    assert reply(resume)["stop"].startswith("max_drawdown: ")


def test_what_a_command_finds_done_it_leaves_unchanged(make: Make) -> None:
    """A second halt, a resume without a halt, a reset without a stop, a flatten of nothing."""
    engine = make()
    expires = "2026-01-01"
    outcomes = [
        reply(each)["outcome"]
        for each in engine.decide(
            [
                command("resume", "1", expires=expires),
                command("reset", "2"),
                command("halt", "3"),
                command("halt", "4"),
                command("flatten", "5", expires=expires),
            ]
        )
    ]
    assert outcomes == ["unchanged", "unchanged", "done", "unchanged", "unchanged"]


def test_flatten_sells_everything_at_the_next_quote_of_each(make: Make) -> None:
    """The reply lists the sales, and each fills at its instrument's next quote."""
    engine = make()
    engine.decide([quote(1), quote(2, 50.0, sid="AAPL")])
    (flatten,) = engine.decide([command("flatten", "f", expires="2026-01-01")])
    answer = reply(flatten)
    assert answer["outcome"] == "done"
    assert answer["halt"] == "flatten"
    assert [(each["sid"], each["quantity"]) for each in answer["waiting"]] == [
        ("AAPL", 2.0),
        ("GOOG", 1.0),
    ]
    assert [order["id"] for order in orders(flatten)] == [
        "algo:commands/algo:f:0",
        "algo:commands/algo:f:1",
    ]
    assert flatten["fills"] == []
    (goog,) = engine.decide([quote(3, 120.0)])
    (fill,) = [json.loads(text) for text in goog["fills"]]
    assert (fill["side"], fill["order_id"], fill["price"]) == (
        "sell",
        "algo:commands/algo:f:1",
        120.0,
    )
    engine.decide([quote(4, 40.0, sid="AAPL")])
    assert engine.snapshot()["positions"] == {}
    assert engine.snapshot()["cash"] == pytest.approx(1000 + 20 - 20)


def test_a_command_is_decided_once(make: Make) -> None:
    """The same command again gets the same reply, and does nothing."""
    engine = make()
    first = engine.decide([command("halt", "h")])
    engine.decide([command("resume", "r", expires="2026-01-01")])
    assert engine.decide([command("halt", "h")]) == first
    assert engine.snapshot()["halt"] is None
    (other,) = engine.decide([command("reset", "h")])
    assert other["error"] == (
        'InputError: id used before: "h" on commands/algo, with other content'
    )


def test_an_expired_command_is_refused_and_says_so(make: Make) -> None:
    """After its expiry a flatten does nothing; tried again with the clock back, neither."""
    engine = make()
    engine.decide([quote(1)])
    late = command("flatten", "f", expires="2026-01-01T00:00:00Z")
    (refused,) = engine.decide([dict(late)], now=1_767_225_601.0)
    assert reply(refused)["outcome"] == "refused"
    assert reply(refused)["text"].startswith("flatten has expired, at 2026-01-01T00:00:00Z")
    assert engine.decide([dict(late)], now=0.0) == [refused]
    assert engine.snapshot()["halt"] is None
    (in_time,) = engine.decide([late | {"id": "g"}], now=1_767_225_600.0)
    assert reply(in_time)["outcome"] == "done"


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (command("hlat"), '"command" is \'hlat\': did you mean "halt"?'),
        (
            command("halt", resaon="x"),
            '"resaon" is not a field of a command: did you mean "reason"',
        ),
        (command("halt", by=[]), '"by" is []: it has to be a text of 1 to 256 characters'),
        ({**command("halt"), "command": []}, '"command" is []; there is flatten, halt'),
        ({**command("halt"), 5: 6}, '"5" is not a field of a command'),  # type: ignore[dict-item]
        (data("1", a=nested(5000)), "the message is nested too deeply"),
        (command("halt", by=5), '"by" is 5: it has to be a text of 1 to 256 characters'),
        (command("halt", reason="x" * 1001), '"reason" is '),
        (command("flatten"), '"expires" is missing: flatten needs the time until which'),
        (command("resume", expires="soon"), '"expires": '),
        (command("halt", 7), '"id" is 7: it has to be a text'),  # type: ignore[arg-type]
        (data(""), "\"id\" of the message on data/news/goog is ''"),
        (data("1", ts="01/02/2024"), ""),
        (
            {"channel": "executions/algo", "id": "1"},
            "an execution report on executions/algo is refused",
        ),
    ],
)
def test_a_message_that_breaks_the_contract_is_refused(
    make: Make, message: dict[str, Any], sentence: str
) -> None:
    """The sentence names the field, the value and the nearest right answer; nothing is decided."""
    engine = make()
    before = engine.snapshot()
    (refused,) = engine.decide([message])
    assert sentence in refused["error"]
    assert refused["type"] in ("CommandError", "InputError")
    assert engine.snapshot() == before


def test_data_reaches_the_algorithm_and_changes_no_price(make: Make) -> None:
    """Data comes in order with quotes; its message may have any field, a price among them."""
    engine = make()
    first, second, third = engine.decide(
        [quote(1), data("d", sid="GOOG", quote=1.0, score=[1, {"a": 2}]), quote(2)]
    )
    assert second == {"orders": [], "fills": []}
    assert first["orders"]
    assert third["orders"]
    assert engine._driver._algorithm.seen == ["1", "d", "2"]  # type: ignore[union-attr]
    assert engine.snapshot()["positions"]["GOOG"]["price"] == 100.0
    assert engine.snapshot()["quote_id"] == "2"


def test_an_order_placed_on_data_waits_for_the_next_quote(make: Make) -> None:
    """Data fills nothing: what is bought on it fills at the instrument's next quote."""
    engine = make()
    _, placed = engine.decide([quote(1), data("d", buy=50)])
    (order,) = orders(placed)
    assert (order["id"], order["quote_id"]) == ("algo:data/news/goog:d:0", "1")
    assert placed["fills"] == []
    (filled,) = engine.decide([quote(2, 50.0)])
    assert json.loads(filled["fills"][0])["order_id"] == order["id"]


def test_an_algorithm_without_a_portfolio_may_return_orders_on_data(make: Make) -> None:
    """They have the last price of their instrument, and need one."""
    engine = make(Returner)
    unpriced, _, priced = engine.decide([data("d"), quote(1), data("e", side="sell")])
    assert unpriced["error"].startswith("OrderError: the order's sid is 'GOOG': no quote of it")
    (order,) = orders(priced)
    assert (order["id"], order["price"], order["side"]) == (
        "algo:data/news/goog:e:0",
        100.0,
        "sell",
    )
    (filled,) = engine.decide([quote(2, 110.0)])
    assert [json.loads(text)["side"] for text in filled["fills"]] == ["sell", "buy"]


def test_data_that_fails_leaves_no_trace(make: Make) -> None:
    """The algorithm is as it was before, and the next input is decided."""
    engine, undisturbed = make(), make()
    messages = [quote(1), data("bad", fail=True), data("d", buy=50), command("halt", "h"), quote(2)]
    outcomes = engine.decide([dict(each) for each in messages])
    assert outcomes[1]["error"] == "ValueError: told to"
    assert outcomes[1]["place"].endswith(", in event")
    del messages[1], outcomes[1]
    assert undisturbed.decide(messages) == outcomes
    expected = undisturbed.snapshot()
    assert engine.snapshot() == {**expected, "seq": engine.snapshot()["seq"]}


def test_a_halt_outlives_a_restart(tmp_path: Path, make: Make) -> None:
    """A journal keeps a person's halt, and the sales of a flatten that still wait."""
    store = SqliteStore(tmp_path / "j", "algo")
    engine = make(store=store)
    engine.decide([quote(1), command("flatten", "f", by="ann", expires="2026-01-01")])
    store.close()
    store = SqliteStore(tmp_path / "j", "algo")
    engine = make(store=store)
    assert engine.snapshot()["halted"] == {"reason": "flatten", "by": "ann", "id": "f"}
    (sold,) = engine.decide([quote(2)])
    assert [json.loads(text)["side"] for text in sold["fills"]] == ["sell"]
    assert orders(sold)[0]["quantity"] == 0
    store.close()


class Drawer:
    """Bets what the module `random` says."""

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        self.portfolio = Portfolio(params["cash"])
        self.drawn = random.random()
        return ["quotes"]

    def event(self, data: dict[str, Any]) -> None:
        self.portfolio.buy(data, 1 + 10 * random.random())


def test_two_algorithms_in_one_process_do_not_share_random(make: Make) -> None:
    """Each draws from the module `random` what it would draw alone."""
    quotes = [quote(n) for n in range(20)]
    alone = make(Drawer).decide([dict(each) for each in quotes])
    first, second = make(Drawer), make(Drawer)
    mixed = [[], []]  # type: list[list[Any]]
    for each in quotes:
        mixed[0] += first.decide([dict(each)])
        mixed[1] += second.decide([dict(each)])
    assert mixed[0] == mixed[1] == alone
