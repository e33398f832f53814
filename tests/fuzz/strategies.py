"""Inputs as strangers might send them: what is valid, what is nearly so, and what is damaged."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import msgpack
from hypothesis import strategies as st

from tests.e2e.parity.random_messages import (
    FIELDS,
    NO_IDS,
    NO_OTHERS,
    NO_PRICES,
    NO_SIDS,
    NO_TIMES,
    OTHERS,
    PRICES,
    SIDS,
    SYMBOLS,
    TIMES,
)
from tests.support.processes import ROOT

EXAMPLES = ROOT / "contracts" / "examples"

_TOKENS = [
    b'"', b"\\", b"{", b"}", b"[", b"]", b":", b",", b"NaN", b"-Infinity", b"1e999", b"-0", b"null",
    b"true", b"\\ud800", b"\\udc00", b"\\u0000", b"\x00", b"\xef\xbb\xbf", b"\xff", b"\xc3", b"\n",
    b"\r\n", b"\t", b" ", b"\x0c", b"\xc2\xa0", b"\xe2\x80\xa8", b"9" * 400, b"[" * 1200,
    b"\xf0\x9f\x98\x80", b'"__proto__":', b'"constructor":1,', b"/*", b"'", b"%", b"+", b"#",
]  # fmt: skip

spaces = st.sampled_from(["", "", "", " ", "\n", "\t", "\r\n"])


def _pool(*lists: list[str]) -> st.SearchStrategy[str]:
    return st.sampled_from([each for some in lists for each in some])


def json_texts(scalars: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[str]:
    """JSON, and what looks like it, as texts."""
    scalar = scalars or st.one_of(
        _pool(OTHERS, NO_OTHERS, TIMES, NO_TIMES, PRICES, NO_PRICES),
        st.text(max_size=8).map(lambda text: json.dumps(text, ensure_ascii=False)),
        st.floats().map(repr),
        st.integers().map(str),
    )
    return st.recursive(
        scalar,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4).map(lambda some: f"[{','.join(some)}]"),
            st.lists(st.tuples(keys, inner), max_size=4).map(
                lambda pairs: "{" + ",".join(f"{key}:{value}" for key, value in pairs) + "}"
            ),
        ),
        max_leaves=6,
    )


keys = st.one_of(
    st.sampled_from([*FIELDS, *SYMBOLS, "sid", "quote", "symbol", "ticker", "timestamp", "values"]),
    st.text(max_size=6),
).map(lambda text: json.dumps(text, ensure_ascii=False))


@st.composite
def maps_of(draw: Any, fields: dict[str, st.SearchStrategy[str]]) -> str:
    """A map of some of these fields, each by its name, in any order, with others between."""
    names = draw(st.lists(st.sampled_from(sorted(fields)), max_size=len(fields) + 1))
    members = [(json.dumps(name), draw(fields[name])) for name in names]
    members += draw(st.lists(st.tuples(keys, json_texts()), max_size=2))
    members = draw(st.permutations(members))
    before, behind, between = draw(spaces), draw(spaces), draw(spaces)
    texts = (f"{key}{before}:{behind}{value}" for key, value in members)
    return "{" + between + f"{between},{between}".join(texts) + between + "}"


@st.composite
def damaged(draw: Any, payloads: st.SearchStrategy[bytes]) -> bytes:
    """What a payload becomes by some cuts and insertions; most stay as they are."""
    payload = draw(payloads)
    for _ in range(draw(st.sampled_from([0, 0, 0, 0, 1, 1, 2, 3]))):
        at = draw(st.integers(0, len(payload)))
        to = min(len(payload), at + draw(st.integers(0, 8)))
        some = draw(
            st.one_of(st.sampled_from(_TOKENS), st.just(payload[at:to]), st.binary(max_size=4))
        )
        payload = payload[:at] + some + payload[draw(st.sampled_from([at, to])) :]
    return payload


def examples(name: str) -> list[bytes]:
    """The valid and invalid messages of contracts/examples, as payloads."""
    found = json.loads((EXAMPLES / f"{name}.json").read_text())
    payloads = []
    for each in found["valid"] + found["invalid"]:
        if "payload_base64" in each:
            payloads.append(base64.b64decode(each["payload_base64"]))
        elif "payload" in each:
            payloads.append(each["payload"].encode())
        elif "message" in each:
            payloads.append(json.dumps(each["message"]).encode())
    return [each for each in payloads if len(each) < 10_000]


def messages(name: str, fields: dict[str, st.SearchStrategy[str]]) -> st.SearchStrategy[bytes]:
    """Payloads of a kind of message: examples of the contract, maps of its fields, and noise."""
    made = maps_of(fields).map(lambda text: text.encode("utf-8", "surrogatepass"))
    return damaged(st.one_of(st.sampled_from(examples(name)), made, st.binary(max_size=12)))


def texts_of(*values: str) -> st.SearchStrategy[str]:
    """Some of these texts as JSON, seldom something else."""
    return st.one_of(st.sampled_from([json.dumps(each) for each in values]), json_texts())


sids = _pool(SIDS, SIDS, NO_SIDS)
prices = _pool(PRICES, PRICES, NO_PRICES)
times = _pool(TIMES, TIMES, NO_TIMES)
ids = st.one_of(_pool(['"m1"', "17", "17.0"], NO_IDS), json_texts())
others = _pool(OTHERS, OTHERS, NO_OTHERS)

_ALIASES: dict[str, st.SearchStrategy[str]] = {
    **dict.fromkeys(["sid", "symbol", "ticker", "s"], sids),
    **dict.fromkeys(["quote", "price", "last", "close", "p"], prices),
    **dict.fromkeys(["ts", "time", "timestamp", "date", "datetime", "T"], times),
    **dict.fromkeys(["id", "t"], ids),
    **dict.fromkeys(["volume", "note", "channel", "bid"], others),
}
quote_maps = maps_of(_ALIASES)
shorthands = maps_of({**dict.fromkeys(SYMBOLS, prices), "ts": times, "id": ids})
quotes = damaged(
    st.one_of(
        st.sampled_from(examples("quote")),
        st.one_of(
            quote_maps,
            shorthands,
            st.lists(st.one_of(quote_maps, shorthands), max_size=3).map(
                lambda some: f"[{', '.join(some)}]"
            ),
            json_texts(),
        ).map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.binary(max_size=12),
    )
)
data = messages("indicator", {"id": ids, "ts": times, "values": json_texts(), "sid": sids})
commands = messages(
    "command",
    {
        "command": texts_of("halt", "resume", "reset", "flatten", "swap", "halts", "x" * 5000),
        "id": ids,
        "by": texts_of("Ann", "", "x" * 257),
        "reason": texts_of("news", "x" * 1001),
        "expires": times,
        "ts": st.one_of(times, texts_of("2200-12-31T23:59:30Z", "1700-01-01", "2026-11-28T10:00Z")),
        "to": texts_of("tcp://127.0.0.1:4243", "tcp://[::1]:1", "tcp://0.0.0.0:1", "tcp://a:99999"),
        "force": texts_of("x"),
        "positions": texts_of("keep", "flatten", "kep"),
    },
)
queries = messages(
    "query",
    {
        "query": texts_of("equity", "orders", "prices", "backtest", "backtest_result", "order"),
        "id": ids,
        "client": texts_of("page-7f", "", "a/b", "x" * 65),
        "from": times,
        "to": times,
        "points": texts_of("x"),
        "limit": st.sampled_from(["1", "1000", "1001", "0", "1.0", "1e3", "-1", "true"]),
        "sid": sids,
        "run": st.sampled_from(["1", "0", "1.5", "9007199254740992"]),
        "params": json_texts(),
        "data": texts_of("goog", "../x", "x" * 256),
    },
)
records = messages(
    "algo",
    {
        "name": texts_of("random", "a/b", "x" * 129),
        "state": texts_of("online", "offline", "lost", "on"),
        "algorithm": texts_of("random", ""),
        "contract": st.sampled_from(["4", "4.0", "0", "1e400", "true", "4.5"]),
        "address": texts_of("tcp://algo:4242", "tcp://*:4242", "tcp://[::]:1", "tcp://a:65536"),
        "channels": texts_of("x"),
        "parameters": json_texts(),
        "since": texts_of("2026-11-28T10:00:00.000Z", "2026-11-28"),
        "instance": texts_of("9f86", "x" * 65),
    },
)
bridges = messages(
    "bridge",
    {
        "instance": texts_of("f61a"),
        "started": st.sampled_from(["1795400333123", "1e999", "-1", '"1"']),
        "host": texts_of("trader"),
        "pid": st.sampled_from(["4711", "4711.0", "-1", "1e400", '"x"', "{}"]),
        "asks": texts_of("0d4c"),
        "assignment": json_texts(),
        "swap": json_texts(),
    },
)
snapshots = messages(
    "portfolio",
    {
        "seq": others,
        "cash": others,
        "equity": others,
        "positions": json_texts(),
        "last": json_texts(),
        "halt": others,
        "halted": json_texts(),
        "quote_id": others,
    },
)
orders, fills, errors, halts, replies, stats = (
    messages(name, {"id": ids, "sid": sids, "quantity": others, "reason": others, "text": others,
                    "outcome": texts_of("done", "refused"), "waiting": json_texts()})
    for name in ("order", "fill", "error", "halt", "reply", "stats")
)  # fmt: skip

packables = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**64 - 1),
        st.floats(),
        st.text(max_size=8),
        st.binary(max_size=8),
        st.builds(msgpack.ExtType, st.integers(0, 127), st.binary(max_size=6)),
        st.builds(msgpack.Timestamp, st.integers(0, 2**34)),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.text(max_size=5), st.binary(max_size=3)), inner, max_size=4),
    ),
    max_leaves=8,
)
"""What a message of ZeroRPC may hold."""


def corpus(folder: Path) -> list[Path]:
    """The files that are kept of a property, in order."""
    return sorted(path for path in folder.glob("*") if path.is_file())


def as_bytes(text: str) -> bytes:
    """A text as UTF-8; half of a surrogate pair becomes bytes that are none."""
    return text.encode("utf-8", "surrogatepass")


_instants = st.one_of(
    times,
    st.sampled_from(
        ["2024-01-10T21:55", "2024-01-10 21:55:31,5 +01:30", "2200-12-31T23:59:59.999999999Z",
         "1700-01-01T00:00:00+00:01", "2016-12-31T23:59:60Z", "20240110T215531Z", "2024/01/10  1:2",
         "2024-01-10T21:55:31+0130", "2024-01-10T21:55:31 UTC", "01-02-03", "1 jan 2024"]
    ).map(json.dumps),
    st.datetimes().map(lambda at: json.dumps(at.isoformat())),
    st.integers(-(10**20), 10**20).map(str),
    st.floats(3e8, 1e16).map(repr),
    st.from_regex(r"[0-9T:.+\-Z /]{1,30}", fullmatch=True).map(json.dumps),
    json_texts(),
)  # fmt: skip


@st.composite
def _damaged_texts(draw: Any) -> bytes:
    written = draw(_instants)
    if written.startswith('"') and draw(st.booleans()):
        at = draw(st.integers(1, max(1, len(written) - 2)))
        some = draw(st.sampled_from([*"0123456789:-+TZ ./,j", "\u0661", "jan", "UTC"]))
        written = written[:at] + some + written[at + draw(st.integers(0, 1)) :]
    try:
        json.loads(written, parse_int=float)
    except ValueError:
        written = json.dumps(written)
    if '"value"' in written:
        written = "1"
    return as_bytes(f'{{"value":{written}}}')


wrapped_times = _damaged_texts()
"""Valid JSON with any value."""

levels = damaged(
    st.one_of(
        st.sampled_from(["my%20algo", "BTC%2FUSDT", "%25", "%2f", "%", "a b", "%25%32%46"]),
        st.text(max_size=8),
    ).map(as_bytes)
)

alerts = damaged(
    st.one_of(
        st.just(
            '[{"labels":{"alertname":"Down","algo":"x","severity":"critical"},"annotations":'
            '{"summary":"s"},"startsAt":"2026-11-28T10:00:00Z","endsAt":"2026-11-28T11:00:00Z"}]'
        ),
        maps_of(
            {
                "alerts": json_texts(),
                "labels": json_texts(),
                "annotations": json_texts(),
                "status": texts_of("resolved"),
                "startsAt": texts_of("2026-11-28T10:00:00Z"),
                "endsAt": texts_of("0001-01-01T00:00:00Z", "2026-11-28", "9999-12-31T23:59-23:59"),
            }
        ).map(lambda text: f"[{text}]"),
    ).map(as_bytes)
)

# MessagePack of lists and maps that claim more than there is
claims = st.lists(
    st.sampled_from([b"\x93", b"\xdd\xff\xff\xff\xff", b"\xdc\xff\xff", b"\xdf\xff\xff\xff\xff",
                     b"\x90", b"\x80", b"\xc0", b"\xdb\xff\xff\xff\xff", b"\xc7\x00\x05"]),
    max_size=12,
).map(b"".join)  # fmt: skip
