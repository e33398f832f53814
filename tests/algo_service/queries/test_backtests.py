"""Backtests that are asked for: real services, and real processes of backtests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zerorpc

from algo_service.errors import QueryError
from algo_service.queries.backtests import folder
from algo_service.queries.backtests.outcome import thinned
from tests.algo_service.conftest import Service
from tests.support.processes import eventually

Serve = Callable[..., Service]
Connect = Callable[[Service], zerorpc.Client]

PRICES = "date,close\n" + "".join(f"2024-01-{day:02},{100 + day}\n" for day in range(1, 29))

OWN = """\
import pathlib, time
from portfolio import Portfolio
class Own:
    def initialize(self, params):
        self.what = params.get("what")
        if self.what == "much":
            self.kept = bytearray(8 * 2**30)
        if self.what == "leave":
            raise SystemExit("bye")
        self.portfolio = Portfolio(params["starting_cash"])
        print("initialized")
        return ["quotes"]
    def event(self, data):
        pathlib.Path("begun").touch()
        while self.what == "wait":
            time.sleep(0.01)
"""


def ask(client: zerorpc.Client, query: str, **options: Any) -> Any:
    reply = client.query({"query": query, **options})
    assert set(reply) == {"result"}, reply
    return json.loads(reply["result"])


def refusal(client: zerorpc.Client, query: str, **options: Any) -> str:
    reply = client.query({"query": query, **options})
    assert set(reply) == {"error"}, reply
    return reply["error"]


def ended(client: zerorpc.Client, run: int) -> Any:
    """Await the end of a backtest, and return what is told of it."""
    found: dict[str, Any] = {}

    def has_ended() -> bool:
        (each,) = (each for each in ask(client, "backtests")["runs"] if each["run"] == run)
        found.update(each)
        return each["state"] != "running"

    eventually(has_ended, f"the end of backtest {run}")
    return found


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with one file of prices, and others that are none of its own."""
    made = tmp_path / "data"
    made.mkdir()
    (made / "own.csv").write_text(PRICES)
    (made / "notes.md").write_text("no prices")
    (tmp_path / "secret.csv").write_text(PRICES)
    (made / "link.csv").symlink_to(tmp_path / "secret.csv")
    (made / "loop.csv").symlink_to(made / "loop.csv")
    os.mkfifo(made / "pipe.csv")
    (made / "below").mkdir()
    (made / "below" / "deep.csv").write_text(PRICES)
    return made


@pytest.fixture
def served(serve: Serve, tmp_path: Path, data: Path) -> Service:
    (tmp_path / "own.py").write_text(OWN)
    options = ("--algo", "own.py:Own", "--param", "starting_cash=1000", "--data-folder", "data")
    return serve(*options, cwd=tmp_path)


@pytest.fixture
def client(served: Service, connect: Connect) -> zerorpc.Client:
    return connect(served)


def test_a_report_has_the_figures_of_the_command_line(client: zerorpc.Client) -> None:
    params = {"fast": 20, "slow": 60, "commission": 0.001}
    asked = {"algo": "sma_cross", "data": "goog", "params": params}
    run = ask(client, "backtest", **asked)["run"]
    told = ended(client, run)
    assert (told["state"], told["quotes"], told["total"]) == ("done", 2148, 2148)
    assert {name: told[name] for name in asked} == asked
    report = ask(client, "backtest_result", run=run)["report"]

    words = ["algo-service", "backtest", "--algo", "sma_cross", "--data", "goog", "--json"]
    words += [word for name, value in params.items() for word in ("--param", f"{name}={value}")]
    printed = json.loads(subprocess.run(words, check=True, capture_output=True).stdout)
    assert printed["orders"] > 0
    different = {"seed", "parameters"}
    for name in printed.keys() - different - {"orders"}:
        assert report[name] == printed[name], name
    rows = {name: text for name, _words, text in report["rows"]}
    assert float(rows["final_equity"].replace(",", "")) == round(printed["final_equity"], 2)
    assert report["points"][-1][1] == printed["final_equity"]
    assert len(report["points"]) <= 2000
    assert report["of"] == len(report["orders"]) == printed["orders"]
    assert min(point[2] for point in report["points"]) == pytest.approx(printed["max_drawdown"])


def test_the_service_s_own_algorithm_runs_with_its_parameters_over_a_file(
    client: zerorpc.Client,
) -> None:
    choices = ask(client, "backtest_choices")
    own, *others = choices["algos"]
    assert (own["name"], own["parameters"], own["values"]["starting_cash"]) == ("Own", None, 1000)
    assert "sma_cross" in [each["name"] for each in others]
    assert "fast" in [each["name"] for algo in others for each in algo["parameters"]]
    assert (choices["files"], choices["folder"], choices["more"]) == (["own.csv"], True, False)
    assert "goog" in [each["name"] for each in choices["samples"]]
    run = ask(client, "backtest", data="own.csv")["run"]
    assert ended(client, run)["state"] == "done"
    report = ask(client, "backtest_result", run=run)["report"]
    assert (report["quotes"], report["final_equity"]) == (28, 1000)
    run = ask(client, "backtest", data="own.csv", **{"from": "2024-01-05", "to": "2024-01-09"})
    ended(client, run["run"])
    assert ask(client, "backtest_result", **run)["report"]["quotes"] == 5


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"data": "../secret.csv"}, "without a path"),
    ({"data": "/etc/passwd"}, "without a path"),
    ({"data": "below/deep.csv"}, "without a path"),
    ({"data": ".."}, "without a path"),
    ({"data": "link.csv"}, "it leads out of the data folder"),
    ({"data": "loop.csv"}, "no such file in the data folder"),
    ({"data": "pipe.csv"}, "no such file in the data folder"),
    ({"data": "below"}, "no such file in the data folder"),
    ({"data": "notes.md"}, "a file of prices ends in .csv, "),
    ({"data": "sqlite:///own.db"}, "without a path"),
    ({"data": "a\0b.csv"}, "without a path"),
    ({"data": None}, '"data" is None: it has to be a text'),
    ({"data": "goog", "algo": "sma_cros"}, 'did you mean "sma_cross"?'),
    ({"data": "goog", "algo": "own.py:Own"}, "\"algo\" is 'own.py:Own'"),
    ({"data": "goog", "algo": "sma_cross", "params": {"fats": 2}}, 'did you mean "fast"?'),
    (
        {"data": "goog", "algo": "sma_cross", "params": {"fast": "x"}},
        "parameter fast is 'x': it has to be ",
    ),
    ({"data": "goog", "params": [1]}, '"params" is [1]: it has to be a map'),
]


def test_what_cannot_be_run_is_refused_with_a_sentence(client: zerorpc.Client) -> None:
    for asked, sentence in REFUSED:
        assert sentence in refusal(client, "backtest", **asked)
    assert ask(client, "backtests") == {"runs": []}


def test_without_a_data_folder_there_are_samples_alone(serve: Serve, connect: Connect) -> None:
    client = connect(serve())
    choices = ask(client, "backtest_choices")
    assert (choices["folder"], choices["files"]) == (False, [])
    assert "--data-folder" in refusal(client, "backtest", data="own.csv")
    assert 'did you mean "goog"?' in refusal(client, "backtest", data="gogo")


def test_decisions_go_on_while_a_backtest_runs_which_can_be_cancelled(
    client: zerorpc.Client, served: Service, connect: Connect
) -> None:
    client.initialize({})
    run = ask(client, "backtest", data="own.csv", params={"what": "wait"})["run"]
    (child,) = children(served.process.popen.pid)
    eventually(lambda: os.getpriority(os.PRIO_PROCESS, child) >= 10, "a lower priority")
    assert "under way" in refusal(client, "backtest", data="goog")
    assert f"backtest {run} is running" in refusal(client, "backtest_result", run=run)
    for stops in (signal.SIGSTOP, signal.SIGCONT):
        os.kill(child, stops)
        for n in range(5):
            quote = {"sid": "G", "quote": 1.0, "id": f"{stops}{n}", "channel": "quotes"}
            assert client.events([quote]) == [{"orders": [], "fills": []}]
    cancelled = ask(client, "backtest_cancel", run=run)["run"]
    assert (cancelled["state"], children(served.process.popen.pid)) == ("cancelled", [])
    again = ask(client, "backtest", data="own.csv")["run"]
    assert ended(client, again)["state"] == "done"
    assert ask(client, "backtest_cancel", run=again)["run"]["state"] == "done"
    assert "there is no backtest 99 of Own" in refusal(client, "backtest_result", run=99)


@pytest.mark.parametrize(
    ("what", "sentence"),
    [("much", "MemoryError"), ("leave", "bye")],
)
def test_one_that_fails_is_a_sentence(client: zerorpc.Client, what: str, sentence: str) -> None:
    run = ask(client, "backtest", data="own.csv", params={"what": what})["run"]
    told = ended(client, run)
    assert (told["state"], sentence in told["text"]) == ("failed", True), told["text"]
    assert told["text"] in refusal(client, "backtest_result", run=run)


def test_a_time_that_is_none_is_a_sentence(client: zerorpc.Client) -> None:
    run = ask(client, "backtest", data="goog", **{"from": "soon"})["run"]
    assert "--from" in ended(client, run)["text"]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGALRM])
def test_one_that_is_killed_is_said(
    client: zerorpc.Client, served: Service, how: signal.Signals
) -> None:
    run = ask(client, "backtest", data="own.csv", params={"what": "wait"})["run"]
    (child,) = children(served.process.popen.pid)
    os.kill(child, how)
    words = {signal.SIGKILL: "lack of memory", signal.SIGALRM: "longer than 15 minutes"}[how]
    assert words in ended(client, run)["text"]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_the_service(
    client: zerorpc.Client, served: Service, tmp_path: Path, how: signal.Signals
) -> None:
    ask(client, "backtest", data="own.csv", params={"what": "wait"})
    (child,) = children(served.process.popen.pid)
    eventually((tmp_path / "begun").exists, "the first quote")
    served.process.signal(how)
    eventually(lambda: not Path(f"/proc/{child}").exists(), "the end of the backtest")


def test_a_long_list_of_files_says_that_there_are_more(tmp_path: Path) -> None:
    for n in range(folder.MAX_FILES + 1):
        (tmp_path / f"{n:04}.csv").touch()
    found = folder.listing(tmp_path)
    assert (len(found["files"]), found["files"][0], found["more"]) == (200, "0000.csv", True)
    with pytest.raises(QueryError, match="cannot be read"):
        folder.listing(tmp_path / "nowhere")


def test_a_long_curve_keeps_its_ends_and_its_depth() -> None:
    rows = [[float(n), 100.0 + n % 7] for n in range(10_001)]
    rows[5003][1] = 1.0
    found = thinned(rows, 2000)
    assert len(found) <= 2000
    assert (found[0], found[-1], rows[5003] in found) == (rows[0], rows[-1], True)
    assert thinned(rows[:2000], 2000) == rows[:2000]
