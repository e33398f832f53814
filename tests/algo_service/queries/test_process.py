"""The process that reads a journal: no question delays a decision, and it ends when it should."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest
import zerorpc

from algo_service.errors import QueryError
from algo_service.journal.sqlite import SqliteStore
from algo_service.queries import process as query_process
from algo_service.queries.process import QueryProcess
from algo_service.queries.question import read_question
from tests.algo_service.conftest import Service
from tests.support.processes import eventually

ORDERS = {"query": "orders"}
NONE = {"result": '{"orders":[],"more":false}'}

WAITS = """\
import pathlib, time
class Waits:
    def initialize(self, params):
        return ["quotes"]
    def event(self, data):
        while data["quote"] == 13 and not pathlib.Path("go").exists():
            time.sleep(0.01)
"""

Serve = Callable[..., Service]
Connect = Callable[[Service], zerorpc.Client]


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def quote(n: int, price: float = 345.0) -> dict[str, Any]:
    return {"sid": "GOOG", "quote": price, "id": str(n), "channel": "quotes"}


@pytest.fixture
def served(serve: Serve, tmp_path: Path) -> Service:
    (tmp_path / "waits.py").write_text(WAITS)
    algo = f"{tmp_path / 'waits.py'}:Waits"
    return serve("--algo", algo, "--journal", tmp_path / "a.db", cwd=tmp_path)


def test_decisions_go_on_while_a_question_has_no_answer(served: Service, connect: Connect) -> None:
    client = connect(served)
    client.initialize({})
    assert client.query(ORDERS) == NONE
    (child,) = children(served.process.popen.pid)
    os.kill(child, signal.SIGSTOP)
    answers: list[Any] = []
    asking = threading.Thread(target=lambda: answers.append(connect(served).query(ORDERS)))
    asking.start()
    for n in range(20):
        assert client.events([quote(n)]) == [{"orders": [], "fills": []}]
    assert not answers
    os.kill(child, signal.SIGCONT)
    asking.join()
    assert answers == [NONE]


def test_a_question_is_answered_while_a_decision_takes_long(
    served: Service, connect: Connect, tmp_path: Path
) -> None:
    client = connect(served)
    client.initialize({})
    decisions: list[Any] = []
    deciding = threading.Thread(
        target=lambda: decisions.extend(connect(served).events([quote(1, 13.0)]))
    )
    deciding.start()
    assert client.query(ORDERS) == NONE
    assert not decisions
    (tmp_path / "go").touch()
    deciding.join()
    assert decisions == [{"orders": [], "fills": []}]


def test_it_starts_at_the_first_question_at_lower_priority_and_ends_with_the_service(
    served: Service, connect: Connect
) -> None:
    client, pid = connect(served), served.process.popen.pid
    client.initialize({})
    assert children(pid) == []
    client.query(ORDERS)
    (child,) = children(pid)
    assert os.getpriority(os.PRIO_PROCESS, child) > os.getpriority(os.PRIO_PROCESS, pid)
    served.process.signal(signal.SIGKILL)
    eventually(lambda: not Path(f"/proc/{child}").exists(), "the end of the process")


def test_one_that_was_killed_is_said_and_the_next_question_is_answered(
    served: Service, connect: Connect
) -> None:
    client = connect(served)
    client.initialize({})
    client.query(ORDERS)
    (child,) = children(served.process.popen.pid)
    os.kill(child, signal.SIGKILL)
    assert client.query(ORDERS) == {
        "error": "the process that reads the journal has ended: ask again"
    }
    assert client.query(ORDERS) == NONE


def test_a_service_that_ends_leaves_no_wal_behind(
    served: Service, connect: Connect, tmp_path: Path
) -> None:
    """A copy of the journal is safe after a clean end, also when it was asked until then."""
    client = connect(served)
    client.initialize({})
    client.events([quote(1)])
    client.query(ORDERS)
    assert (tmp_path / "a.db-wal").exists()
    assert served.process.stop() == 0
    assert not (tmp_path / "a.db-wal").exists()


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., QueryProcess]]:
    SqliteStore(tmp_path / "a.db", "a").close()
    made: list[QueryProcess] = []

    def maker(**options: Any) -> QueryProcess:
        made.append(QueryProcess(tmp_path / "a.db", **options))
        return made[-1]

    yield maker
    for each in made:
        each.shut()


def test_it_ends_when_nobody_asks_and_starts_again(make: Callable[..., QueryProcess]) -> None:
    asked = make(idle=0.05)
    question = read_question(ORDERS)
    before = set(children(os.getpid()))
    for _ in range(2):
        assert asked.ask(question) == NONE["result"]
        while set(children(os.getpid())) - before:
            gevent.sleep(0.01)


def test_only_a_few_questions_wait(make: Callable[..., QueryProcess]) -> None:
    asked = make()
    question = read_question(ORDERS)
    asking = [gevent.spawn(asked.ask, question) for _ in range(query_process.MAX_WAITING)]
    gevent.idle()
    with pytest.raises(QueryError, match="8 questions wait already"):
        asked.ask(question)
    assert {each.get() for each in asking} == {NONE["result"]}
    assert asked.ask(question) == NONE["result"]


def test_one_that_hangs_is_ended_and_the_next_question_is_answered(
    make: Callable[..., QueryProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = make()
    question = read_question(ORDERS)
    before = set(children(os.getpid()))
    asked.ask(question)
    (child,) = set(children(os.getpid())) - before
    os.kill(child, signal.SIGSTOP)
    with monkeypatch.context() as patch:
        patch.setattr(query_process, "PATIENCE", 0.05)
        with pytest.raises(QueryError, match=r"no answer within 0\.05 seconds"):
            asked.ask(question)
    assert child not in children(os.getpid())
    assert asked.ask(question) == NONE["result"]


def test_who_gives_up_does_not_leave_its_answer_to_the_next(
    make: Callable[..., QueryProcess],
) -> None:
    asked = make()
    asked.ask(read_question(ORDERS))
    asking = gevent.spawn(asked.ask, read_question({"query": "positions"}))
    gevent.idle()
    asking.kill()
    assert asked.ask(read_question(ORDERS)) == NONE["result"]


def test_a_journal_that_cannot_be_read_is_said(
    make: Callable[..., QueryProcess], tmp_path: Path
) -> None:
    asked = make()
    (tmp_path / "a.db").rename(tmp_path / "b.db")
    with pytest.raises(QueryError, match=r"the journal .*a\.db cannot be read: unable to open"):
        asked.ask(read_question(ORDERS))
    (tmp_path / "b.db").rename(tmp_path / "a.db")
    assert asked.ask(read_question(ORDERS)) == NONE["result"]


def test_none_is_answered_while_the_journal_is_closed(make: Callable[..., QueryProcess]) -> None:
    asked = make()
    question = read_question(ORDERS)
    before = set(children(os.getpid()))
    asked.ask(question)
    (child,) = set(children(os.getpid())) - before
    os.kill(child, signal.SIGSTOP)  # so that it answers none of them before
    asking = [gevent.spawn(asked.ask, question) for _ in range(3)]
    gevent.idle()
    asked.shut()
    for each in asking:
        with pytest.raises(QueryError, match=r"has ended|being closed"):
            each.get()
    assert set(children(os.getpid())) == before
    asked.open()
    assert asked.ask(question) == NONE["result"]
