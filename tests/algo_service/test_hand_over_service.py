"""The account of an algorithm is handed over between real services, by real calls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zerorpc

from tests.algo_service.conftest import Service

Serve = Callable[..., Service]
Connect = Callable[[Service], zerorpc.Client]

OLD = ("--algo", "random", "--name", "algo", "--param", "seed=7", "--param", "fill=next")
NEW = ("--algo", "sma_cross", "--name", "algo")


def quotes(first: int, last: int) -> list[dict[str, Any]]:
    return [
        {"sid": "GOOG", "quote": 100.0 + n % 7, "id": str(n), "channel": "quotes"}
        for n in range(first, last)
    ]


def refusal(call: Callable[..., Any], *args: object) -> str:
    with pytest.raises(zerorpc.RemoteError) as raised:
        call(*args)
    return str(raised.value.name)


def test_a_service_that_was_killed_after_its_hand_over_decides_nothing_when_it_is_back(
    serve: Serve, connect: Connect, tmp_path: Path
) -> None:
    """Until it is told to; and the other one goes on, with what the answer held."""
    options = (*OLD, "--journal", tmp_path / "old.db")
    first = serve(*options)
    old = connect(first)
    old.initialize({})
    decided = old.events(quotes(0, 30))
    account = old.hand_over(1)
    first.process.kill()
    again = serve(*options)
    old = connect(again)
    assert refusal(old.initialize, {}) == "HandedOverError"
    assert refusal(old.event, quotes(30, 31)[0]) == "HandedOverError"
    assert "algo was handed over to another algorithm, and decides nothing" in again.process.output
    assert old.journal()["handed_over"]
    new = connect(serve(*NEW, "--journal", tmp_path / "new.db", "--standby"))
    assert refusal(new.take_over, account, 1) == "StandbyError"
    new.acquire(1)
    assert refusal(new.take_over, account, 1) == "AlgoServiceError"  # initialize comes first
    new.initialize({})
    standing = new.take_over(account, 1)
    assert (standing["taken_over"], standing["seq"], standing["epoch"]) == (1, 30, 1)
    assert new.events(quotes(0, 30)) == decided
    assert new.snapshot()["cash"] == account["cash"]
    assert refusal(old.take_back, 1) == "HandOverError"
    assert old.take_back(2)["handed_over"] is False
    assert old.initialize({}) == ["quotes"]
    assert old.events(quotes(29, 30)) == decided[29:]


def test_a_service_in_memory_hands_over_and_takes_over(serve: Serve, connect: Connect) -> None:
    old, new = (connect(serve(*options)) for options in (OLD, NEW))
    for each in (old, new):
        each.initialize({})
        found = each.journal()
        assert (found["file"], found["is_open"], found["taken_over"]) == (None, True, None)
    assert old.journal()["id"] != new.journal()["id"]
    decided = old.events(quotes(0, 30))
    before = old.snapshot()
    account = old.hand_over(1)
    assert old.snapshot() == before
    assert [each["order_id"] for each in account["cancelled"]] == ["algo:quotes:29:0"] * bool(
        decided[29]["orders"]
    )
    new.take_over(account, 1)
    assert new.events(quotes(20, 30)) == decided[20:]
    assert new.snapshot()["cash"] == before["cash"]
    assert new.snapshot()["seq"] > before["seq"]
