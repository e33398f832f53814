"""What whoever reaches the RPC port may send."""

from __future__ import annotations

import json
from typing import Any

import msgpack
from hypothesis import strategies as st

from algo_service import RandomAlgo
from algo_service.engine.account import read_account
from algo_service.engine.engine import Engine
from algo_service.errors import HandOverError
from algo_service.journal.memory import MemoryStore
from algo_service.rpc.server import unpacked
from algo_service.rpc.times import call_times
from tests.fuzz import strategies as draw
from tests.fuzz.properties.messages import question
from tests.fuzz.properties.property import Property, refused


def event(message: bytes) -> str:
    try:
        found = unpacked(message)
    except ValueError:
        return "refused"
    assert is_plain(found), found
    return "read"


def is_plain(value: Any) -> bool:
    """Whether it is of the types that a journal keeps, and that other languages have."""
    if type(value) is list:
        return all(map(is_plain, value))
    if type(value) is dict:
        return all(map(is_plain, value.values()))
    return value is None or type(value) in (bool, int, float, str, bytes)


def account(packed: bytes) -> str:
    try:
        read_account(value_of(packed), "random")
        return "read"
    except HandOverError as error:
        return refused(error)


def asked(packed: bytes) -> str:
    return question(value_of(packed))


def decided(packed: bytes) -> str:
    inputs = value_of(packed)
    call_times(inputs, [{"channel": "quotes", "id": "1"}])
    if not isinstance(inputs, list):
        inputs = [inputs]
    engine = Engine(RandomAlgo, "random", {}, seed=7, store=MemoryStore())
    engine.initialize({})
    decisions = engine.decide(inputs, 1e9)
    assert len(decisions) == len(inputs)
    for each in decisions:
        json.dumps(each, allow_nan=False, ensure_ascii=False).encode()
    json.dumps(engine.snapshot(), allow_nan=False)
    engine.decide(value_of(packed) if isinstance(value_of(packed), list) else inputs, 1e9)
    return "failed" if any("error" in each for each in decisions) else "decided"


def value_of(packed: bytes) -> Any:
    """Return the value that is the first argument of a call; None if there is none."""
    try:
        return unpacked(packed)
    except ValueError:
        return None


def _packed(values: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    return draw.damaged(values.map(msgpack.packb))


_fields = {
    "channel": st.sampled_from(["quotes", "data/x", "commands/random", "executions/random", 1, ""]),
    "id": st.one_of(st.sampled_from(["1", "2", "x" * 300, ""]), draw.packables),
    "sid": st.one_of(st.sampled_from(["GOOG", "x" * 65]), draw.packables),
    "quote": st.one_of(st.sampled_from([345.0, 1, "8.1", 0, -1.0, 10**18]), draw.packables),
    "ts": st.one_of(st.sampled_from(["2024-01-10", 1704844800]), draw.packables),
    "command": st.sampled_from(["halt", "resume", "reset", "flatten", "swap", "x" * 3000]),
    "expires": st.one_of(st.sampled_from(["2033-01-10", "2201-01-01"]), draw.packables),
    "bid": draw.packables,
    "of": draw.packables,
    "by": draw.packables,
    "reason": draw.packables,
}
_NEEDED = ("channel", "id", "sid", "quote")
inputs = st.lists(
    st.one_of(
        st.fixed_dictionaries({}, optional=_fields),
        st.fixed_dictionaries(
            {name: _fields[name] for name in _NEEDED},
            optional={name: each for name, each in _fields.items() if name not in _NEEDED},
        ),
        draw.packables,
    ),
    max_size=4,
)
_position = st.one_of(
    st.fixed_dictionaries({"quantity": st.floats(0), "cost": st.floats(0)}), draw.packables
)
_whole = {
    "algo": "random",
    "seq": 7,
    "cash": 1.0,
    "realised": 0.0,
    "fees": 0.0,
    "halt": None,
    "positions": {"A": {"quantity": 1.0, "cost": 2.0}},
    "prices": {"A": 3.0},
}
_parts = st.fixed_dictionaries(
    {},
    optional={
        "algo": st.sampled_from(["random", "other", None]),
        "seq": st.one_of(st.integers(0, 9), draw.packables),
        **dict.fromkeys(["cash", "realised", "fees"], st.one_of(st.floats(), draw.packables)),
        "positions": st.one_of(
            st.dictionaries(st.sampled_from(["A", "B"]), _position, max_size=2), draw.packables
        ),
        "prices": st.one_of(
            st.dictionaries(st.sampled_from(["A", "B"]), st.floats(0), max_size=2), draw.packables
        ),
        "halt": st.one_of(st.none(), draw.packables),
        "recent": st.one_of(st.none(), st.binary(max_size=20), _packed(draw.packables)),
    },
)
accounts = st.one_of(_parts, _parts.map(lambda parts: {**_whole, **dict(list(parts.items())[:1])}))
questions = st.dictionaries(
    st.sampled_from(["query", "from", "to", "points", "limit", "sid", "run", "params", "x" * 200]),
    st.one_of(st.sampled_from(["equity", "prices", "backtest", 4, "2024-01-10"]), draw.packables),
)
_headers = st.dictionaries(st.sampled_from(["message_id", "v"]), draw.packables)
events = st.lists(
    st.one_of(
        st.dictionaries(st.sampled_from(["message_id", "v"]), draw.packables), draw.packables
    ),
    max_size=4,
)

PROPERTIES = {
    "event": Property(draw.damaged(st.one_of(events.map(msgpack.packb), draw.claims)), event),
    "account": Property(_packed(accounts), account),
    "question": Property(_packed(questions), asked),
    "inputs": Property(_packed(inputs), decided),
}
