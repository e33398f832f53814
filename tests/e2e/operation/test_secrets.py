"""A secret that a command is given is in nothing that it prints, writes, publishes or starts."""

from __future__ import annotations

import re
import signal
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.brokers import MOSQUITTO
from tests.support.processes import Process, eventually, free_port, readyz
from tests.support.receivers import Webhook
from tests.support.secured import Secured, password_file
from tests.support.watcher import Watcher

Start = Callable[..., Process]
Watch = Callable[..., Watcher]

MARK = "m4rk"
"""A part of every secret."""
PASSWORD, TOKEN = f"{MARK}-of-ann", f"{MARK}-of-the-dashboard"
DATABASE = f"{MARK}-of-the-database"

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")


class World:
    """A broker that asks for a password, and how the parts are told their secrets."""

    def __init__(self, folder: Path, start: Start, webhook: Webhook):
        self.written = folder / "written"
        self.written.mkdir()
        (folder / "broker").mkdir()
        self.secured = Secured(folder / "broker", start)
        passwords = password_file(folder / "broker", "ann", PASSWORD)
        port = self.secured.listen("allow_anonymous false", f"password_file {passwords}")
        self.secured.start()
        self.url = f"mqtt://127.0.0.1:{port}"
        self.full_url = f"mqtt://ann:{PASSWORD}@127.0.0.1:{port}"
        hook = webhook.url.replace("json://", f"json://ann:{MARK}-of-the-hook@")
        files = {"password": PASSWORD, "token": TOKEN, "receivers": f"{hook}/{MARK}-of-the-path"}
        self.files = {name: folder / name for name in files}
        for name, text in files.items():
            self.files[name].write_text(f"{text}\n")
        self._start = start
        self.started: list[Process] = []

    def run(self, *words: object, how: str = "file", **env: str) -> Process:
        """Start a command, which finds the password in a file, or in a `variable`."""
        kinds = {"bridge-node": "BRIDGE", "market-data": "MARKET_DATA"}
        prefix = kinds.get(str(words[0]), "ALGO_SERVICE")
        given = {"LOG_LEVEL": "debug"}
        if how == "file":
            own = {"MQTT": self.url, "USERNAME": "ann", "PASSWORD_FILE": self.files["password"]}
        else:
            own = {"MQTT": self.full_url}
        given |= {f"{prefix}_{name}": str(value) for name, value in own.items()}
        self.started.append(self._start(*words, env={**given, **env}, cwd=self.written))
        return self.started[-1]


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    """A receiver of notifications."""
    made = Webhook()
    yield made
    made.close()


@pytest.fixture
def world(tmp_path: Path, start: Start, webhook: Webhook) -> World:
    return World(tmp_path, start, webhook)


def command_lines(session: int) -> list[str]:
    """Those of a process of ours, and of all that it has started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(stat[3]) == session:
                found.append((folder / "cmdline").read_text())
        except OSError:
            pass  # it has ended
    return found


def answers(port: int) -> list[str]:
    """What a part tells over HTTP."""
    found = []
    for path in ("metrics", "healthz", "readyz"):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}") as answer:
            found.append(answer.read().decode())
    return found


def leaks(texts: dict[str, Any]) -> list[str]:
    """Where a secret is, and a part of it."""
    return [
        f"{name}: …{text[max(text.index(MARK) - 60, 0) : text.index(MARK) + 30]}…"
        for name, text in texts.items()
        if MARK in text
    ]


def test_no_part_of_a_pipeline_shows_a_secret_at_any_level(
    world: World, watch: Watch, webhook: Webhook
) -> None:
    watcher = watch(world.secured, "#")
    address, ports = f"tcp://127.0.0.1:{free_port()}", [free_port() for _ in range(6)]
    service = world.run(
        *("algo-service", "serve", "--algo", "buy_and_hold", "--name", "a", "--addr", address),
        *("--journal", "j.db", "--http", ports[0]),
        ALGO_SERVICE_ANNOUNCE=world.full_url,
        how="variable",
    )
    world.run(
        *("bridge-node", "--discover", "--http", ports[1]),
        *("--http-token-file", world.files["token"]),
    )
    world.run("market-data", "record", "--channel", "#", "--out", "prices", "--http", ports[2])
    world.run(
        *("market-data", "indicators", "--indicator", "sma:2", "--state", "i.db"),
        *("--http", ports[3]),
        how="variable",
    )
    world.run("algo-service", "watch", "--http", ports[4], how="variable")
    world.run(
        *("algo-service", "notify", "--to-file", world.files["receivers"], "--pause", "0"),
        *("--http", ports[5]),
    )
    for port in ports:
        eventually(lambda port=port: readyz(port) == 200, f"port {port}")
    # here the secret is on its own command line, and a line tells
    replay = world.run(
        *("market-data", "replay", "goog", "--rate", "50", "--state", "r.json"),
        *("--mqtt", world.full_url, "--log-level", "debug"),
        how="variable",
    )
    replay.wait_for("the password in --mqtt can be seen by everyone on this machine")
    watcher.wait("orders/a")
    watcher.wait("indicators/sma-2/GOOG")
    webhook.wait_for("buy")
    watcher.publish({"id": "1", "client": "me", "query": "equity"}, "queries/a")
    watcher.wait("replies/a/me")  # by a process that the service has started
    texts = {
        f"command line {n} of {part.command[1]}": line
        for part in world.started
        if part is not replay
        for n, line in enumerate(command_lines(part.popen.pid))
    }
    assert any("algo_service.queries" in line for line in texts.values())
    texts |= {f"HTTP {port}": "\n".join(answers(port)) for port in ports}
    once = [
        world.run("algo-service", "halt", "a", how="variable"),
        world.run("algo-service", "algos", "--json"),
        world.run("bridge-node", "algos", how="variable"),
        world.run("bridge-node", "swap", "a", "--to", address),
    ]
    for command in once:
        command.wait()
    assert service.popen.poll() is None
    for part in world.started:
        if part.popen.poll() is None:
            part.signal(signal.SIGTERM)
    for part in world.started:
        part.wait()
    retained = watch(world.secured, "#")
    retained.wait("algos/a")
    # the address of the dashboard is for whoever has started it: it has the token
    texts |= {
        f"output of {' '.join(part.command[:3])}": re.sub("(?m)^dashboard: .*$", "", part.output)
        for part in world.started
    }
    texts |= {
        f"message on {topic}": "\n".join(client.raw(topic))
        for client in (watcher, retained)
        for topic in client.topics()
    }
    files = [file for file in world.written.rglob("*") if file.is_file()]
    assert {"j.db", "i.db", "r.json"} <= {file.name for file in files}
    assert any(file.suffix == ".parquet" for file in files)
    texts |= {str(file): file.read_bytes().decode("latin1") for file in files}
    texts |= {"notifications": "\n".join(webhook.lines)}
    assert leaks(texts) == []


def test_no_failure_of_a_part_shows_a_secret(world: World, webhook: Webhook) -> None:
    """A wrong password, a broker and a database that are not there, a receiver that refuses."""
    away = f"127.0.0.1:{free_port()}"
    wrong = world.full_url.replace(PASSWORD, f"{MARK}-that-is-wrong")
    database = f"postgresql+psycopg://ann:{DATABASE}@{away}/db?sslpassword={DATABASE}"
    select = ("--query", "SELECT sid, ts, quote, id FROM t")
    nobody = f"mqtt://ann:{PASSWORD}@{away}"
    live, notify = ("market-data", "live"), ("algo-service", "notify")
    webhook.status = 500

    def with_url(url: str, *words: object) -> Process:
        variable = {"bridge-node": "BRIDGE_MQTT", "market-data": "MARKET_DATA_MQTT"}
        name = variable.get(str(words[0]), "ALGO_SERVICE_MQTT")
        return world.run(*words, how="variable", **{name: url, "ALGO_SERVICE_ANNOUNCE": url})

    expected = [
        (with_url(wrong, "bridge-node"), "refuses the connection"),
        (with_url(wrong, "market-data", "replay", "goog"), ""),
        (with_url(wrong, "algo-service", "halt", "a"), ""),
        (with_url(wrong, "algo-service", "serve", "--addr", f"tcp://{away}"), "refuse"),
        (with_url(nobody, "bridge-node"), "is unavailable"),
        (with_url(nobody, "market-data", "bars", "--every", "1m"), "waiting for the broker"),
        (
            world.run(*live, *select, "--cursor", "id", MARKET_DATA_SQL=database),
            "unavailable",
        ),
        (world.run("market-data", "record", MARKET_DATA_TO=database), "cannot be written"),
        (world.run("algo-service", "backtest", *select, ALGO_SERVICE_DATA=database), "fails"),
        (world.run(*notify, "--test", "--to-file", world.files["receivers"]), "takes no message"),
    ]
    texts = {}
    for command, line in expected:
        if line:
            command.wait_for(line)
        else:
            assert command.wait() == 2
            assert command.output
        texts[" ".join(command.command)] = command.output
        assert "Traceback" not in command.output
    for command, _ in expected:
        command.stop()
        texts[" ".join(command.command)] += command.output
    assert leaks(texts) == []
