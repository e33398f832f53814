"""Quotes from a recording: one message per line, as `mosquitto_sub -t quotes` prints them.

It takes and refuses what the bridge does (contracts/README.md, "Quotes").
"""

from __future__ import annotations

import codecs
import json
import math
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from market_data.errors import UnusableFileError
from market_data.feeds.opening import open_bytes
from market_data.feeds.quote import MAX_PRICE, MAX_SID, NoQuoteError, Quote, Recorded
from market_data.feeds.table import OnSkip
from market_data.feeds.timed import BATCH, Timed
from portfolio.errors import InvalidTimeError
from portfolio.times import instant

# The contract's limits: bytes of a message, quotes in one, characters, levels of maps and lists.
_MAX_MESSAGE = 1024 * 1024
_MAX_LINE = _MAX_MESSAGE + 2
_MAX_QUOTES = 1000
_MAX_ID = 256
_MAX_CHANNEL = 1024
_MAX_DEPTH = 32

_NONE = object()

# JSON's grammar of numbers (RFC 8259, section 6), which a price given as text follows
_JSON_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def read_jsonl(path: Path, name: str, on_skip: OnSkip) -> Iterator[Timed]:
    """Yield the quotes of a recording in the order of its lines, a batch at a time.

    Rows are its lines, which count from 1, without blank ones. A shorthand gives one quote per
    key, all of one row. A message that breaks the contract goes to `on_skip` as a whole.
    UnusableFileError where the file cannot be read.
    """
    row = 0
    times: list[int | None] = []
    batch: list[Quote] = []
    try:
        with open_bytes(path) as file:
            for line in _lines(file):
                row += 1
                try:
                    time, quotes = _quotes(line, row, name)
                except NoQuoteError as error:
                    on_skip(error.skipped(name, row))
                    continue
                batch += quotes
                times += [time] * len(quotes)
                if len(batch) >= BATCH:
                    yield Timed(times, batch)
                    times, batch = [], []
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnusableFileError(str(path), reason, "a recording that can be read") from error
    if batch:
        yield Timed(times, batch)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield lines that are not blank, without white space around; of one too long the beginning."""
    # a file that passed through Windows may begin with a mark
    mark = codecs.BOM_UTF8
    while line := file.readline(_MAX_LINE):
        if len(line) == _MAX_LINE:
            rest = line
            while rest and not rest.endswith(b"\n"):
                rest = file.readline(_MAX_LINE)
        if stripped := line.removeprefix(mark).strip():
            yield stripped
        mark = b""


def _quotes(line: bytes, row: int, source: str) -> tuple[int | None, list[Quote]]:
    message = _parse(line)
    ts = message.pop("ts", None)
    time = None if ts is None else _time(ts)
    own_id = message.pop("id", _NONE)
    if own_id is _NONE:
        own_id = None
    else:
        _check_text("id", own_id, _MAX_ID)
    if "sid" not in message and "quote" not in message:
        return time, _shorthand(message, ts, own_id, row, source)
    sid, price = message.pop("sid", _NONE), message.pop("quote", _NONE)
    if sid is _NONE or price is _NONE:
        raise NoQuoteError("missing", f'"{"sid" if sid is _NONE else "quote"}" is missing')
    _check_text("sid", sid, MAX_SID)
    channel = message.pop("channel", None)
    if not isinstance(channel, str) or not 0 < len(channel) <= _MAX_CHANNEL:
        channel = None
    recorded = Recorded(own_id, channel, False, message)
    price = _price("quote", price)
    return time, [Quote(sid, price, ts, row, source, recorded=recorded)]


def _shorthand(
    prices: dict[str, Any], ts: Any, own_id: str | None, row: int, source: str
) -> list[Quote]:
    if not prices:
        raise NoQuoteError("missing", 'no quote in it, such as {"sid": "GOOG", "quote": 345}')
    if len(prices) > _MAX_QUOTES:
        raise NoQuoteError("malformed", f"{len(prices)} quotes in it, at most {_MAX_QUOTES}")
    quotes = []
    for sid, price in prices.items():
        _check_text("sid", sid, MAX_SID)
        recorded = Recorded(own_id and f"{own_id}/{sid}", None, True, {})
        quotes.append(Quote(sid, _price(sid, price), ts, row, source, recorded=recorded))
    return quotes


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is no number of JSON")


# decode() would search for white space around, twice
_decode = json.JSONDecoder(parse_constant=_refuse_constant).raw_decode


def _parse(line: bytes) -> dict[str, Any]:
    if len(line) > _MAX_MESSAGE:
        raise NoQuoteError("malformed", f"longer than {_MAX_MESSAGE} bytes")
    try:
        text = line.decode()
        message, end = _decode(text)
    except UnicodeDecodeError:
        raise NoQuoteError("malformed", "not UTF-8") from None
    except ValueError as error:
        raise NoQuoteError("malformed", f"not JSON: {error}") from None
    except RecursionError:
        raise NoQuoteError("malformed", "nested too deep") from None
    if end != len(text):
        raise NoQuoteError("malformed", f"not JSON: more behind it: {text[end:][:40]!r}")
    if not isinstance(message, dict):
        raise NoQuoteError("malformed", f"{_kind(message)}, not a map")
    # only an escape can give half of a surrogate pair
    if b"\\u" in line:
        _check_surrogates(message)
    # a bracket may stand in a text, too
    if line.count(b"{") + line.count(b"[") > _MAX_DEPTH:
        _check_depth(message, _MAX_DEPTH)
    return message


def _check_surrogates(message: dict[str, Any]) -> None:
    for key, value in message.items():
        try:
            json.dumps({key: value}, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise NoQuoteError(
                "malformed", f"{_show(key)} holds half of a surrogate pair, which is no text"
            ) from None


def _check_depth(value: object, left: int) -> None:
    if not isinstance(value, dict | list):
        return
    if left == 0:
        raise NoQuoteError("malformed", f"nested too deep: at most {_MAX_DEPTH} levels")
    for inner in value.values() if isinstance(value, dict) else value:
        _check_depth(inner, left - 1)


def _time(ts: object) -> int:
    try:
        return instant(ts)
    except InvalidTimeError as error:
        raise NoQuoteError("time", f'"ts" is {_show(ts)}: {error.reason}') from None


def _check_text(key: str, value: object, longest: int) -> None:
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise NoQuoteError(
            "malformed",
            f'"{key}" is {_show(value)}: it has to be a text of 1 to {longest} characters',
        )


def _price(key: str, value: object) -> float:
    if value is None:
        raise NoQuoteError("missing", f'"{key}" is null: a price is missing')
    is_text = isinstance(value, str) and _JSON_NUMBER.fullmatch(value)
    if type(value) not in (int, float) and not is_text:
        raise NoQuoteError(
            "not_a_price",
            f'"{key}" is {_show(value)}: a price is a number, or a JSON number as text',
        )
    try:
        price = float(value)  # type: ignore[arg-type]
    except OverflowError:
        price = math.inf
    if not 0 < price <= MAX_PRICE:
        raise NoQuoteError(
            "not_positive" if price <= 0 else "not_a_price",
            f'"{key}" is {price:g}: a price is finite, above 0 and at most 1e9',
        )
    return price


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, bool):
        return "a boolean"
    return "a string" if isinstance(value, str) else "a number"


def _show(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 80 else f"{text[:80]}…"
