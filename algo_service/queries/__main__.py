"""The process that reads a journal for `process.py`: a question per line, then its answer.

It ends when the service, which is at the other end of its standard input, ends.
"""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

from algo_service.engine.failure import sentence
from algo_service.errors import QueryError
from algo_service.queries.answers import answer
from algo_service.queries.question import Question

MAX_SECONDS = 5.0
"""That one question may take."""

NICENESS = 10
"""Decisions go first."""

_LOOK_EACH = 10_000
"""Instructions of SQLite between two looks at the clock."""


def main(file: Path) -> None:
    """Answer until the other end closes."""
    os.nice(NICENESS)
    with socket.socket(fileno=0) as channel, channel.makefile("rw", encoding="utf-8") as lines:
        for line in lines:
            lines.write(_reply(file, Question(*json.loads(line))) + "\n")
            lines.flush()


def _reply(file: Path, question: Question) -> str:
    """Return the result behind a `+`, or a sentence behind a `-`."""
    try:
        return f"+{_answer(file, question)}"
    except QueryError as error:
        return f"-{error}"
    except sqlite3.Error as error:
        return f"-the journal {file} cannot be read: {error}"
    except Exception as error:  # the next question may have an answer
        return f"-{question.query} has failed: {sentence(error)}".replace("\n", " ")


def _answer(file: Path, question: Question) -> str:
    # opened for each question: one that stays open would keep the service from removing the -wal
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
        until = time.monotonic() + MAX_SECONDS
        database.set_progress_handler(lambda: time.monotonic() > until, _LOOK_EACH)
        try:
            return answer(database, question)
        except sqlite3.OperationalError as error:
            if time.monotonic() <= until:
                raise
            raise QueryError(
                f"{question.query} takes longer than {MAX_SECONDS:g} seconds: ask for less"
            ) from error


main(Path(sys.argv[1]))
