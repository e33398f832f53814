"""Recordings: every spelling of the contract, and what breaks it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from market_data import Quote, SkippedRow, as_message, open_feed
from tests.support.processes import ROOT

EXAMPLES = json.loads((ROOT / "contracts" / "examples" / "quote.json").read_text())
GOOD = b'{"sid": "GOOD", "quote": 1}\n'


def named(kind: str) -> list[Any]:
    # a blank line is no message
    some = [each for each in EXAMPLES[kind] if each.get("payload") != ""]
    return [pytest.param(example, id=example["name"]) for example in some]


def line(example: dict[str, Any]) -> bytes:
    if "payload_base64" in example:
        return base64.b64decode(example["payload_base64"]) + b"\n"
    return example["payload"].strip().encode() + b"\n"


def read(folder: Path, content: bytes) -> tuple[list[Quote], list[SkippedRow]]:
    path = folder / "live.jsonl"
    path.write_bytes(content)
    skipped: list[SkippedRow] = []
    return list(open_feed([str(path)], on_skip=skipped.append)), skipped


@pytest.mark.parametrize("example", named("valid"))
def test_a_valid_message_gives_the_quotes_that_the_bridge_makes_of_it(
    tmp_path: Path, example: dict[str, Any]
) -> None:
    quotes, skipped = read(tmp_path, line(example))
    messages = [as_message(quote, "r") for quote in quotes]
    # the bridge takes a channel from the topic alone, and a recording may keep it in a field
    assert [{**m, "channel": "quotes"} for m in messages] == [
        {"id": message["id"], **expected}
        for message, expected in zip(messages, example["quotes"], strict=True)
    ]
    assert skipped == []


@pytest.mark.parametrize("example", named("invalid"))
def test_an_invalid_message_is_skipped_with_the_bridges_reason(
    tmp_path: Path, example: dict[str, Any]
) -> None:
    """An invalid message is skipped as a whole with the reason of the bridge."""
    quotes, skipped = read(tmp_path, GOOD + line(example) + GOOD)
    assert [(quote.sid, quote.row) for quote in quotes] == [("GOOD", 1), ("GOOD", 3)]
    assert [(row.row, row.code) for row in skipped] == [(2, example["code"])]
    assert example["reason"] in skipped[0].reason


@pytest.mark.parametrize(
    ("message", "keys_and_ids"),
    [
        # keys in the order of the contract, whatever that of the line
        (
            '{"volume": 9, "id": "x", "channel": "c", "quote": 1, "ts": 1362139200000, "sid": "A"}',
            [
                (
                    {
                        "sid": "A",
                        "quote": 1.0,
                        "ts": 1362139200000,
                        "id": "x",
                        "channel": "c",
                        "volume": 9,
                    }
                )
            ],
        ),
        (
            '{"a": 1, "id": "x", "b": 2}',
            [
                {"sid": "a", "quote": 1.0, "id": "x/a", "channel": "quotes"},
                {"sid": "b", "quote": 2.0, "id": "x/b", "channel": "quotes"},
            ],
        ),
        # without ids those of the row, each of its own
        (
            '{"a": 1, "b": 2, "ts": "2013-03-01"}',
            [
                {
                    "sid": sid,
                    "quote": price,
                    "ts": "2013-03-01",
                    "id": f"live:r:1/{sid}",
                    "channel": "quotes",
                }
                for sid, price in (("a", 1.0), ("b", 2.0))
            ],
        ),
        (
            '{"sid": "A", "quote": 1}',
            [{"sid": "A", "quote": 1.0, "id": "live:r:1", "channel": "quotes"}],
        ),
        # what is no channel gives way
        (
            '{"sid": "A", "quote": 1, "channel": 7}',
            [{"sid": "A", "quote": 1.0, "id": "live:r:1", "channel": "quotes"}],
        ),
    ],
)
def test_a_recorded_quote_keeps_its_id_its_channel_and_its_fields(
    tmp_path: Path, message: str, keys_and_ids: list[dict[str, Any]]
) -> None:
    quotes, _skipped = read(tmp_path, message.encode())
    messages = [as_message(quote, "r") for quote in quotes]
    assert [list(each.items()) for each in messages] == [list(k.items()) for k in keys_and_ids]


def test_blank_lines_and_line_ends_of_windows_are_no_messages(
    tmp_path: Path,
) -> None:
    """Blank lines a mark and line ends of windows are no part of messages."""
    quotes, skipped = read(
        tmp_path, b"\xef\xbb\xbf" + b"\r\n\n".join([GOOD.strip()] * 3) + b"\n \n"
    )
    assert [quote.row for quote in quotes] == [1, 2, 3]
    assert skipped == []


def nested(levels: int) -> bytes:
    return b'{"sid":"A","quote":1,"x":' + b"[" * levels + b"]" * levels + b"}\n"


def of_size(size: int) -> bytes:
    return b'{"sid":"A","quote":1,"x":"' + b"x" * (size - 28) + b'"}\n'


def shorthand(count: int) -> bytes:
    return json.dumps({f"s{n}": 1 for n in range(count)}).encode() + b"\n"


@pytest.mark.parametrize(
    ("within", "beyond", "reason"),
    [
        (nested(31), nested(32), "nested too deep"),
        (GOOD, nested(100_000), "nested too deep"),
        (of_size(2**20), of_size(2**20 + 1), "longer than 1048576 bytes"),
        (GOOD, of_size(5 * 2**20), "longer than 1048576 bytes"),
        (shorthand(1000), shorthand(1001), "1001 quotes in one message, at most 1000"),
        (GOOD, b"1 " + GOOD, 'not JSON: more behind it: \' {"sid": "GOOD"'),
        (GOOD, b'{"sid": "A", "quote": 1' + b"0" * 400 + b"}\n", "finite"),
        (GOOD, b'{"sid": "A", "quote": 1' + b"0" * 5000 + b"}\n", "finite"),
        (GOOD, b'{"sid": "A", "quote": 1, "ts": true}\n', '"ts" is true'),
        (GOOD, b'{"sid": "A", "quote": 1, "ts": [1]}\n', '"ts" is [1]'),
    ],
)
def test_the_limits_of_the_contract_hold_and_the_next_line_is_read(
    tmp_path: Path, within: bytes, beyond: bytes, reason: str
) -> None:
    quotes, skipped = read(tmp_path, within)
    assert quotes
    assert skipped == []
    quotes, skipped = read(tmp_path, beyond + GOOD)
    assert [(quote.sid, quote.row) for quote in quotes] == [("GOOD", 2)]
    assert [row.row for row in skipped] == [1]
    assert reason in skipped[0].reason
