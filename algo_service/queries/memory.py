"""Answers a question from what a service without a journal has in memory."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

from algo_service.errors import QueryError
from algo_service.journal import layout
from algo_service.journal.memory import MemoryStore
from algo_service.journal.writing import insert_outputs
from algo_service.queries.answers import answer
from algo_service.queries.question import Question

_LACKING = {
    "equity": "the equity minute by minute",
    "profit": "the equity of earlier times",
    "journal": "a journal",
}
"""What is not in memory, by the question that asks for it."""


def answer_from_memory(copy: MemoryStore, algo: str, question: Question) -> str:
    """Return the result as JSON text, by the same tables as those of a journal.

    The times of the decisions are null: they are not in memory.

    :param copy: which nobody changes any more.
    :param algo: the algorithm's name.
    :raises QueryError: if the answer is not in memory.
    """
    if lacking := _LACKING.get(question.query):
        raise QueryError(
            f"{algo} keeps its latest {MemoryStore.MAX_DECISIONS:,} decisions in memory, and not"
            f" {lacking}: a service with --journal has it"
        )
    with closing(sqlite3.connect(":memory:")) as database:
        layout.create(database)
        found = copy.recent()
        database.executemany(
            "INSERT INTO decisions VALUES (?, ?, ?, ?, ?)",
            ((each.seq, *each.key, each.digest, each.content) for each in found),
        )
        insert_outputs(database, ((each.seq, each.decision) for each in found))
        if copy.parameters is not None:
            text = json.dumps(copy.parameters)
            database.execute("INSERT INTO meta VALUES ('parameters', ?)", (text,))
        if copy.portfolio is not None:
            database.execute("INSERT INTO state VALUES ('portfolio', ?)", (copy.portfolio,))
        return answer(database, question)
