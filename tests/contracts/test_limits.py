"""contracts/limits.json: the bounds of the contract, and the code and schemas that hold them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest

from portfolio import InvalidTimeError
from portfolio.times import check
from tests.support.processes import ROOT

LIMITS: dict[str, Any] = json.loads((ROOT / "contracts/limits.json").read_text())

CONSTANTS = {
    "message.bytes": ["market_data.feeds.messages.limits:BYTES"],
    "message.depth": [
        "market_data.feeds.messages.limits:DEPTH",
        "algo_service.journal.content:MAX_LEVELS",
    ],
    "message.values": [
        "market_data.feeds.messages.limits:VALUES",
        "algo_service.publications:MAX_VALUES",
    ],
    "message.shorthand_quotes": ["market_data.feeds.messages.limits:QUOTES"],
    "message.array_quotes": ["market_data.feeds.messages.limits:QUOTES"],
    "topic.characters": ["market_data.feeds.messages.limits:CHANNEL"],
    "sid.characters": [
        "market_data.feeds.bounds:MAX_SID",
        "algo_service.engine.quotes:MAX_SID_LENGTH",
        "algo_service.queries.question:MAX_SID_LENGTH",
    ],
    "id.characters": [
        "market_data.feeds.messages.limits:ID",
        "algo_service.publications:MAX_ID_LENGTH",
    ],
    "price.maximum": [
        "market_data.feeds.bounds:MAX_PRICE",
        "algo_service.engine.quotes:MAX_PRICE",
        "portfolio.execution.prices:MAX_PRICE",
    ],
    "quantity.maximum": ["portfolio:MAX_QUANTITY"],
    "cash.maximum": ["portfolio:STARTING_CASH.maximum"],
    "whole_number.maximum": ["portfolio.times:MAX_SAFE", "algo_service.queries.question:MAX_RUN"],
    "seed.maximum": ["algo_service.parameters:SEED.maximum"],
    "error.payload_bytes": ["market_data.error_record:MAX_PAYLOAD"],
    "error.reason_characters": [
        "algo_service.engine.failure:MAX_SENTENCE_LENGTH",
        "market_data.error_record:MAX_REASON",
    ],
    "error.traceback_characters": ["algo_service.engine.failure:MAX_TRACEBACK_LENGTH"],
    "algorithm.name_characters": ["algo_service.names:MAX_NAME_CHARACTERS"],
    "algorithm.address_characters": ["algo_service.rpc.address:MAX_ADDRESS_CHARACTERS"],
    "algorithm.record_bytes": ["algo_service.discovery.record:MAX_RECORD_BYTES"],
    "publication.name_characters": ["algo_service.publications:MAX_NAME_LENGTH"],
    "publication.bytes": ["algo_service.publications:MAX_BYTES"],
    "publication.count": ["algo_service.publications:MAX_PER_INPUT"],
    "query.at_least_points": ["algo_service.queries.question:MIN_POINTS"],
    "query.points": ["algo_service.queries.question:MAX_POINTS"],
    "query.entries": ["algo_service.queries.question:MAX_ENTRIES"],
    "backtest.data_characters": ["algo_service.queries.question:MAX_NAME"],
    "backtest.text_characters": ["algo_service.queries.question:MAX_TEXT"],
    "backtest.runs": ["algo_service.queries.backtests.bounds:MAX_RUNS"],
    "backtest.memory_bytes": ["algo_service.queries.backtests.bounds:MAX_MEMORY"],
    "backtest.seconds": ["algo_service.queries.backtests.bounds:MAX_SECONDS"],
    "backtest.files": ["algo_service.queries.backtests.folder:MAX_FILES"],
    "orders_since.entries": ["algo_service.rpc.methods:PAGE"],
    "handed_over.at_least_decisions": ["algo_service.journal.recent:MIN_DECISIONS"],
    "handed_over.seconds": ["algo_service.journal.recent:SECONDS"],
    "handed_over.decisions": ["algo_service.journal.recent:MAX_DECISIONS"],
    "handed_over.bytes": ["algo_service.journal.recent:MAX_BYTES"],
    "remembered_quotes_without_journal": ["algo_service.journal.memory:MemoryStore.MAX_DECISIONS"],
    "rpc_message.bytes": ["algo_service.rpc.server:MAX_MESSAGE_SIZE"],
    "rpc_calls.under_way": ["algo_service.rpc.server:MAX_CALLS"],
    "rpc_calls.bytes": ["algo_service.rpc.server:MAX_CALLS_SIZE"],
    "rpc_connections.handshake_milliseconds": ["algo_service.rpc.server:MAX_HANDSHAKE"],
    "rpc_connections.silent": ["algo_service.rpc.connections:MAX_SILENT"],
    "port.maximum": [
        "algo_service.rpc.address:MAX_PORT",
        "tools.run.ports:MAX_PORT",
    ],
    "http.head_bytes": ["telemetry.http:MAX_HEAD"],
    "http.body_bytes": ["telemetry.http:MAX_BODY"],
    "http.seconds": ["telemetry.http:PATIENCE"],
    "http.connections": ["telemetry.http:MAX_CONNECTIONS"],
    "http.requests_per_second": ["telemetry.http:MAX_REQUESTS"],
    "http.scrapes_per_second": ["telemetry.http:MAX_SCRAPES"],
}
"""Where the code holds each bound: module:NAME."""

SCHEMAS = {
    "message.array_quotes": ["quote:$defs.batch.maxItems"],
    "message.array_outputs": ["order:$defs.batch.maxItems", "fill:$defs.batch.maxItems"],
    "topic.characters": [
        "quote:$defs.canonical.properties.channel.maxLength",
        "algo:properties.channels.items.maxLength",
    ],
    "sid.characters": [
        "indicator:properties.sid.maxLength",
        "quote:$defs.sid.maxLength",
        "query:$defs.sid.maxLength",
        "order:$defs.one.properties.sid.maxLength",
        "fill:$defs.one.properties.sid.maxLength",
    ],
    "id.characters": [
        "quote:$defs.id.maxLength",
        "command:$defs.id.maxLength",
        "query:$defs.id.maxLength",
        "answer:properties.id.maxLength",
        "indicator:properties.id.maxLength",
    ],
    "algorithm.name_characters": ["algo:properties.name.maxLength"],
    "algorithm.address_characters": ["algo:properties.address.maxLength"],
    "query.client_characters": ["query:$defs.published.properties.client.maxLength"],
    "query.at_least_points": ["query:$defs.points.minimum"],
    "query.points": ["query:$defs.points.maximum"],
    "query.entries": ["query:$defs.limit.maximum"],
    "backtest.data_characters": ["query:$defs.name.maxLength"],
    "backtest.text_characters": ["query:$defs.text.maxLength"],
    "command.by_characters": ["command:$defs.by.maxLength"],
    "command.reason_characters": ["command:$defs.reason.maxLength"],
    "stats.reasons": ["stats:properties.reasons.maxItems"],
    "price.above": ["quote:$defs.number.exclusiveMinimum"],
    "price.maximum": ["quote:$defs.number.maximum", "order:$defs.one.properties.price.maximum"],
    "whole_number.maximum": [
        "quote:$defs.whole.maximum",
        "command:$defs.whole.maximum",
        "query:$defs.whole.maximum",
        "query:$defs.run.maximum",
    ],
}
"""Where the schemas hold it."""


def at(path: str, value: Any) -> Any:
    for name in path.split("."):
        value = value[name]
    return value


def pairs(places: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(bound, place) for bound, each in places.items() for place in each]


@pytest.mark.parametrize(("bound", "place"), pairs(CONSTANTS))
def test_the_code_holds_the_bound(bound: str, place: str) -> None:
    module, _, names = place.partition(":")
    value: Any = import_module(module)
    for name in names.split("."):
        value = getattr(value, name)
    assert value == at(bound, LIMITS)


@pytest.mark.parametrize(("bound", "place"), pairs(SCHEMAS))
def test_the_schema_holds_the_bound(bound: str, place: str) -> None:
    name, _, path = place.partition(":")
    schema = json.loads((ROOT / f"contracts/{name}.schema.json").read_text())
    assert at(path, schema) == at(bound, LIMITS)


def test_the_years_of_a_time_are_the_first_to_the_last() -> None:
    time = LIMITS["time"]
    check(f"{time['first_year']}-01-01")
    check(f"{time['last_year']}-12-31T23:59:59Z")
    for year in (time["first_year"] - 1, time["last_year"] + 1):
        with pytest.raises(InvalidTimeError):
            check(f"{year}-06-30")


def test_a_number_is_a_time_from_its_own_first_year_on() -> None:
    first = int(datetime(LIMITS["time"]["first_year_as_number"], 1, 1, tzinfo=UTC).timestamp())
    check(first)
    with pytest.raises(InvalidTimeError):
        check(first - 1)


def test_every_bound_is_held_by_a_test() -> None:
    bounds = {
        f"{name}.{key}" if key else name
        for name, value in LIMITS.items()
        for key in (value if isinstance(value, dict) else [""])
    }
    tested = {*CONSTANTS, *SCHEMAS}
    elsewhere = {bound for bound in bounds if bound.startswith("time.")}  # above
    of_node = ("dashboard.", "relay.", "embedded_broker.")  # limits.test.js
    node = {bound for bound in bounds if bound.startswith(of_node)}
    bridge_node = {  # limits.test.js
        "error.payload_bytes",
        "command.counts_for_seconds",
        "query.question_bytes",
        "query.under_way",
        "stats.bytes",
    }
    assert bounds == tested | elsewhere | node | bridge_node
