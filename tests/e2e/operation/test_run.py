"""What the README's first command shows: `make run`, its variables, and Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import Process, eventually, free_port, readyz
from tests.support.watcher import Watcher

Run = Callable[..., Process]

PORTS = ("MQTT_PORT", "RPC_PORT", "HTTP_PORT")


class Port:
    """Where a `Watcher` finds the broker of a run."""

    def __init__(self, port: int):
        self.port = port


@pytest.fixture
def run(start: Callable[..., Process]) -> Iterator[Run]:
    """Starts `make run` at free ports, and ends what a test leaves, as no other one can."""
    started: list[Process] = []

    def starter(**variables: object) -> Process:
        ports = {name: free_port() for name in PORTS}
        # a make that runs the tests hands its own flags on, such as to print the directory
        make = dict.fromkeys(("MAKEFLAGS", "MFLAGS", "MAKELEVEL"), "")
        env = {name: str(value) for name, value in {**make, **ports, **variables}.items()}
        process = start("make", "run", env=env)
        started.append(process)
        process.ports = {name: int(env[name]) for name in ports}  # type: ignore[attr-defined]
        return process

    yield starter
    for process in started:
        # the parts have sessions of their own, which a kill of this one does not reach
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.popen.pid, signal.SIGTERM)
        process.wait()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def ready(process: Process) -> None:
    """Await that the bridge of a run hands quotes to its algorithm."""
    port = process.ports["HTTP_PORT"]  # type: ignore[attr-defined]
    eventually(lambda: readyz(port) == 200, f"readiness; it printed:\n{process.output}", 120)


def end(process: Process) -> None:
    """Ctrl-C, which reaches every process of the terminal's foreground group."""
    os.killpg(process.popen.pid, signal.SIGINT)
    process.wait()


def test_make_run_shows_orders_for_goog_and_ctrl_c_ends_all_of_it(
    run: Run,
) -> None:
    """Make run shows orders for goog in lines that fit and ctrl c ends all of it."""
    running = run()
    running.wait_for(r"^make run: broker at mqtt://127\.0\.0\.1:\d+, .*; Ctrl-C ends all$", 120)
    bought = r"^watch  \| random +buy +[\d.,]+ GOOG at [\d.]+ +equity .* profit "
    running.wait_for(bought, patience=60)
    assert all(answers(port) for port in running.ports.values())
    end(running)
    assert not any(answers(port) for port in running.ports.values())
    for line in running.output.splitlines():
        assert len(line) <= (100 if line.startswith("watch") else 120), line
        assert "{" not in line, line
    assert running.output.count("make run: ending") == 1
    assert not re.search("Traceback|KeyboardInterrupt", running.output), running.output
    after = running.output.partition("make run: ending")[2]
    assert not re.search("Traceback|WARN|ERROR|[Ww]aiting|trying again|killing|make: ", after), (
        after
    )


def test_data_rate_and_algorithm_of_ones_own(run: Run, tmp_path: Path) -> None:
    data, algo = tmp_path / "my prices.csv", tmp_path / "my rsi.py"
    data.write_text("date,symbol,close\n2024-01-01,ACME,10\n2024-01-02,ACME,11\n")
    algo.write_text(
        "from tickwire import Portfolio\n"
        "class Rsi:\n"
        "    def initialize(self, params):\n"
        "        self.period = params['period']\n"
        "        self.portfolio = Portfolio(params['cash'])\n"
        "        return ['quotes']\n"
        "    def event(self, data):\n"
        "        print('period', self.period, 'at', data['quote'])\n"
        "        self.portfolio.buy(data, 100)\n"
    )
    running = run(DATA=data, RATE=50, ALGO=f"{algo}:Rsi --param period=5")
    running.wait_for(r"^algo   \| period 5 at 10\.0$", patience=120)
    running.wait_for(r"^algo   \| period 5 at 11\.0$")
    running.wait_for(r"^watch  \| Rsi +(buy +[\d.,]+ ACME at 11\.00|holds [\d.,]+ ACME )")
    running.wait_for(r"^replay \| sent 2 quotes")
    running.wait_for("^make run: replay has ended; the other parts go on until Ctrl-C$")
    assert running.popen.poll() is None
    end(running)


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"DATA": "no.csv"}, 'replay | Error: there is no file and no sample "no.csv"'),
        ({"ALGO": "random --param exot=1"}, 'unknown parameter "exot": did you mean "exit"?'),
    ],
)
def test_a_mistake_ends_the_run_with_the_commands_own_sentence_at_the_end(
    run: Run, variables: dict[str, str], sentence: str
) -> None:
    running = run(**variables)
    assert running.wait(120) == 2
    *_, said, end, make = running.output.splitlines()
    assert sentence in said
    assert re.fullmatch(r"make run: (algo|replay) ended with status 2: ending the run", end)
    assert re.fullmatch(r"make: \*\*\* .*Error 2", make)
    assert not any(answers(port) for port in running.ports.values())


def test_a_run_without_data_waits_for_a_feed_and_a_second_one_at_a_port_of_it_ends(
    run: Run, watch: Callable[..., Watcher]
) -> None:
    """A second run at a port of the first ends, leaves it undisturbed, and names free ports."""
    first = run(DATA="none", ALGO="buy_and_hold")
    ready(first)
    watcher: Any = watch(Port(first.ports["MQTT_PORT"]), "#")
    watcher.wait_until(lambda: bool(watcher.raw("bridges/buy_and_hold")), "bridges/buy_and_hold")
    claim = watcher.raw("bridges/buy_and_hold")
    for shared in (("MQTT_PORT",), ("RPC_PORT",), ("HTTP_PORT",), PORTS):
        second = run(RATE=1000, **{name: first.ports[name] for name in shared})
        assert second.wait(120) == 2
        sentence = second.output.splitlines()[-2]
        pattern = "ports? .* (is|are) in use, perhaps by another run: (.*) make run"
        suggested = dict(
            word.split("=")
            for word in re.fullmatch(f"make run: {pattern}", sentence)[2].split()  # type: ignore[index]
        )
        for name in shared:
            assert str(first.ports[name]) in sentence
            assert suggested[name] != str(first.ports[name])
        assert "|" not in second.output  # not a single part was started
    # the first goes on, with nothing in it that is not its own
    watcher.publish({"sid": "MINE", "quote": 2})
    (order,) = watcher.wait("orders/buy_and_hold")
    assert (order["sid"], order["price"]) == ("MINE", 2)
    assert len(watcher.raw("quotes")) == 1
    assert watcher.raw("bridges/buy_and_hold") == claim
    # and another runs at the ports that the last one was told
    third = run(DATA="none", **suggested)
    ready(third)
    for each in (third, first):
        end(each)
        assert "replay" not in each.output


def test_of_two_runs_that_start_at_the_same_moment_one_runs(run: Run) -> None:
    first = run(ALGO="buy_and_hold")
    both = [first, run(ALGO="buy_and_hold", **first.ports)]
    ended: list[Process] = []
    while not ended:
        ended = [each for each in both if each.popen.poll() is not None]
    (loser,) = ended
    (winner,) = (each for each in both if each is not loser)
    assert loser.wait() == 2
    assert "are in use, perhaps by another run" in loser.output
    # bought at the history's first price: nobody else has published. Where watch subscribes after
    # the order, it shows the position alone
    bought = r"buy +[\d.,]+ GOOG at 100\.3|holds 498\.33 GOOG "
    winner.wait_for(rf"^watch  \| buy_and_hold +({bought})", patience=120)
    end(winner)


def test_a_port_that_is_none_is_named(run: Run) -> None:
    running = run(HTTP_PORT=0)
    assert running.wait(120) == 2
    assert 'make run: HTTP_PORT is "0": a port is a whole number' in running.output


# What is interrupted before the first line is Python's imports: tests/tickwire tries those. The
# first test above interrupts what has an order.
@pytest.mark.parametrize(
    "sign", ["^make run: broker at", "^algo .* serving on", "^replay .* replaying"]
)
def test_ctrl_c_soon_after_the_start_leaves_nothing_running(run: Run, sign: str) -> None:
    """Ctrl c soon after the start shows no traceback and leaves nothing running."""
    running = run()
    running.wait_for(sign, patience=120)
    end(running)
    assert not re.search("Traceback|KeyboardInterrupt|killing", running.output), running.output
    assert not any(answers(port) for port in running.ports.values())
