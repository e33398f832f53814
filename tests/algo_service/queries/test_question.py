"""Questions about the past: which are valid, and what the others are told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from algo_service.errors import QueryError
from algo_service.queries.question import Question, read_question
from tests.support.processes import ROOT

EXAMPLES = json.loads((ROOT / "contracts/examples/query.json").read_text())


def of_backend(message: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name not in ("id", "client")}


@pytest.mark.parametrize("example", EXAMPLES["valid"], ids=lambda each: each["name"])
def test_the_valid_questions_of_the_contract_are_read(example: dict[str, Any]) -> None:
    question = read_question(of_backend(example["message"]))
    assert question.query == example["message"]["query"]


@pytest.mark.parametrize(
    "example",
    [each for each in EXAMPLES["invalid"] if "sentence" in each and "id" in each["message"]],
    ids=lambda each: each["name"],
)
def test_the_invalid_ones_are_told_why(example: dict[str, Any]) -> None:
    with pytest.raises(QueryError) as raised:
        read_question(of_backend(example["message"]))
    assert str(raised.value).startswith(example["sentence"])


def test_a_question_has_every_option_in_one_form() -> None:
    assert read_question({"query": "equity", "to": "2024-01-10", "from": None}) == Question(
        "equity", {"from": None, "to": 1_704_844_800 * 10**9, "points": 2000}
    )
    assert read_question({"query": "orders"}) == Question("orders", {"limit": 100})


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        (None, "the question is None: it has to be a map"),
        ([], "the question is []: it has to be a map"),
        ({}, '"query" is None; there is backtest, '),
        ({"query": ["orders"]}, "\"query\" is ['orders']"),
        ({"query": "x" * 1_000_000}, '"query" is '),
        ({"query": "order"}, '"query" is \'order\': did you mean "orders"?'),
        ({"query": "orders", "limits": 5}, '"limits" is not an option of orders: did you mean'),
        ({"query": "orders", "limit": 0}, '"limit" is 0: it has to be a whole number from 1 to 1,'),
        ({"query": "orders", "limit": 1001}, '"limit" is 1001'),
        ({"query": "orders", "limit": True}, '"limit" is True'),
        ({"query": "orders", "limit": 1.5}, '"limit" is 1.5'),
        ({"query": "equity", "points": 2001}, '"points" is 2001'),
        ({"query": "equity", "from": "soon"}, '"from" is "soon": a time is'),
        ({"query": "equity", "from": "2024-01-10", "to": "2024-01-09"}, '"to" is before "from"'),
        ({"query": "positions", 7: 1}, '"7" is not an option of positions, which has none'),
        ({"query": "profit", "since": {}}, '"since" is {}: '),
    ],
)
def test_what_is_no_question_is_told_why(message: Any, sentence: str) -> None:
    with pytest.raises(QueryError) as raised:
        read_question(message)
    assert str(raised.value).startswith(sentence)
    assert len(str(raised.value)) < 300
