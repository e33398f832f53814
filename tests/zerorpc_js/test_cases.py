"""Python's client, and its command, get what cases.json says from servers of both languages.

The tests of the library do the same with its own client: bridge_node/zerorpc/test/cases.test.js.
"""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import zerorpc

from tests.support.processes import BIN, ROOT, Process

FOLDER = ROOT / "bridge_node" / "zerorpc" / "test"
CASES: list[dict[str, Any]] = json.loads((FOLDER / "cases.json").read_text())["cases"]
PERIOD = 1
"""Of the heartbeats, in seconds."""


def read(value: Any) -> Any:
    """Return a value of the table."""
    match value:
        case {"$int": digits}:
            return int(digits)
        case {"$float": word}:
            return float(word)
        case {"$bytes": digits}:
            return bytes.fromhex(digits)
        case {"$range": end}:
            return list(range(end))
        case dict():
            return {key: read(each) for key, each in value.items()}
        case list():
            return [read(each) for each in value]
    return value


def same(found: Any, expected: Any) -> bool:
    """Whether two values are equal and of one type; what is no number equals itself."""
    if isinstance(expected, float) and math.isnan(expected):
        return isinstance(found, float) and math.isnan(found)
    return found == expected and type(found) is type(expected)


@pytest.fixture(scope="module", params=["Python", "Node.js"])
def address(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[str]:
    """A server of the table's methods."""
    address = f"ipc://{tmp_path_factory.mktemp('cases')}/socket"
    if request.param == "Python":
        options = ("--server", "--bind", address, "--heartbeat", str(PERIOD))
        server = Process("zerorpc", *options, "cases.Cases", cwd=FOLDER / "servers")
        server.wait_for("^serving")
    else:
        server = Process("node", FOLDER / "servers" / "cases.js", address, str(1000 * PERIOD))
        server.wait_for("^ipc:")
    yield address
    server.end()


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[zerorpc.Client]:
    client = zerorpc.Client(address, timeout=60, heartbeat=PERIOD)
    yield client
    client.close()


@pytest.mark.parametrize("case", CASES, ids=[case["holds"] for case in CASES])
def test_a_client_of_python_gets_what_the_table_says(
    case: dict[str, Any], client: zerorpc.Client
) -> None:
    args = read(case["args"])
    seen = []
    error = None
    value, shown = None, ""
    try:
        value = client(case["call"], *args)
        if "items" in case:
            stream, value = value, None
            seen.extend(stream)
    except zerorpc.RemoteError as raised:
        error = [raised.name, raised.msg]
        shown = str(raised)
    if error:
        assert ": ".join(error) in shown
    assert error == case.get("error")
    assert same(value, read(case.get("value"))), value
    assert seen == read(case.get("items", []))
    if "kind" in case:
        assert client.kind(*args) == case["kind"]


def run(address: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(BIN / "zerorpc"), "--heartbeat", str(PERIOD), *words[:-1], "--", address]
    return subprocess.run(
        [*command, *json.loads(words[-1])], capture_output=True, text=True, check=False, timeout=120
    )


def test_the_command_prints_what_the_table_says(address: str) -> None:
    """In JSON; what JSON has not is left out, and so are traits that are the client's alone.

    One call for each method, and for each kind of value: the client's test has the others, and that
    of the list and of a description those that the command itself calls for them.
    """
    plain = {
        (case["call"], case.get("kind"), bool(case.get("items"))): case
        for case in CASES
        if "$" not in json.dumps(case) and not case["call"].startswith("_zerorpc")
    }
    assert len(plain) > 15

    def judge(case: dict[str, Any]) -> str:
        words = [case["call"], *(json.dumps(each) for each in case["args"])]
        ran = run(address, "-j", "-pj", json.dumps(words))
        if "error" in case:
            told = ran.returncode == 1 and ": ".join(case["error"]) in ran.stderr
        else:
            expected = case.get("value", case.get("items"))
            told = ran.returncode == 0 and json.loads(ran.stdout) == expected
        return "" if told else f"{case['holds']}: {ran.stdout}{ran.stderr}"

    with ThreadPoolExecutor(4) as threads:
        assert [each for each in threads.map(judge, plain.values()) if each] == []


def test_the_command_lists_methods_and_describes_one(address: str) -> None:
    listed = run(address, "[]").stdout.splitlines()
    assert listed[0] == "[Cases]"
    assert "add     Add two values." in listed
    assert "nothing <undocumented>" in listed
    described = run(address, "--inspect", '["add"]').stdout
    assert described.startswith("[Cases]\nadd(a, b=2)\n\nAdd two values.\n\nThe second is 2")
