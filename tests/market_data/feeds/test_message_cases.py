"""Messages as users have published them (cases 16 to 18): what a recording of them gives.

tests/e2e/parity/test_message_parity.py holds the bridge to the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from market_data import (
    Quote,
    ReadOptionError,
    SkippedRow,
    UnusableFileError,
    as_message,
    open_feed,
)
from market_data.feeds.messages import parse_fields
from tests.support.processes import ROOT

CASES = ROOT / "tests" / "cases"
LINES = (CASES / "16-messages.jsonl").read_bytes().splitlines()


def read(folder: Path, *lines: bytes, **options: Any) -> tuple[list[Quote], list[SkippedRow]]:
    path = folder / "live.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n")
    skipped: list[SkippedRow] = []
    try:
        return list(open_feed([path], on_skip=skipped.append, **options)), skipped
    except UnusableFileError:
        return [], skipped


REFUSED = {
    1: ("quote_range", "--fields sid=s,quote=p,ts=T,id=s+t reads it"),
    2: ("quote_type", "--fields sid=data.s,quote=data.p,ts=data.T reads it"),
    3: ("quote_type", "--fields sid=s,quote=a reads it"),
    4: ("field_name", '"o" is the name of a field, not of an instrument'),
    5: ("field_name", 'a valid message would be {"sid": "GOOG", "quote": 346.3}'),
    7: ("field_name", '"battery" is the name of a field, not of an instrument'),
    8: ("field_name", 'a valid message would be {"sid": "goog", "quote": 3.45, "seq": 17}'),
    15: ("time_impossible", '"ts" is "2024-02-31": there is no such day'),
    19: ("number_range", '"size" is no finite number'),
    22: ("quote_type", "--fields sid=S,quote=p,ts=t reads it"),
    23: ("not_a_map", "a number, not a map"),
    24: ("not_a_map", "a string, not a map"),
}
QUOTES = {
    6: ("GOOG", 345.1, None),
    9: ("goog", 3.45, "2024-01-10T22:55:31+0100"),
    10: ("GAS", 317.3988, None),
    11: ("GOOG", 345.1, "1700000000123"),
    12: ("GOOG", 345.1, 1700000000.123),
    13: ("GOOG", 345.1, 1700000000123456),
    14: ("GOOG", 345.1, 20240110),
    16: ("GOOG", 345.1, None),
    17: ("600519", 1700.5, None),
    18: ("GOOG", 345.1, None),
    20: ("SHIB", 0.00000812, None),
    21: ("SHIB", 0.00000812, None),
}


@pytest.mark.parametrize("number", range(1, 25))
def test_each_line_of_case_16_is_its_quote_or_refused_with_its_code(
    tmp_path: Path, number: int
) -> None:
    """Each line of case 16 is the quote that it means or refused with its code."""
    quotes, skipped = read(tmp_path, LINES[number - 1])
    if number in QUOTES:
        assert [(quote.sid, quote.quote, quote.ts) for quote in quotes] == [QUOTES[number]]
        assert skipped == []
    else:
        code, reason = REFUSED[number]
        assert quotes == []
        assert [row.code for row in skipped] == [code]
        assert reason in skipped[0].reason


@pytest.mark.parametrize("number", [1, 2, 3, 22])
def test_the_fields_that_a_refusal_names_read_the_line(tmp_path: Path, number: int) -> None:
    _quotes, (skipped,) = read(tmp_path, LINES[number - 1])
    fields = skipped.option.removeprefix("--fields ")
    (quote,), skipped_now = read(tmp_path, LINES[number - 1], fields=fields)
    assert skipped_now == []
    assert (quote.sid, quote.quote) == {
        1: ("COINUSDT", 42000.1),
        2: ("COINUSDT", 42000.1),
        3: ("COINUSDT", 42000.2),
        22: ("GOOG", 345.1),
    }[number]
    message = as_message(quote, "r")
    assert message["id"] == {1: "COINUSDT:12345", 22: "live:r:1/1"}.get(number, "live:r:1")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"date": "2024-01-01", "close": 100.28}', '{"sid": "GOOG", "quote": 100.28}'),
        (b'{"battery": 7}', '{"sid": "battery", "quote": 7}'),
    ],
)
def test_the_suggested_message_has_no_price_as_its_instrument(
    tmp_path: Path, line: bytes, message: str
) -> None:
    _quotes, (skipped,) = read(tmp_path, line)
    assert skipped.reason.endswith(f"a valid message would be {message}")


def test_an_id_that_is_a_number_is_its_text(tmp_path: Path) -> None:
    (quote,), _skipped = read(tmp_path, LINES[15])
    assert as_message(quote, "r")["id"] == "12345"


def test_case_17_is_decided_in_the_order_of_the_symbols() -> None:
    quotes = list(open_feed([CASES / "17-a-shares.jsonl"]))
    assert len(quotes) == 240
    assert [quote.sid for quote in quotes[:4]] == ["000001", "300750", "600519", "goog"]


def test_case_18_has_the_numbers_that_every_language_has() -> None:
    first = next(iter(open_feed([CASES / "18-big-numbers.jsonl"]))).fields
    assert list(map(repr, first.values())) == [
        "8.389765489680951e+18", "1.7092872e+18", "100", "1e+24",
    ]  # fmt: skip


def test_symbols_are_the_only_instruments_that_are_taken(
    tmp_path: Path,
) -> None:
    """Symbols are the only instruments taken from a recording and from a table."""
    lines = [b'{"goog": 1, "aapl": 2}', b'{"goog": 1, "msft": 2}', b'{"goog": 3}']
    quotes, skipped = read(tmp_path, *lines, symbols="goog, aapl", strict=True)
    assert [quote.quote for quote in quotes] == [2.0, 1.0, 3.0]
    assert [(row.row, row.code) for row in skipped] == [(2, "other_symbol")]
    table = tmp_path / "prices.csv"
    table.write_text("symbol,date,close\nGOOG,2024-01-01,1\nAAPL,2024-01-01,2\n")
    feed = open_feed([table], symbols=["GOOG"], strict=True)
    assert [quote.sid for quote in feed] == ["GOOG"]
    (line,) = feed.quality.report().lines()
    assert '"AAPL" is not among the instruments of --symbols' in line
    _quotes, (other,) = read(tmp_path, b'{"GOOG": 1}', symbols="goog")
    assert 'did you mean "goog"? upper and lower case are not the same' in other.reason


def test_of_an_array_each_quote_without_an_id_gets_one_by_its_place(tmp_path: Path) -> None:
    line = (
        b'[{"sid": "A", "quote": 1}, {"sid": "A", "quote": 1}, {"sid": "A", "quote": 1, "id": 7}]'
    )
    quotes, _skipped = read(tmp_path, line)
    ids = [as_message(quote, "r")["id"] for quote in quotes]
    assert ids == ["live:r:1/1", "live:r:1/2", "7"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"fields": "sid"}, "expected sid=s,quote=p,ts=T,id=s+t"),
        ({"fields": "sdi=s"}, 'did you mean "sid"?'),
        ({"fields": "sid=s,sid=S"}, "names the field for sid a second time"),
        ({"fields": "ts=day+time"}, "joins fields, which makes a sid or an id, and no ts"),
        ({"symbols": "goog,,aapl"}, "it is names of instruments, such as goog,aapl"),
    ],
)
def test_options_that_cannot_be_understood_are_refused_with_a_sentence(
    tmp_path: Path, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ReadOptionError) as refused:
        read(tmp_path, b'{"goog": 1}', **options)
    assert sentence in str(refused.value)


def test_fields_of_a_channel_count_for_its_messages_only(
    tmp_path: Path,
) -> None:
    """Fields of a channel count for its messages and all others are read as ever."""
    lines = [b'{"s": "A", "p": 1, "channel": "trades/x"}', b'{"goog": 2}']
    quotes, _skipped = read(tmp_path, *lines, fields="trades/#:sid=s,quote=p")
    assert [(quote.sid, quote.quote) for quote in quotes] == [("A", 1.0), ("goog", 2.0)]
    assert as_message(quotes[0], "r")["channel"] == "trades/x"


def test_fields_are_given_as_text_as_texts_or_as_a_map() -> None:
    expected = parse_fields("sid=s,id=s+t")
    assert parse_fields({"sid": "s", "id": "s+t"}) == expected
    assert parse_fields(["sid=s,id=s+t"]) == expected
