"""Why a real service is of no use just now."""

from __future__ import annotations

import json
import resource
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent
import pytest
import zerorpc

from tests.algo_service.conftest import Service
from tests.algo_service.metrics.conftest import Watched
from tests.support.processes import PATIENCE, Process, free_port

Start = Callable[..., Watched]
Connect = Callable[[Service], zerorpc.Client]


def quote(number: int, **fields: Any) -> dict[str, Any]:
    return {"sid": "GOOG", "quote": 100, "id": str(number), "channel": "quotes", **fields}


def test_a_service_is_ready_before_a_bridge_has_come(watched: Start) -> None:
    service = watched("--name", "é b")
    assert json.loads(service.ask("/readyz")[1]) == {
        "ready": True,
        "part": "algo:é b",
        "reasons": [],
    }
    assert service.ask("/healthz")[0] == 200


def test_a_standby_is_not_ready_until_it_has_the_journal(
    watched: Start, connect: Connect, tmp_path: Path
) -> None:
    options = ("--journal", tmp_path / "j.db", "--param", "seed=7")
    old, new = watched(*options), watched(*options, "--standby")
    assert new.reasons() == [
        f"this is a standby: it has not opened its journal {tmp_path / 'j.db'}"
    ]
    assert old.reasons() == []
    assert (old.sample("standby"), new.sample("standby")) == (0, 1)
    connect(old.service).initialize({})
    connect(old.service).events([quote(1)])
    connect(old.service).release()
    assert "standby" in old.reasons()[0]
    assert "tickwire_algo_equity" not in old.samples()
    connect(new.service).acquire(1)
    assert new.reasons() == []
    assert new.sample("standby") == 0
    assert new.sample("equity") == 50000


def test_a_service_that_was_handed_over_is_not_ready(watched: Start, connect: Connect) -> None:
    service = watched()
    client = connect(service.service)
    client.initialize({})
    client.hand_over(1)
    assert service.reasons() == [
        "random was handed over to another algorithm, and decides nothing here"
    ]
    client.take_back(2)
    assert service.reasons() == []


def test_an_initialize_that_failed_is_a_reason_until_one_succeeds(
    watched: Start, connect: Connect, tmp_path: Path
) -> None:
    (tmp_path / "a.py").write_text(
        "class A:\n"
        "    def initialize(self, params):\n"
        f"        return [open({str(tmp_path / 'channels')!r}).read()]\n"
        "    def event(self, data): ...\n"
    )
    service = watched("--algo", tmp_path / "a.py:A")
    client = connect(service.service)
    with pytest.raises(zerorpc.RemoteError):
        client.initialize({})
    (reason,) = service.reasons()
    assert reason.startswith("the algorithm is not initialized: initialize raised FileNotFoundErr")
    (tmp_path / "channels").write_text("quotes")
    client.initialize({})
    assert service.reasons() == []


def test_a_journal_that_cannot_be_written_is_a_reason_until_it_can(
    watched: Start, connect: Connect, tmp_path: Path
) -> None:
    service = watched("--journal", tmp_path / "j.db")
    client = connect(service.service)
    client.initialize({})
    client.events([quote(0)])
    pid = service.service.process.popen.pid
    # a limit of the size of files, which SQLite meets as it would a full disk
    size = max(file.stat().st_size for file in tmp_path.iterdir())
    _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, most))
    big = {"note": "x" * 100_000}
    for _ in range(2):
        with pytest.raises(zerorpc.RemoteError):
            client.events([quote(1, **big)])
    (reason,) = service.reasons()
    assert reason.startswith("the last 2 calls have failed, and the quotes wait: the journal ")
    assert service.sample("calls_failed_total") == 2
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))
    client.events([quote(1, **big)])
    assert service.reasons() == []
    assert service.sample("decisions_total quote") == 2


def test_an_algorithm_that_fails_at_every_quote_is_a_reason_until_one_succeeds(
    watched: Start, connect: Connect, tmp_path: Path
) -> None:
    (tmp_path / "a.py").write_text(
        "class A:\n"
        "    def initialize(self, params): return ['quotes']\n"
        "    def event(self, data):\n"
        "        if 'good' not in data: raise KeyError('good')\n"
    )
    service = watched("--algo", tmp_path / "a.py:A")
    client = connect(service.service)
    client.initialize({})
    client.events([quote(n) for n in range(10)])
    assert service.reasons() == []
    client.events([quote(10)])
    assert service.reasons() == ["the last 11 inputs have failed, the latest by KeyError: 'good'"]
    client.events([quote(11, good=1)])
    assert service.reasons() == []


@pytest.fixture
def begun(
    watched: Start, connect: Connect, tmp_path: Path
) -> tuple[Watched, Any, Callable[[], None]]:
    """A service with an event that runs, the answer to come, and what lets the event end."""
    (tmp_path / "a.py").write_text(
        "import pathlib, time\n"
        "class A:\n"
        "    def initialize(self, params): return ['quotes']\n"
        "    def event(self, data):\n"
        f"        pathlib.Path({str(tmp_path / 'began')!r}).touch()\n"
        f"        while not pathlib.Path({str(tmp_path / 'end')!r}).exists(): time.sleep(0.01)\n"
    )
    service = watched("--algo", tmp_path / "a.py:A")
    client = connect(service.service)
    client.initialize({})
    answer = client.events([quote(1)], **{"async": True})
    deadline = time.monotonic() + PATIENCE
    while not (tmp_path / "began").exists():
        assert time.monotonic() < deadline
        gevent.sleep(0.01)
    return service, answer, (tmp_path / "end").touch


def test_it_answers_while_an_event_runs(begun: tuple[Watched, Any, Callable[[], None]]) -> None:
    service, answer, end = begun
    assert service.ask("/healthz")[0] == 200
    assert service.sample("decisions_total quote") == 0
    end()
    assert answer.get() == [{"orders": [], "fills": []}]
    assert service.sample("decisions_total quote") == 1


def test_a_service_that_ends_is_not_ready(begun: tuple[Watched, Any, Callable[[], None]]) -> None:
    service, _, end = begun
    service.service.process.signal(signal.SIGTERM)
    service.service.process.wait_for("^ending$")
    assert service.reasons() == ["the service is ending"]
    end()
    assert service.service.process.wait() == 0


def test_a_port_in_use_is_a_sentence(watched: Start, start: Callable[..., Process]) -> None:
    http = watched().http
    address = f"tcp://127.0.0.1:{free_port()}"
    second = start("algo-service", "serve", "--addr", address, "--http", http)
    assert second.wait() == 2
    assert f"--http 127.0.0.1:{http}: cannot listen there: Address already in use" in second.output
    assert "Traceback" not in second.output
