"""The record of an algorithm: the contract's examples, and what the schema cannot say."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from algo_service.discovery.record import MAX_RECORD_BYTES, AlgoRecord, RecordError, read_record
from tests.support.processes import ROOT

EXAMPLES = json.loads((ROOT / "contracts" / "examples" / "algo.json").read_text())
ONLINE: dict[str, Any] = EXAMPLES["valid"][0]["message"]


def named(kind: str) -> list[Any]:
    return [pytest.param(each["message"], id=each["name"]) for each in EXAMPLES[kind]]


def raw(**fields: object) -> bytes:
    return json.dumps({**ONLINE, **fields}).encode()


@pytest.mark.parametrize("message", named("valid"))
def test_a_valid_record_is_read_without_the_fields_that_are_not_known(
    message: dict[str, Any],
) -> None:
    known = {name: message[name] for name in AlgoRecord._fields}
    assert read_record(json.dumps(message).encode())._asdict() == known


@pytest.mark.parametrize("message", named("invalid"))
def test_an_invalid_record_is_refused_by_a_short_sentence(message: object) -> None:
    with pytest.raises(RecordError) as error:
        read_record(json.dumps(message).encode())
    assert len(str(error.value)) < 200


@pytest.mark.parametrize(
    ("payload", "sentence"),
    [
        (b"", "the record is no message"),
        (b"\xff\xfe", "not UTF-8"),
        (b"{", "not JSON"),
        (b"[" * 60_000, "nested too deep"),
        (raw(x="x" * MAX_RECORD_BYTES), "it has at most 65,536"),
        (raw()[:-1] + b', "name": "other"}', '"name" comes twice'),
        (raw(address="tcp://algo:4242\n"), '"address" is "tcp://algo:4242\\n"'),
        (raw(parameters={"a": [{"b": float("nan")}]}), '"parameters" is'),
        (raw(parameters={"a": 1}).replace(b'"a": 1', b'"a": 1e400'), '"parameters" is'),
        (raw(name="\ud800"), "half of a surrogate pair"),
    ],
)
def test_a_payload_beyond_the_schema_is_refused_with_the_reason(
    payload: bytes, sentence: str
) -> None:
    with pytest.raises(RecordError, match=re.escape(sentence)):
        read_record(payload)


def test_what_is_published_is_what_is_read() -> None:
    record = AlgoRecord(**{**ONLINE, "name": "übung 50%"})
    assert read_record(record.payload().encode()) == record


@pytest.mark.parametrize(
    "parameters", [{"weights": "x" * MAX_RECORD_BYTES}, {"x": float("nan")}, {"x": object()}]
)
def test_parameters_that_no_reader_takes_are_left_out(parameters: dict[str, Any]) -> None:
    record = AlgoRecord(**{**ONLINE, "parameters": parameters})
    assert read_record(record.payload().encode()) == record._replace(parameters={})


def test_channels_that_do_not_fit_either_are_left_out() -> None:
    record = AlgoRecord(**{**ONLINE, "channels": ["c" * 1000] * 100})
    found = read_record(record.payload().encode())
    assert found == record._replace(parameters={}, channels=None)
