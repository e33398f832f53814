"""The same messages live over mosquitto and as a recording: the same orders and refusals."""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
from collections.abc import Callable
from pathlib import Path

from algo_service.backtest import backtest
from algo_service.engine.encoding import encode
from market_data import FeedError, SkippedRow, open_feed
from tests.e2e.parity.random_messages import Messages
from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import ROOT
from tests.support.watcher import Watcher

CASES = ROOT / "tests" / "cases"
EXAMPLES = json.loads((ROOT / "contracts" / "examples" / "quote.json").read_text())
FIELDS = "raw/#:sid=data.s,quote=p,ts=T,id=data.t"
PARAMETERS = {"cash": 1e9}

# Its amounts hang on everything that it is given, and on the types of numbers.
ALGORITHM = """
import zlib
from portfolio import Portfolio

class Bets:
    def initialize(self, params):
        self.portfolio = Portfolio(params["cash"])
        return ["quotes", "raw/#"]

    def event(self, data):
        self.portfolio.buy(data, 10_000 + zlib.crc32(repr(sorted(data.items())).encode()) % 1000)
"""


def with_id(message: bytes, name: str) -> bytes:
    """Return a message with an id, which otherwise the bridge or the file would give it."""
    parts = message.split(b"{")
    # only a map at the top, or in an array at the top, is a quote
    if b'"id"' in message or not message.lstrip(b" [\r\t").startswith(b"{") or len(parts) < 2:
        return message
    if message.lstrip().startswith(b"["):
        count = len(parts)
        return b"".join(
            part if n == 0 else b'{"id": "%s.%d", ' % (name.encode(), n) + part
            for n, part in zip(range(count), parts, strict=True)
        )
    return parts[0] + b'{"id": "%s", ' % name.encode() + b"{".join(parts[1:])


def recordings() -> list[list[bytes]]:
    """The cases, each message of the contract, and 4,000 that are drawn, each in order of time."""
    cases = {
        name: (CASES / f"{name}.jsonl").read_bytes().splitlines()
        for name in ("05d-live-us", "16-messages", "17-a-shares", "18-big-numbers")
    }
    # their times are in no order
    alone = cases.pop("16-messages")
    for example in EXAMPLES["valid"] + EXAMPLES["invalid"]:
        if "payload_base64" in example:
            alone.append(base64.b64decode(example["payload_base64"]))
        else:
            alone.append(example["payload"].strip().encode())
    # live a channel is the topic alone, and a recording may keep it in a field
    named = [with_id(message, "given") for message in alone if b'"elsewhere"' not in message]
    # examples share some ids, and a quote is decided once
    own = [each.replace(b'"id": "', b'"id": "n%d.' % n) for n, each in enumerate(named)]
    messages = Messages(seed=20)
    drawn = (messages.draw() for _ in itertools.repeat(None))
    return [
        *cases.values(),
        *([each] for each in own if each and has_ids(each)),
        list(itertools.islice(filter(has_ids, drawn), 4_000)),
    ]


def has_ids(message: bytes) -> bool:
    """Tell whether no quote of it would get an id, as damage to a key may have it."""
    try:
        parsed = json.loads(message, parse_int=float)
    except ValueError:
        return True
    quotes = parsed if isinstance(parsed, list) else [parsed]
    return all("id" in quote for quote in quotes if isinstance(quote, dict))


def topic_of(message: bytes) -> str:
    """Where a message is published: a recording tells it by a field."""
    try:
        channel = json.loads(message, parse_int=float)["channel"]
    except (ValueError, TypeError, KeyError):
        return "quotes"
    return channel if isinstance(channel, str) and channel.startswith("raw/") else "quotes"


def test_every_message_gives_the_same_live_and_from_a_recording(
    mosquitto: Broker, parts: Parts, watch: Callable[..., Watcher], tmp_path: Path
) -> None:
    """Every message gives the same orders or the same code live and from a recording."""
    orders: list[str] = []
    refused: list[tuple[bytes, str]] = []
    recording = tmp_path / "live.jsonl"
    algo = f"{parts.file('bets.py', ALGORITHM)}:Bets"
    published = recordings()
    for messages in published:
        recording.write_bytes(b"\n".join(messages) + b"\n")
        skipped: list[SkippedRow] = []
        feed = open_feed([recording], on_skip=skipped.append, fields=FIELDS)
        # of one message that is refused there is no quote
        with contextlib.suppress(FeedError):
            backtest(algo, feed, PARAMETERS, keep=None, on_order=lambda o: orders.append(encode(o)))
        refused += [(messages[row.row - 1], row.code) for row in skipped]
    assert len(orders) > 2000
    assert len(refused) > 1600

    service = parts.service("--algo", algo, "--param", "cash=1e9", "--log-level", "warning")
    parts.bridge(mosquitto, service, "--fields", FIELDS, "--log-level", "error")
    watcher = watch(mosquitto)
    for message in itertools.chain.from_iterable(published):
        sent = watcher.client.publish(topic_of(message), message, qos=1)
    sent.wait_for_publish(60)
    errors = watcher.wait("errors/Bets", len(refused))
    watcher.wait("orders/Bets", len(orders))
    assert watcher.raw("orders/Bets") == orders
    live = [(base64.b64decode(each["payload_base64"]), each["code"]) for each in errors]
    assert live == refused
