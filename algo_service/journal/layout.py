"""The tables of a journal, and what makes one of an earlier layout into one of this layout.

docs/reference/journal.md documents them.
"""

from __future__ import annotations

import sqlite3

from algo_service.journal.mark import ALL

LAYOUT = 6
"""In SQLite's `PRAGMA user_version`."""
FIRST_LAYOUT = 2
"""The oldest layout that is migrated."""
APPLICATION_ID = 0x546B7772
"""Marks the file as ours in SQLite's header: "Tkwr"."""

_MARK = f"""
CREATE TABLE main_file (holds TEXT NOT NULL, generation INTEGER NOT NULL);
INSERT INTO main_file VALUES ('{ALL}', 0);
"""

_DECISIONS = """
CREATE TABLE decisions (
    seq INTEGER PRIMARY KEY,
    channel TEXT NOT NULL,
    id TEXT NOT NULL,
    digest BLOB,
    content BLOB,
    UNIQUE (channel, id)
);
"""
"""Each has either a digest or a content."""

_PUBLICATIONS = """
CREATE TABLE publications (
    seq INTEGER, n INTEGER, name TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (seq, n)
) WITHOUT ROWID;
"""

_TIMES = """
CREATE TABLE published (seq INTEGER PRIMARY KEY, last INTEGER NOT NULL, at REAL NOT NULL);
CREATE TABLE confirmed (seq INTEGER PRIMARY KEY, at REAL NOT NULL);
"""

_ID = "INSERT INTO meta VALUES ('journal', lower(hex(randomblob(8))));"
"""Tells this journal from every other one."""

_TABLES = f"""
{_DECISIONS}
CREATE TABLE failures (
    seq INTEGER PRIMARY KEY, error TEXT NOT NULL, traceback TEXT NOT NULL, type TEXT, place TEXT
);
CREATE TABLE replies (seq INTEGER PRIMARY KEY, text TEXT NOT NULL);
{_PUBLICATIONS}
CREATE TABLE batches (
    seq INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    elapsed REAL NOT NULL,
    decided REAL,
    received REAL,
    received_last REAL
);
{_TIMES}
CREATE TABLE minutes (
    minute INTEGER PRIMARY KEY,
    equity REAL NOT NULL,
    cash REAL NOT NULL,
    exposure REAL NOT NULL
);
CREATE TABLE log (seq INTEGER NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE origin (seq INTEGER NOT NULL, portfolio BLOB, algorithm BLOB);
"""

_SCHEMA = f"""
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE state (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE orders (
    seq INTEGER, n INTEGER, text TEXT NOT NULL, PRIMARY KEY (seq, n)
) WITHOUT ROWID;
CREATE TABLE fills (
    seq INTEGER, n INTEGER, text TEXT NOT NULL, PRIMARY KEY (seq, n)
) WITHOUT ROWID;
{_TABLES}
{_MARK}
{_ID}
"""

_FROM_2 = _MARK
"""Layout 3 has a mark in the main file."""

_FROM_3 = f"""
ALTER TABLE decisions RENAME TO decisions_3;
{_TABLES}
INSERT INTO decisions SELECT seq, channel, quote_id, digest, NULL FROM decisions_3;
INSERT INTO failures
    SELECT seq, error, coalesce(traceback, ''), NULL, NULL FROM decisions_3 WHERE error IS NOT NULL;
-- one batch has one time; a clock that was set back must not make the elapsed time run backwards
INSERT INTO batches (seq, at, elapsed)
    SELECT seq, at, max(at) OVER (ORDER BY seq) - (SELECT min(at) FROM decisions_3)
    FROM (SELECT max(seq) AS seq, at FROM decisions_3 GROUP BY at);
INSERT INTO log SELECT seq, at, 'reset', halt FROM resets;
INSERT INTO meta SELECT 'older', coalesce(max(seq), 0) FROM decisions_3;
DROP TABLE decisions_3;
DROP TABLE resets;
{_ID}
"""
"""Layouts 4 to 6 keep inputs, replies, batches, the log, and values by minute."""

_FROM_4 = f"""
ALTER TABLE decisions RENAME TO decisions_4;
{_DECISIONS}
INSERT INTO decisions
    SELECT seq, channel, id, iif(content IS NULL, digest, NULL), content FROM decisions_4;
DROP TABLE decisions_4;
{_PUBLICATIONS}
{_ID}
"""
"""Layout 5 has no digest beside a content, what algorithms publish, and an id of the journal."""

_FROM_5 = f"""
ALTER TABLE batches ADD COLUMN decided REAL;
ALTER TABLE batches ADD COLUMN received REAL;
ALTER TABLE batches ADD COLUMN received_last REAL;
{_TIMES}
"""
"""Layout 6 has the times at which inputs were received, decided and confirmed."""

_STEPS = {2: (_FROM_2, 3), 3: (_FROM_3, 6), 4: (_FROM_4, 5), 5: (_FROM_5, 6)}
"""What makes one layout into another one, and that."""


def create(database: sqlite3.Connection) -> None:
    """Make the tables of an empty database, in one transaction."""
    database.executescript(
        f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA application_id = {APPLICATION_ID};"
        f" PRAGMA user_version = {LAYOUT}; COMMIT;"
    )


def layout_of(database: sqlite3.Connection) -> int:
    """Return the layout that a journal has."""
    (version,) = database.execute("PRAGMA user_version").fetchone()
    return int(version)


def migrate(database: sqlite3.Connection) -> None:
    """Give a journal of an earlier layout this one, in one transaction."""
    found, steps = layout_of(database), ""
    while found != LAYOUT:
        step, found = _STEPS[found]
        steps += step
    try:
        database.executescript(f"BEGIN IMMEDIATE; {steps} PRAGMA user_version = {LAYOUT}; COMMIT;")
    except sqlite3.Error:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise
