"""What a service makes of a message: what the bridge makes of it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from market_data.derive.intake import Intake
from market_data.derive.output_id import output_id
from market_data.error_record import error_record
from market_data.feeds.invalid_quote import InvalidQuoteError
from tests.support.processes import ROOT

CONTRACTS = ROOT / "contracts"
EXAMPLES = json.loads((CONTRACTS / "examples" / "quote.json").read_text())


def named(kind: str) -> list[Any]:
    return [pytest.param(example, id=example["name"]) for example in EXAMPLES[kind]]


def payload(example: dict[str, Any]) -> bytes:
    if "payload" in example:
        return example["payload"].encode()
    return base64.b64decode(example["payload_base64"])


@pytest.mark.parametrize("example", named("valid"))
def test_a_valid_message_becomes_the_quotes_of_the_contract(example: dict[str, Any]) -> None:
    taken = Intake().read("quotes", payload(example))
    expected = example["quotes"]
    for quote, (message, _at, has_id) in zip(expected, taken, strict=True):
        assert has_id == ("id" in quote)
        made = {} if has_id else {"id": message["id"]}
        assert message == {**quote, **made}


@pytest.mark.parametrize("example", named("invalid"))
def test_an_invalid_message_is_refused_with_the_code_of_the_contract(
    example: dict[str, Any],
) -> None:
    with pytest.raises(InvalidQuoteError) as refused:
        Intake().read("quotes", payload(example))
    assert refused.value.code == example["code"]


def test_a_topic_that_is_too_long_for_a_key_is_refused() -> None:
    with pytest.raises(InvalidQuoteError) as refused:
        Intake().read("q" * 1025, b'{"goog": 1}')
    assert refused.value.code == "topic_too_long"


def test_no_two_quotes_without_an_id_get_the_same() -> None:
    intake = Intake()
    batch = b'[{"sid": "A", "quote": 1}, {"sid": "A", "quote": 1}]'
    ids = [taken.message["id"] for _ in range(2) for taken in intake.read("quotes", batch)]
    ids += [taken.message["id"] for taken in Intake().read("quotes", batch)]
    assert len(set(ids)) == 6


def test_the_record_of_a_refusal_is_one_of_the_contract() -> None:
    schema = json.loads((CONTRACTS / "error.schema.json").read_text())
    record = error_record("quotes", b"\xff" * 100_000, "not_utf8", "é" * 2000)
    Draft202012Validator(schema).validate(json.loads(record))


def test_an_id_made_of_a_long_one_is_as_long_as_an_id_may_be() -> None:
    assert output_id("quotes", "7") == "quotes:7"
    long = output_id("quotes", "i" * 256)
    assert len(long) == 64
    assert long != output_id("quotes", "j" * 256)
