"""The service over real ZeroRPC, in a process of its own."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zerorpc

from tests.algo_service.conftest import Service
from tests.support.processes import BIN

GOOG = {"sid": "GOOG", "quote": "345"}
Serve = Callable[..., Service]
Connect = Callable[[Service], zerorpc.Client]


def run(*command: object) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    words[0] = str(BIN / words[0])
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)


def test_the_four_methods_answer_as_the_contract_says(serve: Serve, connect: Connect) -> None:
    client = connect(serve("--param", "threshold=0", "--param", "seed=7"))
    assert client.initialize({"cash": 50000}) == ["quotes"]
    order = client.event(GOOG)
    assert (order["sid"], order["side"], order["price"]) == ("GOOG", "buy", 345.0)
    good, bad = client.events([{**GOOG, "id": "1", "channel": "quotes"}, {"sid": "GOOG"}])
    assert list(good) == ["orders", "fills"]
    assert len(good["orders"]) == len(good["fills"]) == 1
    assert bad["error"].startswith("QuoteError: ")
    snapshot = client.snapshot()
    assert (snapshot["algo"], snapshot["quote_id"]) == ("random", "1")
    assert snapshot["parameters"]["starting_cash"] == 50000


def test_an_event_that_raises_is_a_remote_error_with_its_name_and_message(
    serve: Serve, connect: Connect, tmp_path: Path
) -> None:
    (tmp_path / "fails.py").write_text(
        "class Fails:\n"
        "    def initialize(self, params): return ['quotes']\n"
        "    def event(self, data): raise KeyError('volume')\n"
    )
    client = connect(serve("--algo", tmp_path / "fails.py:Fails"))
    client.initialize({})
    with pytest.raises(zerorpc.RemoteError) as raised:
        client.event(GOOG)
    assert (raised.value.name, raised.value.msg) == ("KeyError", "'volume'")
    assert "fails.py" in raised.value.traceback


def test_an_initialize_that_raises_shows_its_lines_to_caller_and_log(
    serve: Serve, connect: Connect, tmp_path: Path
) -> None:
    """An initialize that raises shows its authors lines to the caller and in the log."""
    (tmp_path / "a.py").write_text(
        "class A:\n"
        "    def initialize(self, params): return params['cahs']\n"
        "    def event(self, data): ...\n"
    )
    service = serve("--algo", tmp_path / "a.py:A")
    with pytest.raises(zerorpc.RemoteError) as raised:
        connect(service).initialize({})
    sentence = "initialize raised KeyError: 'cahs' (a.py, line 2)"
    assert (raised.value.name, raised.value.msg) == ("InitializeError", sentence)
    assert "return params['cahs']" in raised.value.traceback
    assert "algo_service" not in raised.value.traceback
    service.process.wait_for(f"^error: {re.escape(sentence)}$")
    service.process.wait_for(r"return params\['cahs'\]$")


WRONG_CALLS: list[tuple[str, list[Any], str]] = [
    ("evnt", [GOOG], "NameError"),
    ("event", [], "TypeError"),
    ("event", [GOOG, GOOG], "TypeError"),
    ("event", ["GOOG 345"], "QuoteError"),
    ("events", [5], "TypeError"),
    ("initialize", [[1]], "ParameterError"),
    ("initialize", [{"treshold": 1}], "ParameterError"),
]


def test_a_wrong_call_is_a_remote_error_and_the_next_call_is_answered(
    serve: Serve, connect: Connect
) -> None:
    client = connect(serve())
    client.initialize({})
    for method, args, name in WRONG_CALLS:
        with pytest.raises(zerorpc.RemoteError) as raised:
            client(method, *args)
        assert raised.value.name == name, (method, args)
        assert client.snapshot()["algo"] == "random"


def test_the_zerorpc_command_inspects_and_calls(serve: Serve) -> None:
    address = serve("--param", "threshold=0").address
    assert "events(inputs)" in run("zerorpc", "-?", address).stdout
    assert "Decide on one quote" in run("zerorpc", "-?", address, "event").stdout
    assert run("zerorpc", "-j", address, "initialize", "{}").stdout == "['quotes']\n"
    called = run("zerorpc", "-j", address, "event", '{"sid": "GOOG", "quote": "345"}')
    assert "'side': 'buy'" in called.stdout
    assert called.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_when_told_to(serve: Serve, number: signal.Signals) -> None:
    service = serve()
    service.process.signal(number)
    assert service.process.wait() == 0
    assert "Traceback" not in service.process.output


def test_it_ends_when_told_to_during_an_event_that_does_not(
    serve: Serve, connect: Connect, tmp_path: Path
) -> None:
    (tmp_path / "hangs.py").write_text(
        "import time\n"
        "class Hangs:\n"
        "    def initialize(self, params): return ['quotes']\n"
        "    def event(self, data):\n"
        "        print('event begins')\n"
        "        while True: time.sleep(1)\n"
    )
    service = serve("--algo", tmp_path / "hangs.py:Hangs")
    client = connect(service)
    client.initialize({})
    client.event(GOOG, **{"async": True})  # sent, and run, while the next call waits
    with pytest.raises(zerorpc.TimeoutExpired):
        client("snapshot", timeout=1)  # waits behind the event
    service.process.wait_for("event begins")
    service.process.signal(signal.SIGTERM)
    assert service.process.wait() == 1
    assert "the event under way did not end" in service.process.output


def test_its_name_is_the_built_ins_the_class_or_the_one_given(
    serve: Serve, connect: Connect
) -> None:
    for options, name in [
        ((), "random"),
        (("--algo", "algo_service:RandomAlgo"), "RandomAlgo"),
        (("--name", "dice"), "dice"),
    ]:
        assert connect(serve(*options)).snapshot()["algo"] == name


def test_options_come_from_the_environment_too(serve: Serve, connect: Connect) -> None:
    service = serve(env={"ALGO_SERVICE_NAME": "dice", "ALGO_SERVICE_PARAM": "threshold=0 exit=0.5"})
    client = connect(service)
    client.initialize({})
    snapshot = client.snapshot()
    assert snapshot["algo"] == "dice"
    assert (snapshot["parameters"]["threshold"], snapshot["parameters"]["exit"]) == (0, 0.5)


def test_an_address_in_use_is_one_sentence(serve: Serve) -> None:
    address = serve().address
    second = run("algo-service", "serve", "--addr", address)
    assert second.returncode == 2
    assert second.stderr == (
        f"algo-service: cannot listen at {address}: it is in use: end the other service, or"
        " choose another --addr\n"
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["serve", "--adr", "x"], "No such option '--adr'"),
        (["serv"], "Did you mean 'serve'?"),
        (["serve", "--addr", "localhost"], "an address is written tcp://127.0.0.1:4242"),
        (["serve", "--algo", "randon"], 'did you mean "random"?'),
        (["serve", "--param", "treshold=1"], 'did you mean "threshold"?'),
        (["serve", "--param", "threshold"], "write name=value"),
        (["serve", "--param", "threshold=5"], "it has to be a number from 0 to 1"),
        (["serve", "--param", f"n={2**70}"], "a whole number has at most 64 bits"),
        (["serve", "--name", "a/b"], "would break topics"),
        (["serve", "--log-level", "loud"], "'loud' is not one of"),
    ],
)
def test_a_users_mistake_is_a_sentence_with_status_2_and_no_traceback(
    options: list[str], sentence: str
) -> None:
    ended = run("algo-service", *options)
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr + ended.stdout


def test_algorithm_and_engine_live_in_one_worker_thread(
    serve: Serve, connect: Connect, tmp_path: Path
) -> None:
    """Algorithm and engine live in one worker thread and nothing is patched."""
    (tmp_path / "where.py").write_text(
        "import threading\n"
        "from gevent.monkey import is_module_patched\n"
        "seen = {threading.get_ident()}\n"
        "class Where:\n"
        "    def __init__(self): seen.add(threading.get_ident())\n"
        "    def initialize(self, params): seen.add(threading.get_ident()); return ['quotes']\n"
        "    def event(self, data):\n"
        "        seen.add(threading.get_ident())\n"
        "        main = threading.main_thread().ident in seen\n"
        "        patched = is_module_patched('threading') or is_module_patched('socket')\n"
        "        print('threads', len(seen), 'main', main, 'patched', patched)\n"
    )
    service = serve("--algo", tmp_path / "where.py:Where")
    client = connect(service)
    client.initialize({})
    client.event(GOOG)
    client.events([{**GOOG, "id": "1", "channel": "quotes"}])
    service.process.wait_for("^threads 1 main False patched False$", count=2)
