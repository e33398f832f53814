"""The examples of contracts/ against its schemas, and against the Python side of the pipeline."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from algo_service.engine.quotes import accept
from algo_service.errors import QuoteError
from market_data.feeds.messages import field_names
from tests.support.processes import ROOT

CONTRACTS = ROOT / "contracts"
MESSAGES = [
    *("order", "fill", "portfolio", "error", "bridge", "command", "reply", "halt", "algo"),
    *("account", "indicator", "query", "answer", "trace", "stats"),
]


def schema(name: str) -> dict[str, Any]:
    return json.loads((CONTRACTS / f"{name}.schema.json").read_text())


def examples(name: str) -> dict[str, Any]:
    return json.loads((CONTRACTS / "examples" / f"{name}.json").read_text())


def named(name: str, kind: str) -> list[Any]:
    return [pytest.param(example, id=example["name"]) for example in examples(name)[kind]]


def payload(example: dict[str, Any]) -> bytes:
    if "payload" in example:
        return example["payload"].encode()
    return base64.b64decode(example["payload_base64"])


def parse(raw: bytes) -> Any:
    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    return json.loads(raw.decode(), parse_constant=refuse)


@pytest.mark.parametrize(
    "path", sorted(CONTRACTS.glob("*.schema.json")), ids=lambda path: path.name
)
def test_every_schema_is_a_valid_json_schema(path: Path) -> None:
    Draft202012Validator.check_schema(json.loads(path.read_text()))


@pytest.mark.parametrize("name", MESSAGES)
def test_every_valid_example_passes_its_schema(name: str) -> None:
    validator = Draft202012Validator(schema(name))
    for example in examples(name)["valid"]:
        validator.validate(example["message"])


@pytest.mark.parametrize("name", MESSAGES)
def test_every_invalid_example_fails_its_schema(name: str) -> None:
    validator = Draft202012Validator(schema(name))
    invalid = examples(name)["invalid"]
    passed = [each["name"] for each in invalid if validator.is_valid(each["message"])]
    assert passed == [each["name"] for each in invalid if each.get("beyond_schema")]


def test_what_the_bridge_makes_of_a_valid_command_passes_the_canonical_schema() -> None:
    document = schema("command")
    canonical = Draft202012Validator({"$ref": "#/$defs/canonical", "$defs": document["$defs"]})
    for example in examples("command")["valid"]:
        canonical.validate({"id": "x", **example["command"]})


@pytest.mark.parametrize("example", named("quote", "valid"))
def test_a_valid_quote_passes_the_schema_in_each_of_its_forms(example: dict[str, Any]) -> None:
    document = schema("quote")
    Draft202012Validator(document).validate(parse(payload(example)))
    canonical = Draft202012Validator({"$ref": "#/$defs/canonical", "$defs": document["$defs"]})
    for quote in example["quotes"]:
        canonical.validate({"id": "x", **quote})


@pytest.mark.parametrize("example", named("quote", "invalid"))
def test_an_invalid_quote_is_no_json_or_fails_the_schema(example: dict[str, Any]) -> None:
    try:
        message = parse(payload(example))
    except ValueError:
        assert "beyond_schema" not in example
        return
    is_beyond = example.get("beyond_schema", False)
    assert Draft202012Validator(schema("quote")).is_valid(message) == is_beyond


def test_the_list_of_names_of_fields_is_that_of_the_contract() -> None:
    listed = json.loads((CONTRACTS / "field_names.json").read_text())
    assert sorted(field_names.NAMES) == listed["names"]
    assert list(field_names.LETTERS) == listed["letters"]


def test_the_codes_of_the_examples_are_those_that_are_listed() -> None:
    """Every code of an example is listed and every code listed has an example."""
    listed = json.loads((CONTRACTS / "refusals.json").read_text())["codes"]
    invalid = [each for name in ("quote", "command", "query") for each in examples(name)["invalid"]]
    shown = {each["code"] for each in invalid if "code" in each}
    assert shown <= set(listed)
    # what one example of a message alone cannot show
    others = {
        "topic_too_long",
        "too_large",
        "too_deep",
        "too_many_values",
        "too_many",
        "query_too_large",
        "field_missing",
        "other_symbol",
    }
    assert set(listed) - shown <= {*others, "algorithm"}


def test_every_time_of_the_table_passes_the_schema() -> None:
    document = schema("quote")
    times = Draft202012Validator({"$ref": "#/$defs/ts", "$defs": document["$defs"]})
    assert [each for each in examples("time")["valid"] if not times.is_valid(each["ts"])] == []


@pytest.mark.parametrize("example", named("quote", "valid"))
def test_the_engine_accepts_what_the_bridge_makes_of_a_valid_quote(
    example: dict[str, Any],
) -> None:
    for quote in example["quotes"]:
        accepted = accept({"id": "x", **quote})
        assert type(accepted["quote"]) is float
        assert accepted == {"id": "x", **quote}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sid", ""),
        ("sid", None),
        ("sid", "x" * 65),
        ("quote", 0),
        ("quote", -1.0),
        ("quote", 1e10),
        ("quote", 10**400),
        ("quote", float("nan")),
        ("quote", float("inf")),
        ("quote", True),
        ("quote", None),
        ("quote", ""),
        ("quote", " 345"),
        ("quote", "0x1F"),
        ("quote", "٣"),
        ("id", 7),
        ("id", ""),
        ("channel", None),
        ("ts", 0),
        ("ts", True),
        ("ts", "soon"),
        ("ts", "2024-02-31"),
        ("ts", 1700000000123456789),
        ("ts", float("nan")),
        ("ts", ["2013-03-01"]),
        ("ts", {}),
    ],
)
def test_the_engine_refuses_a_bad_field_by_its_name(field: str, value: object) -> None:
    quote = {"sid": "GOOG", "quote": 345.0, "id": "1", "channel": "quotes", field: value}
    with pytest.raises(QuoteError, match=f'"{field}"'):
        accept(quote)


@pytest.mark.parametrize("field", ["sid", "quote", "id", "channel"])
def test_the_engine_names_the_field_that_is_missing(field: str) -> None:
    quote: dict[str, Any] = {"sid": "GOOG", "quote": 345.0, "id": "1", "channel": "quotes"}
    del quote[field]
    with pytest.raises(QuoteError, match=f'"{field}" is missing'):
        accept(quote)
