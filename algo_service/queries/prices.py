"""The prices of an instrument as bars, from the quotes that were decided, and the orders on it."""

from __future__ import annotations

import json
import math
import sqlite3
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgpack

from algo_service.errors import QueryError
from algo_service.journal import content
from algo_service.journal.rows import QUOTES
from algo_service.queries.question import MAX_ENTRIES
from portfolio.times import SECOND, instant

MAX_READ = 500_000
"""Decisions that are read for one answer, back from the last one."""

MAX_QUOTES = 100_000
"""Quotes of the instrument that are read for one answer."""

_CHUNK = 20_000
"""Decisions of one statement; while it runs the service cannot shorten its -wal."""

_DAY = 86_400
INTERVALS = (1, 5, 15, 30, 60, 300, 900, 1800, 3600, 4 * 3600, _DAY, 7 * _DAY, 28 * _DAY)
"""Seconds of a bar."""

_Bar = list[float]
"""Its beginning in seconds since 1970, open, high, low and close."""


class _Price(NamedTuple):
    """A quote, which may stand for a bar itself."""

    time: int
    """Nanoseconds since 1970."""
    open: float
    high: float
    low: float
    close: float


def prices(database: sqlite3.Connection, options: Mapping[str, Any]) -> str:
    """Return bars and orders, the oldest first, as JSON text.

    :param options: `sid`; `from` and `to` in nanoseconds or None, both included; `points`, of bars.
    :raises QueryError: if the journal keeps no inputs.
    """
    sid = options["sid"]
    found: list[_Price] = []
    orders: list[str] = []
    is_complete = True
    read = 0
    for after, last in _chunks(database):
        if read >= MAX_READ or len(found) >= MAX_QUOTES:
            is_complete = False
            break
        read += last - after
        decided = _decided(database, after, last)
        quotes = list(_quotes(database, sid, after, last, decided))
        found += [each for each in quotes if _is_within(each.time, options)]
        if len(orders) <= MAX_ENTRIES:
            orders += _orders(database, options, after, last, decided)
        if quotes and options["from"] is not None and max(quotes).time < options["from"]:
            break  # quotes come in the order of time, but for some that are late
    if not found:
        _check_inputs(database)
    found.reverse()
    found.sort(key=lambda each: each.time)  # late ones; of one time in the order of decision
    interval = _interval(found, options["points"])
    bars = _bars(found, interval)
    is_complete = is_complete and len(bars) <= options["points"] and len(orders) <= MAX_ENTRIES
    head = {"sid": sid, "interval": interval, "bars": bars[-options["points"] :]}
    listed = ",".join(reversed(orders[:MAX_ENTRIES]))
    text = json.dumps(head, allow_nan=False, separators=(",", ":"))[:-1]
    return f'{text},"orders":[{listed}],"complete":{json.dumps(is_complete)}}}'


def _chunks(database: sqlite3.Connection) -> Iterator[tuple[int, int]]:
    """Yield where each chunk of the decisions begins, behind that seq, and ends; latest first."""
    first, last = database.execute("SELECT min(seq), max(seq) FROM decisions").fetchone()
    if last is None:
        return
    while last >= first:
        yield last - _CHUNK, last
        last -= _CHUNK


def _decided(database: sqlite3.Connection, after: int, last: int) -> list[tuple[int, float]]:
    """Return the last seq of each batch of a chunk, and when it was decided."""
    return database.execute(
        "SELECT seq, at FROM batches WHERE seq > ? AND seq <= coalesce("
        "(SELECT min(seq) FROM batches WHERE seq >= ?), ?) ORDER BY seq",
        (after, last, last),
    ).fetchall()


def _quotes(
    database: sqlite3.Connection,
    sid: str,
    after: int,
    last: int,
    decided: Sequence[tuple[int, float]],
) -> Iterator[_Price]:
    # most of the others are left out by their bytes alone
    rows = database.execute(
        "SELECT seq, content FROM decisions WHERE seq > ? AND seq <= ?"
        f" AND instr(content, ?) AND {QUOTES} ORDER BY seq DESC",
        (after, last, msgpack.packb(sid)),
    ).fetchall()
    for seq, packed in rows:
        quote = content.read(packed)
        if quote.get("sid") != sid:
            continue
        time = _time(quote.get("ts"), seq, decided)
        if time is not None:
            yield _price(time, quote)


def _orders(
    database: sqlite3.Connection,
    options: Mapping[str, Any],
    after: int,
    last: int,
    decided: Sequence[tuple[int, float]],
) -> Iterator[str]:
    sid = options["sid"]
    rows = database.execute(
        "SELECT seq, text FROM orders WHERE seq > ? AND seq <= ? AND instr(text, ?)"
        " ORDER BY seq DESC, n DESC LIMIT ?",
        (after, last, json.dumps(sid, ensure_ascii=False), MAX_ENTRIES + 1),
    ).fetchall()
    for seq, text in rows:
        order = json.loads(text)
        if order.get("sid") != sid:
            continue
        time = _time(order.get("ts"), seq, decided)
        if time is None or _is_within(time, options):
            seconds = json.dumps(None if time is None else time / SECOND)
            yield f'{{"seq":{seq},"time":{seconds},"order":{text}}}'


def _time(ts: Any, seq: int, decided: Sequence[tuple[int, float]]) -> int | None:
    """Return the time of a quote; of one that has none, when it was decided, as far as known."""
    if ts is not None:
        return instant(ts)
    at = bisect_left(decided, (seq,))
    return int(decided[at][1] * 1e6) * 1000 if at < len(decided) else None


def _price(time: int, quote: Mapping[str, Any]) -> _Price:
    close = quote["quote"]
    if "high" not in quote and "open" not in quote and "low" not in quote:
        return _Price(time, close, close, close, close)
    first = _number(quote.get("open"), close)
    high, low = _number(quote.get("high"), close), _number(quote.get("low"), close)
    return _Price(time, first, max(high, first, close), min(low, first, close), close)


def _number(value: Any, otherwise: float) -> float:
    is_price = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1e9
    return value if is_price else otherwise


def _is_within(time: int, options: Mapping[str, Any]) -> bool:
    first, last = options["from"], options["to"]
    return (first is None or first <= time) and (last is None or time <= last)


def _bars(found: Iterable[_Price], interval: int) -> list[_Bar]:
    """Return the bars of quotes in the order of time."""
    bars: list[_Bar] = []
    end = -math.inf
    for time, first, high, low, close in found:
        if time >= end:
            start = time // SECOND // interval * interval
            end = (start + interval) * SECOND
            bars.append([start, first, high, low, close])
            continue
        bar = bars[-1]
        if high > bar[2]:
            bar[2] = high
        if low < bar[3]:
            bar[3] = low
        bar[4] = close
    return bars


def _interval(found: Iterable[_Price], points: int) -> int:
    """Return the shortest interval that makes no more bars than points."""
    starts = {time // SECOND for time, *_ in found}
    before = 1
    for interval in INTERVALS:  # each of them is a multiple of the one before
        starts = {start // (interval // before) for start in starts}
        before = interval
        if len(starts) <= points:
            break
    return interval


def _check_inputs(database: sqlite3.Connection) -> None:
    """Make sure that quotes are kept, where none was found.

    :raises QueryError: if they are not.
    """
    row = database.execute(
        f"SELECT content IS NULL FROM decisions WHERE {QUOTES} ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    if row and row[0]:
        raise QueryError(
            "the journal keeps no inputs, and so no prices: the service runs with --keep-inputs no"
        )
