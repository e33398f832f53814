"""A journal is handed over from one real service to another, between two calls."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import gevent
import pytest
import zerorpc

from tests.algo_service.conftest import Service
from tests.support.processes import BIN, Process, free_port, started

Serve = Callable[..., Service]
Connect = Callable[[Service], zerorpc.Client]

OPTIONS = ("--algo", "random", "--param", "seed=7", "--param", "threshold=0.5")


def quotes(first: int, last: int) -> list[dict[str, Any]]:
    return [
        {"sid": "GOOG", "quote": 100.0 + n % 7, "id": str(n), "channel": "quotes"}
        for n in range(first, last)
    ]


def books(journal: Path) -> list[tuple[Any, ...]]:
    """Decisions, outputs and the state after them: not when, and by which service."""
    with contextlib.closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as database:
        return [
            row
            for table in ("decisions", "orders", "fills", "failures", "minutes", "state")
            for row in database.execute(f"SELECT * FROM {table}")
        ]


def hand_overs(journal: Path) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as database:
        query = "SELECT seq, kind, text FROM log WHERE kind <> 'start'"
        return database.execute(query).fetchall()


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "random.db"


@pytest.fixture
def pair(serve: Serve, journal: Path) -> Callable[[], tuple[Service, Service]]:
    """Starts a service that has the journal open, and a standby of it."""

    def start() -> tuple[Service, Service]:
        old = serve(*OPTIONS, "--journal", journal)
        return old, serve(*OPTIONS, "--journal", journal, "--standby")

    return start


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], list[tuple[Any, ...]]]:
    """Returns the books of one service that decides on as many quotes; each once."""

    @cache
    def run(last: int) -> list[tuple[Any, ...]]:
        path = tmp_path_factory.mktemp("undisturbed") / "random.db"
        address = f"tcp://127.0.0.1:{free_port()}"
        with started() as start:
            words = ("algo-service", "serve", "--addr", address, *OPTIONS, "--journal", path)
            service = Service(start(*words), address)
            client = zerorpc.Client(service.address, timeout=60)
            client.initialize({})
            client.events(quotes(0, last))
            client.close()
            return books(path)

    return run


def refusal(call: Callable[..., Any], *args: object) -> tuple[str, str]:
    with pytest.raises(zerorpc.RemoteError) as raised:
        call(*args)
    return raised.value.name, raised.value.msg


def test_a_standby_leaves_the_journal_alone_and_decides_nothing(
    pair: Callable[[], tuple[Service, Service]], connect: Connect, journal: Path
) -> None:
    old, standby = (connect(each) for each in pair())
    old.initialize({})
    old.events(quotes(0, 3))
    found = standby.journal()
    assert found == {**old.journal(), "is_open": False}
    assert (found["seq"], found["epoch"], found["file"]) == (3, 0, str(journal))
    snapshot = standby.snapshot()
    assert (snapshot["algo"], snapshot["seq"], snapshot["cash"]) == ("random", 3, None)
    for method, args in (("initialize", [{}]), ("events", [[]]), ("orders_since", [20, 0])):
        name, sentence = refusal(standby, method, *args)
        assert name == "StandbyError"
        assert sentence.startswith("random is a standby here, and has not opened its journal")
    assert standby.release() == standby.journal()
    old.events(quotes(3, 6))


def test_a_journal_that_moves_to_and_fro_holds_what_one_service_would_have_decided(
    pair: Callable[[], tuple[Service, Service]],
    connect: Connect,
    journal: Path,
    undisturbed: Callable[[int], list[tuple[Any, ...]]],
) -> None:
    old, new = (connect(each) for each in pair())
    old.initialize({})
    for epoch in range(1, 9):
        old.events(quotes(10 * epoch - 10, 10 * epoch))
        released = old.release()
        acquired = new.acquire(epoch)
        assert acquired == {**released, "epoch": epoch, "is_open": True}
        assert refusal(old.events, quotes(0, 1))[0] == "StandbyError"
        assert new.initialize({}) == ["quotes"]
        again = new.events(quotes(0, 1))
        assert again == new.events(quotes(0, 1))
        old, new = new, old
    assert books(journal) == undisturbed(80)
    assert hand_overs(journal)[:3] == [
        (10, "released", '{"epoch": 0}'),
        (10, "acquired", '{"epoch": 1}'),
        (20, "released", '{"epoch": 1}'),
    ]
    verify = Process(BIN / "algo-service", "verify", journal)
    assert verify.wait() == 0
    assert "no difference" in verify.output


def test_a_call_under_way_is_decided_before_the_journal_is_released(
    serve: Serve, connect: Connect, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    (tmp_path / "slow.py").write_text(
        "import pathlib, time\n"
        "class Slow:\n"
        "    def initialize(self, params): return ['quotes']\n"
        "    def event(self, data):\n"
        "        print('deciding', flush=True)\n"
        f"        while not pathlib.Path({str(go)!r}).exists(): time.sleep(0.01)\n"
    )
    service = serve("--algo", tmp_path / "slow.py:Slow", "--journal", tmp_path / "slow.db")
    client = connect(service)
    client.initialize({})
    at_once = {"async": True}
    deciding = client.events(quotes(0, 2), **at_once)
    while "deciding" not in service.process.output:
        gevent.sleep(0.01)  # the client sends meanwhile
    releasing = client.release(**at_once)
    late = client.events(quotes(2, 3), **at_once)
    while client.inputs() != ["quote", "data", "command"]:  # it comes after them
        pass
    go.touch()
    assert deciding.get() == [{"orders": [], "fills": []}] * 2
    assert releasing.get()["seq"] == 2
    assert refusal(late.get)[0] == "StandbyError"


def test_a_journal_that_is_open_elsewhere_is_not_acquired(
    pair: Callable[[], tuple[Service, Service]], connect: Connect
) -> None:
    old, standby = pair()
    name, sentence = refusal(connect(standby).acquire, 5)
    assert name == "JournalError"
    assert f"in use by another service (process {old.process.popen.pid})" in sentence
    assert connect(old).journal()["epoch"] == 0


def test_a_call_of_acquire_that_comes_late_takes_the_journal_from_nobody(
    pair: Callable[[], tuple[Service, Service]], connect: Connect
) -> None:
    old, standby = (connect(each) for each in pair())
    old.release()
    standby.acquire(3)
    assert standby.acquire(3) == standby.journal()  # the answer was lost
    standby.release()
    for epoch in (2, 3):
        name, sentence = refusal(old.acquire, epoch)
        assert name == "HandOverError"
        assert sentence.startswith(f"acquire({epoch}) comes too late: the journal ")
    assert not old.journal()["is_open"]
    assert old.acquire(4)["is_open"]
    assert old.acquire(7)["epoch"] == 7
    assert refusal(old.acquire, 6)[0] == "HandOverError"
    for wrong in (0, -1, "8", True, None):
        assert refusal(old.acquire, wrong)[1].endswith("an epoch is a whole number above 0")


def test_where_the_new_service_cannot_continue_the_old_one_acquires_again(
    serve: Serve,
    connect: Connect,
    journal: Path,
    undisturbed: Callable[[int], list[tuple[Any, ...]]],
) -> None:
    old = connect(serve(*OPTIONS, "--journal", journal))
    other = ("--param", "seed=7", "--param", "threshold=0.9", "--journal", journal, "--standby")
    standby = connect(serve("--algo", "random", *other))
    old.initialize({})
    old.events(quotes(0, 10))
    old.release()
    assert refusal(standby.acquire, 1) == (
        "ParameterError",
        "the journal of random was started with threshold=0.5, not 0.9: other parameters need"
        " another journal",
    )
    assert old.acquire(2)["seq"] == 10
    old.events(quotes(10, 20))
    assert books(journal) == undisturbed(20)


@pytest.mark.parametrize("killed", ["old", "new", "both"])
@pytest.mark.parametrize("step", ["before release", "after release", "after acquire"])
def test_after_a_kill_at_any_step_one_of_the_two_goes_on(
    killed: str,
    step: str,
    pair: Callable[[], tuple[Service, Service]],
    serve: Serve,
    connect: Connect,
    journal: Path,
    undisturbed: Callable[[int], list[tuple[Any, ...]]],
) -> None:
    """Both are started again as standbys, and the next epoch is that of one of them."""
    old, new = pair()
    connect(old).initialize({})
    connect(old).events(quotes(0, 10))
    if step != "before release":
        connect(old).release()
    if step == "after acquire":
        connect(new).acquire(1)
    for name, each in (("old", old), ("new", new)):
        if killed in (name, "both"):
            each.process.kill()
    alive = [each for each in (old, new) if each.process.popen.poll() is None]
    again = [serve(*OPTIONS, "--journal", journal, "--standby") for _ in range(2 - len(alive))]
    clients = [connect(each) for each in (*alive, *again)]
    standings = [client.journal() for client in clients]
    assert len({(each["id"], each["seq"], each["epoch"]) for each in standings}) == 1
    assert sum(each["is_open"] for each in standings) <= 1
    open_one = next((n for n, each in enumerate(standings) if each["is_open"]), 0)
    client = clients[open_one]
    assert client.acquire(standings[0]["epoch"] + 1)["seq"] == 10
    client.initialize({})
    client.events(quotes(5, 20))
    assert books(journal) == undisturbed(20)


def test_a_standby_without_a_journal_is_refused(start: Callable[..., Process]) -> None:
    process = start("algo-service", "serve", "--standby")
    assert process.wait() == 2
    assert "--standby needs --journal" in process.output


def test_a_service_without_a_journal_has_nothing_to_hand_over(
    serve: Serve, connect: Connect
) -> None:
    client = connect(serve(*OPTIONS))
    assert refusal(client.release)[0] == "NameError"


def test_each_journal_has_an_id_of_its_own(serve: Serve, connect: Connect, tmp_path: Path) -> None:
    one, other = (
        connect(serve(*OPTIONS, "--journal", tmp_path / name)).journal()["id"]
        for name in ("a.db", "b.db")
    )
    assert one != other
    not_there = connect(serve(*OPTIONS, "--journal", tmp_path / "c.db", "--standby"))
    assert not_there.journal()["id"] is None
