"""Messages that both languages read: they make the same of them, or refuse them by one code."""

from __future__ import annotations

import json
from typing import Any

from algo_service.discovery.directory import _claim
from algo_service.discovery.record import RecordError, read_record
from algo_service.engine.inputs import accept_all
from algo_service.errors import QueryError
from algo_service.journal import content
from algo_service.queries.question import read_question
from market_data.derive.intake import Intake
from market_data.feeds.invalid_quote import InvalidQuoteError
from market_data.feeds.messages import Rules, parse_fields, read
from market_data.feeds.messages.parse import parse
from market_data.mqtt.topic_level import name_of_level
from portfolio import InvalidTimeError
from portfolio.times import check, instant
from tests.fuzz import strategies as draw
from tests.fuzz.judge import Judge
from tests.fuzz.properties.property import Property, refused
from tests.support.processes import ROOT

CODES = {*json.loads((ROOT / "contracts" / "refusals.json").read_text())["codes"], "record"}
MADE = "~made"
"""In place of an id that a reader makes."""
MAPPED = Rules(parse_fields("sid=s,quote=p,ts=T,id=s+t"))
CHOSEN = Rules((), frozenset({"GOOG", "AAPL"}))

Outcome = tuple[str, Any]

judge = Judge()


def same(kind: str, payload: bytes, own: Outcome) -> str:
    """Make sure that the bridge makes the same of it, with the same numbers."""
    outcome, value = own
    assert outcome == "read" or value in CODES, f"the code {value} is not listed"
    found = judge.ask(kind, payload)
    assert found == (outcome, as_doubles(value)), f"the bridge: {found}, Python: {own}"
    return outcome if outcome == "read" else str(value)


def as_doubles(value: Any) -> Any:
    """Return the same with all numbers as JavaScript has them."""
    if isinstance(value, dict):
        return {key: as_doubles(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [as_doubles(each) for each in value]
    return float(value) if type(value) is int else value


def accepted(messages: list[dict[str, Any]]) -> None:
    """Make sure that the engine takes what the bridge sends it, and that a journal can keep it."""
    for each in accept_all(messages, content.encode):
        assert isinstance(each, tuple), each
        assert content.read(each.content) == each.message
        content.fingerprint(each.message)


def quote(payload: bytes) -> str:
    try:
        taken = Intake().read("quotes", payload)
        made = ({} if each.has_id else {"id": MADE} for each in taken)
        own: Outcome = (
            "read",
            [{**each.message, **id_} for each, id_ in zip(taken, made, strict=True)],
        )
    except InvalidQuoteError as error:
        own = "refused", error.code
    outcome = same("quote", payload, own)
    if own[0] == "read":
        accepted(own[1])
    return outcome


def by_rules(payload: bytes, rules: Rules) -> Outcome:
    """Read quotes as a recording is read: the Intake of the services takes no rules."""
    try:
        _times, quotes = read(payload, 0, "quotes", rules, "quotes")
    except InvalidQuoteError as error:
        return "refused", error.code
    found = []
    for each in quotes:
        recorded = each.recorded
        assert recorded is not None
        ts = {} if each.ts is None else {"ts": each.ts}
        own = {"id": recorded.id or MADE, "channel": "quotes"}
        found.append({"sid": each.sid, "quote": each.quote, **ts, **own, **recorded.fields})
    return "read", found


def mapped(payload: bytes) -> str:
    return same("mapped", payload, by_rules(payload, MAPPED))


def chosen(payload: bytes) -> str:
    return same("chosen", payload, by_rules(payload, CHOSEN))


def data(payload: bytes) -> str:
    outcome, value = judge.ask("data", payload)
    if outcome == "read":
        accepted([value])
        return outcome
    assert value in CODES
    return str(value)


def command(payload: bytes) -> str:
    outcome, value = judge.ask("command", payload)
    if outcome == "read":
        if value["command"] != "swap":  # which no service sees
            accepted([value])
        return str(value["command"])
    assert value in CODES
    return str(value)


def query(payload: bytes) -> str:
    outcome, value = judge.ask("query", payload)
    if outcome == "read":
        return question(value["question"])
    assert value in CODES
    return str(value)


def question(message: Any) -> str:
    try:
        return read_question(message).query
    except QueryError as error:
        return refused(error)


def time(payload: bytes) -> str:
    try:
        value = parse(payload)["value"]
        check(value)
        own: Outcome = "read", str(instant(value))
    except (InvalidQuoteError, InvalidTimeError) as error:
        own = "refused", error.code
    return same("time", payload, own)


def record(payload: bytes) -> str:
    try:
        own: Outcome = "read", read_record(payload)._asdict()
    except RecordError as error:
        str(error).encode()
        own = "refused", "record"
    return same("record", payload, own)


def bridge(payload: bytes) -> str:
    _, found = judge.ask("bridge", payload)
    claim = _claim(payload)
    # who lists algorithms needs less of a claim than a bridge, but text that is UTF-8
    if payload.decode(errors="ignore").encode() == payload:
        assert found.get("claim") is None or claim is not None, f"the bridge: {found}"
    return "claim" if "claim" in found else "question" if found["isQuestion"] else "nothing"


def level(payload: bytes) -> str:
    text = payload.decode("utf-8", "replace")
    name = name_of_level(text)
    same("level", text.encode(), ("read", name))
    return "nothing" if name is None else "name"


PROPERTIES = {
    "quote": Property(draw.quotes, quote),
    "mapped": Property(draw.quotes, mapped),
    "chosen": Property(draw.quotes, chosen),
    "data": Property(draw.data, data),
    "command": Property(draw.commands, command),
    "query": Property(draw.queries, query),
    "time": Property(draw.wrapped_times, time),
    "record": Property(draw.records, record),
    "bridge": Property(draw.bridges, bridge),
    "level": Property(draw.levels, level),
}
