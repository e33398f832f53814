"""Which messages become which notices."""

from __future__ import annotations

import json
from typing import Any

from algo_service.discovery.record import AlgoRecord
from algo_service.notify.notice import Notice
from algo_service.notify.observer import TOPICS_OF, Observer, Topic
from tests.algo_service.watch.wire import fill, order, snapshot

HALTED = {"reason": "news", "by": "Ann", "id": "h1"}
STOP = "max_drawdown: the equity is 22.00% below its peak"


def record(state: Any, instance: str = "a" * 16) -> bytes:
    """The record of `random`, as its service publishes it."""
    since = "2026-11-28T10:00:00.000Z"
    fields = ("random", state, "random", 4, "tcp://algo:4242", ["quotes"], {}, since, instance)
    return AlgoRecord(*fields).payload().encode()


class Told:
    """An observer, and the texts of what it has told last."""

    def __init__(self) -> None:
        self.observer = Observer()
        self.last: list[Notice] = []

    def take(self, topic: Topic, message: Any, algo: str = "random") -> list[str]:
        payload = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.last = self.observer.take(topic, algo, payload, 0.0)
        return [notice.text for notice in self.last]


def test_an_order_a_cut_one_and_a_refused_one_are_three_different_lines() -> None:
    told = Told()
    assert told.take("orders", order(1, "buy", 2.5, 100.0)) == ["random: buy 2.5 GOOG at 100.00"]
    assert told.last[0].kind == "orders"
    cut = order(2, "buy", 1, 100.0, reason="max_exposure: 100 is left")
    assert told.take("orders", cut) == [
        "random: buy 1 GOOG at 100.00, cut: max_exposure: 100 is left"
    ]
    assert told.last[0].kind == "orders"
    refused = order(3, "buy", 0, 100.0, reason="halted by Ann: news")
    assert told.take("orders", refused) == [
        "random: buy of GOOG at 100.00 refused: halted by Ann: news"
    ]
    assert told.last[0].kind == "refusals"


def test_an_array_is_all_its_orders_and_one_that_comes_again_is_none() -> None:
    told = Told()
    both = [order(1, "buy", 1, 100.0), order(2, "sell", 1, 110.0)]
    assert len(told.take("orders", both)) == 2
    assert told.take("orders", both) == []
    assert told.take("fills", fill(1, "buy", 1, 100.0)) == ["random: bought 1 GOOG at 100.00"]
    assert told.take("fills", fill(1, "buy", 1, 100.0)) == []
    assert told.take("fills", fill(2, "sell", 1, 110.0)) == ["random: sold 1 GOOG at 110.00"]


def test_a_halt_and_the_stop_of_a_limit_are_told_apart_when_they_begin_and_end() -> None:
    told = Told()
    assert told.take("portfolios", snapshot(1, 1000.0)) == []
    person = {**snapshot(2, 1000.0, halt="halted by Ann: news"), "halted": HALTED}
    assert told.take("portfolios", person) == ["random: buying is halted by Ann: news"]
    assert told.last[0].kind == "halts"
    assert told.last[0].is_urgent
    both = {**snapshot(3, 1000.0, halt=f"halted by Ann: news; {STOP}"), "halted": HALTED}
    assert told.take("portfolios", both) == [f"random: a limit has stopped buying: {STOP}"]
    assert told.last[0].kind == "stops"
    assert told.last[0].is_urgent
    other_figures = {**both, "seq": 4, "halt": f"{both['halt']}, and more"}
    assert told.take("portfolios", other_figures) == []
    assert told.take("portfolios", snapshot(5, 1000.0, halt=STOP)) == ["random: buying is resumed"]
    assert told.take("portfolios", snapshot(6, 1000.0)) == ["random: the stop of a limit is over"]


def test_an_older_snapshot_changes_nothing() -> None:
    told = Told()
    told.take("portfolios", snapshot(5, 1000.0))
    assert told.take("portfolios", snapshot(4, 1000.0, halt=STOP)) == []


def test_a_service_that_was_started_again_with_another_journal_is_told_of_as_before() -> None:
    told = Told()
    told.take("algos", record("online"))
    told.take("portfolios", snapshot(5000, 1000.0))
    told.take("algos", record("online", "b" * 16))
    assert told.take("portfolios", snapshot(1, 1000.0, halt=STOP)) == [
        f"random: a limit has stopped buying: {STOP}"
    ]
    told.take("portfolios", b"")
    assert told.take("portfolios", snapshot(0, 1000.0)) == ["random: the stop of a limit is over"]


def test_stops_and_halts_alone_need_the_records_as_well() -> None:
    assert all("algos" in TOPICS_OF[kind] for kind in ("stops", "halts"))


def test_the_halt_that_a_bridge_retains_is_told_once_beside_that_of_the_snapshot() -> None:
    told = Told()
    retained = {**HALTED, "since": "2026-11-28T10:00:00.000Z"}
    assert told.take("halts", retained) == ["random: buying is halted by Ann: news"]
    person = {**snapshot(2, 1000.0, halt="halted by Ann: news"), "halted": HALTED}
    assert told.take("portfolios", person) == []
    assert told.take("halts", b"") == []
    assert told.take("portfolios", snapshot(3, 1000.0)) == ["random: buying is resumed"]
    assert told.take("halts", retained) == ["random: buying is halted by Ann: news"]
    assert told.take("halts", b"") == ["random: buying is resumed"]


def test_a_loss_is_urgent_and_so_is_the_return_and_an_orderly_end_is_not() -> None:
    told = Told()
    assert told.take("algos", record("online")) == []
    lost = "random is lost: the broker no longer hears of the service at tcp://algo:4242"
    assert told.take("algos", record("lost")) == [lost]
    assert told.last[0].is_urgent
    assert told.take("algos", record("lost")) == []
    assert told.take("algos", record("online")) == ["random is back, at tcp://algo:4242"]
    assert told.last[0].is_urgent
    assert told.take("algos", record("offline")) == ["random has ended"]
    assert not told.last[0].is_urgent
    assert told.take("algos", b"") == ["random is forgotten"]


def test_what_was_lost_before_the_start_is_told_and_what_had_ended_is_not() -> None:
    assert "is lost" in Told().take("algos", record("lost"))[0]
    assert Told().take("algos", record("offline")) == []


def test_a_service_that_was_started_again_is_told_and_one_that_says_its_channels_is_not() -> None:
    told = Told()
    told.take("algos", record("online"))
    assert told.take("algos", record("online")) == []
    again = told.take("algos", record("online", "b" * 16))
    assert again == ["random was started again, at tcp://algo:4242"]


def test_an_error_is_its_code_and_reason_in_one_line() -> None:
    told = Told()
    error = {"code": "not_json", "reason": "the text is\nno JSON"}
    assert told.take("errors", error) == [
        "random: not_json: the text is\N{REPLACEMENT CHARACTER}no JSON"
    ]
    assert told.last[0].kind == "errors"


def test_what_cannot_be_read_is_counted() -> None:
    told = Told()
    for topic, payload in (
        ("orders", b"\xff"),
        ("portfolios", b"[]"),
        ("halts", b'{"reason": 1, "id": "h"}'),
        ("halts", b"[]"),
        ("algos", b"{}"),
        ("errors", b"1"),
    ):
        assert told.take(topic, payload) == []  # type: ignore[arg-type]
    assert told.observer.unreadable == 6
