"""Questions about the past go through the whole pipeline, and survive its changes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import ROOT, eventually
from tests.support.watcher import Watcher

ANSWER = Draft202012Validator(json.loads((ROOT / "contracts/answer.schema.json").read_text()))
IDS = itertools.count()


def ask(watcher: Watcher, query: str, algo: str = "random", **options: Any) -> dict[str, Any]:
    """The reply to a question, which is asked again while nobody is there to answer."""
    replies = f"replies/{algo}/test"
    asked = str(next(IDS))

    def found() -> list[dict[str, Any]]:
        return [each for each in watcher.of(replies) if each["id"] == asked]

    def is_answered() -> bool:
        question = {"id": asked, "client": "test", "query": query, **options}
        watcher.publish(question, f"queries/{algo}")
        try:
            watcher.wait_until(lambda: bool(found()), replies, patience=2)
        except AssertionError:
            return False
        return True

    eventually(is_answered, f"a reply to {query}")
    (reply, *_) = found()
    ANSWER.validate(reply)
    return reply


def test_every_question_is_answered_from_the_journal(
    broker: Broker, parts: Parts, watch: Callable[..., Watcher], tmp_path: Path
) -> None:
    service = parts.service("--param", "threshold=0", "--journal", tmp_path / "a.db")
    parts.bridge(broker, service)
    watcher = watch(broker, "replies/#", "orders/#", "fills/#", "errors/#")
    watcher.publish({"command": "halt", "id": "h", "by": "Ann"}, "commands/random")
    watcher.publish({"command": "resume", "id": "r", "expires": "2200-01-01"}, "commands/random")
    watcher.wait("replies/random", 2)
    for n in range(20):
        quote = {"sid": "<b>&'\"", "quote": 100 + n, "ts": f"2024-01-10T10:{n:02}:00Z"}
        watcher.publish({**quote, "id": f"q{n}"})
    orders = watcher.wait("orders/random", 1)
    eventually(
        lambda: len(ask(watcher, "equity")["result"]["points"]) == 20, "all quotes in the journal"
    )
    found = ask(watcher, "orders", limit=1000)["result"]["orders"]
    published = watcher.of("orders/random")
    assert [each["order"] for each in reversed(found)] == published
    assert found[-1]["input"]["sid"] == orders[0]["sid"] == "<b>&'\""
    newest, oldest = ask(watcher, "commands")["result"]["commands"]
    assert (newest["reply"]["id"], oldest["reply"]["id"]) == ("r", "h")
    assert oldest["input"]["by"] == "Ann"
    held = ask(watcher, "positions")["result"]
    last = ask(watcher, "prices", sid="<b>&'\"")["result"]["bars"][-1]
    assert held["prices"]["<b>&'\""] == last[4] == 119.0
    assert ask(watcher, "profit")["result"]["equity"] == pytest.approx(held["equity"])
    assert ask(watcher, "parameters")["result"]["parameters"]["threshold"] == 0
    assert ask(watcher, "journal")["result"]["seq"] == 22
    wrong = ask(watcher, "order")
    assert (wrong["ok"], wrong["text"]) == (False, '"query" is \'order\': did you mean "orders"?')
    assert watcher.of("errors/random") == []


def test_after_a_swap_the_new_service_answers_and_while_it_is_gone_a_sentence_says_so(
    broker: Broker, parts: Parts, watch: Callable[..., Watcher], tmp_path: Path
) -> None:
    options = ("--param", "seed=1", "--journal", tmp_path / "a.db")
    old, new = parts.service(*options), parts.service(*options, "--standby")
    parts.bridge(broker, old)
    watcher = watch(broker, "replies/#")
    watcher.publish({"sid": "GOOG", "quote": 345, "id": "1"})
    eventually(lambda: ask(watcher, "journal")["result"]["seq"] == 1, "the decision")
    assert ask(watcher, "journal")["result"]["epoch"] == 0
    swap = {"command": "swap", "id": "s", "to": new.address, "expires": "2200-01-01"}
    watcher.publish(swap, "commands/random")
    assert watcher.wait("replies/random")[0]["outcome"] == "done"
    eventually(
        lambda: ask(watcher, "journal").get("result", {}).get("epoch") == 1,
        "the new service, once it is admitted",
    )
    new.kill()
    eventually(lambda: "is not ready" in ask(watcher, "journal").get("text", ""), "its sentence")
