"""The past of the algorithm that a service serves: the contract's method `query`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gevent.threadpool import ThreadPool

from algo_service.engine.failure import sentence
from algo_service.errors import QueryError
from algo_service.journal.memory import MemoryStore
from algo_service.queries.backtests.runs import Backtests
from algo_service.queries.memory import answer_from_memory
from algo_service.queries.process import QueryProcess
from algo_service.queries.question import Question, read_question
from algo_service.served import ServedAlgorithm


class Past:
    """Answers questions from the journal, or from the memory of a service that has none.

    All calls come on the thread of gevent's hub.

    :param served: what is served; the worker alone calls its methods.
    :param in_worker: calls a function in the thread that decides, between two batches.
    :param data: the folder whose files a backtest may read.
    """

    def __init__(
        self, served: ServedAlgorithm, in_worker: Callable[..., Any], data: Path | None = None
    ):
        self._served = served
        self._in_worker = in_worker
        self._process = None if served.file is None else QueryProcess(served.file)
        self._backtests = Backtests(served, data)
        self._memory = ThreadPool(1)  # neither the hub nor the worker waits for it

    def query(self, message: Any) -> dict[str, str]:
        """Return the answer: `result`, as JSON text, or `error`, a sentence.

        :param message: the question, as in contracts/query.schema.json#/$defs/canonical.
        """
        try:
            question = read_question(message)
            self._check_standing()
            return {"result": self._answer(question)}
        except QueryError as error:
            return {"error": str(error)}

    @contextmanager
    def left_alone(self) -> Iterator[None]:
        """Read nothing meanwhile: the journal is closed, and its -wal goes only if nobody reads."""
        self.end()
        try:
            yield
        finally:
            if self._process is not None:
                self._process.open()

    def end(self) -> None:
        """Read the journal no longer."""
        if self._process is not None:
            self._process.shut()

    def _check_standing(self) -> None:
        served = self._served
        if not served.is_open:
            raise QueryError(
                f"{served.name} is a standby here, and has not opened its journal: the service that"
                " has it open answers"
            )
        if not served.decides:
            raise QueryError(
                f"{served.name} was handed over from here to another service, which answers"
            )

    def _answer(self, question: Question) -> str:
        if self._backtests.knows(question):
            return self._backtests.answer(question)
        if self._process is not None:
            return self._process.ask(question)
        copy = self._in_worker(_copy, self._served)
        found: str | QueryError = self._memory.apply(_attempt, (copy, self._served.name, question))
        if isinstance(found, QueryError):
            raise found
        return found


def _copy(served: ServedAlgorithm) -> MemoryStore:
    assert isinstance(served.store, MemoryStore)
    return served.store.copy()


def _attempt(copy: MemoryStore, algo: str, question: Question) -> str | QueryError:
    # gevent would print what a function raises in its thread
    try:
        return answer_from_memory(copy, algo, question)
    except QueryError as error:
        return error
    except Exception as error:
        return QueryError(f"{question.query} has failed: {sentence(error)}")
