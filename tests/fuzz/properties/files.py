"""Files: of prices in any form, of recordings, and of how far a command has come."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from market_data import FeedError, open_feed
from market_data.download.folder import _parse as parse_download
from market_data.feeds.recording.layout import day_of
from market_data.feeds.recording.row import decode
from market_data.live.exchange.source import _places_of
from market_data.live.progress import read_live_state
from market_data.live.sql.cursor import from_json
from market_data.replay.state import read_state
from market_data.state_file import read_state_file
from portfolio.times import instant
from tests.fuzz import strategies as draw
from tests.fuzz.properties.property import Property, refused
from tests.support.processes import ROOT

CASES = ROOT / "tests" / "cases"


@cache
def _temporary() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="tickwire-fuzz-")


def folder() -> Path:
    """Return a folder of this process, which is removed at its end."""
    return Path(_temporary().name)


def _read(source: str | Path, **options: Any) -> str:
    count = 0
    try:
        for quote in open_feed(source, on_skip=lambda _row: None, **options):
            assert 0 < quote.quote <= 1e9
            assert 0 < len(quote.sid) <= 64
            if quote.ts is not None:
                instant(quote.ts)
            count += 1
    except FeedError as error:
        return refused(error)
    return "some" if count else "none"


def prices(ending: str) -> Callable[[bytes], str]:
    def check(payload: bytes) -> str:
        path = folder() / f"prices{ending}"
        path.write_bytes(payload)
        return _read(path)

    return check


def table(payload: bytes) -> str:
    """A table of SQLite whose cells are of any type: each line is a row."""
    path = folder() / "prices.db"
    path.unlink(missing_ok=True)
    texts = payload.decode("utf-8", "replace").split("\n")
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE t (sid, ts, price, topic, payload)")
        for text in texts[:20]:
            cells = [_cell(each) for each in text.split(",")]
            database.execute("INSERT INTO t VALUES (?, ?, ?, ?, ?)", (cells + [None] * 5)[:5])
    database.close()
    found = [
        _read(f"sqlite:///{path}", query=f"SELECT {columns} FROM t")
        for columns in ("sid, ts, price", "topic, payload", "*")
    ]
    return max(found)


def _cell(text: str) -> Any:
    if text.startswith("x"):
        return text[1:].encode()
    for kind in (int, float):
        try:
            value = kind(text)
        except ValueError:
            continue
        return value if kind is float or abs(value) < 2**63 else text
    return text or None


def recorded(line: bytes) -> str:
    try:
        row = decode(line)
    except ValueError:
        return "refused"
    assert row.seq > 0
    assert day_of(row.arrived)
    row.topic.encode()
    return "read"


def state(payload: bytes) -> str:
    path = folder() / "state"
    path.write_bytes(payload)
    found = 0
    for read in (
        lambda: read_state(path, "goog", "quotes", None),
        lambda: read_state_file(path, parse_download, "a download"),
        lambda: _positions(path),
    ):
        try:
            found += read() is not None
        except FeedError as error:
            refused(error)
    return "read" if found else "refused"


def _positions(path: Path) -> object:
    found = read_live_state(path, "binance", "quotes")
    if found is not None and found.position is not None:
        _places_of(found.position)
        with suppress(ValueError, KeyError, TypeError):
            from_json(found.position)
    return found


_csv = st.sampled_from(
    [path.read_bytes()[:600] for path in sorted(CASES.glob("*.csv"))]
    + [b"date,close\n2024-01-10,345\n", b"ts;sid;price\n1704844800;A;1,5\n"]
)
_cells = st.one_of(
    st.sampled_from(["A", "345", "1e400", "nan", "x\xff", "2024-01-10", "1704844800", "9" * 30]),
    st.text(max_size=5),
)
_whole_rows = st.sampled_from(
    [
        "A,2024-01-10,345,quotes,x{}",
        'B,1704844800,1.5,quotes,x{"sid":"A";"quote":1}',
        "600519,2024-01-10 09:30,8e-6,data/x,",
    ]
)
_rows = st.lists(
    st.one_of(_whole_rows, _whole_rows, st.lists(_cells, min_size=3, max_size=5).map(",".join)),
    max_size=4,
).map("\n".join)
_states = draw.maps_of(
    {
        "version": st.sampled_from(["1", "2", "1.0", "true"]),
        "source": draw.texts_of("goog", "binance"),
        "topic": draw.texts_of("quotes"),
        "run": draw.texts_of("r1"),
        "again_from": st.one_of(st.sampled_from(["[1,1]", "[0,1]", "[true,1]"]), draw.json_texts()),
        "confirmed": st.one_of(st.sampled_from(["[1,1]", "null"]), draw.json_texts()),
        "complete": st.sampled_from(["true", "false", "1"]),
        "position": draw.json_texts(),
    }
)
_whole_states = st.sampled_from(
    [
        '{"version":1,"source":"goog","topic":"quotes","run":"r","again_from":[1,1],'
        '"confirmed":null,"complete":false}',
        '{"version":1,"source":"binance","topic":"quotes","position":{"BTC":["7",1704844800000]}}',
    ]
)
_lines = draw.maps_of(
    {
        "seq": st.one_of(st.sampled_from(["1", "0", "true", "1e2"]), draw.json_texts()),
        "arrived": st.one_of(st.sampled_from(["1704844800000000", "9" * 30]), draw.json_texts()),
        "topic": draw.texts_of("quotes"),
        "payload": draw.texts_of('{"goog":1}'),
        "base64": draw.texts_of("AAAA", "A"),
    }
)
_whole_lines = st.just('{"seq":1,"arrived":1704844800000000,"topic":"quotes","payload":"{}"}')

PROPERTIES = {
    "csv": Property(draw.damaged(_csv), prices(".csv")),
    "jsonl": Property(
        draw.damaged(st.lists(draw.quotes, max_size=3).map(b"\n".join)), prices(".jsonl")
    ),
    "table": Property(_rows.map(draw.as_bytes), table),
    "recorded": Property(
        draw.damaged(st.one_of(_whole_lines, _lines).map(lambda text: draw.as_bytes(text) + b"\n")),
        recorded,
    ),
    "state": Property(draw.damaged(st.one_of(_whole_states, _states).map(draw.as_bytes)), state),
}
