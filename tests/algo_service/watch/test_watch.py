"""`algo-service watch` as a process, with real brokers and in a real pseudo-terminal."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.publish import single

from tests.algo_service.watch.wire import fill, order, snapshot
from tests.support.brokers import MOSQUITTO, Broker
from tests.support.processes import BIN, ROOT, Process, eventually, free_port
from tests.support.secured import PASSWORD, TlsBroker

Start = Callable[..., Process]


def publish(port: int, topic: str, message: Any, *, retain: bool = False, **options: Any) -> None:
    payload = message if isinstance(message, bytes) else json.dumps(message)
    single(topic, payload, qos=1, retain=retain, hostname="127.0.0.1", port=port, **options)


def watch(start: Start, url: str, *options: object, **settings: Any) -> Process:
    return start("algo-service", "watch", "--mqtt", url, *options, **settings)


def test_what_is_retained_shows_at_once_and_orders_follow(broker: Broker, start: Start) -> None:
    publish(broker.port, "portfolios/random", snapshot(1, 1000.0), retain=True)
    process = watch(start, broker.url)
    process.wait_for(r"^random  flat +equity   1,000\.00  profit      0\.00$")
    publish(broker.port, "orders/random", order(2, "buy", 2.5, 100.0))
    publish(broker.port, "fills/random", fill(2, "buy", 2.5, 100.0))
    publish(broker.port, "orders/random", b"\xff garbage")
    publish(broker.port, "portfolios/random", snapshot(2, 750.0, ("GOOG", 2.5, 100.0)))
    process.wait_for(r"^random  buy +2\.5 GOOG at 100\.00 +equity   1,000\.00  profit      0\.00$")
    publish(broker.port, "errors/random", {"code": "not_json", "reason": "it is not JSON"})
    process.wait_for("^random  error  not_json: it is not JSON$")
    assert process.stop() == 0
    assert len(process.output.splitlines()) == 3


def test_a_name_is_decoded_and_a_level_that_stands_for_none_is_shown_as_it_is(
    mosquitto: Broker, start: Start
) -> None:
    publish(mosquitto.port, "portfolios/my%20algo", snapshot(1, 1000.0), retain=True)
    publish(mosquitto.port, "portfolios/50%", snapshot(1, 1000.0), retain=True)
    process = watch(start, mosquitto.url)
    process.wait_for(r"^my algo +flat ")
    process.wait_for(r"^50% +flat ")


def test_a_broker_is_awaited_and_awaited_again_when_it_was_away(
    mosquitto: Broker, start: Start
) -> None:
    mosquitto.process.kill()
    process = watch(start, mosquitto.url)
    process.wait_for(f"^waiting for the broker at {mosquitto.url}: Connection refused$")
    mosquitto.start()
    process.wait_for(f"^connected to the broker at {mosquitto.url}$")
    mosquitto.process.kill()
    process.wait_for("^lost the broker at .*, waiting for it$")
    mosquitto.start()
    process.wait_for("^the broker at .* is back$")
    publish(mosquitto.port, "errors/random", {"reason": "seen again"})
    process.wait_for("^random  error  seen again$")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_with_its_broker_and_says_nothing(
    embedded: Broker, start: Start, number: signal.Signals
) -> None:
    publish(embedded.port, "portfolios/random", snapshot(1, 1000.0), retain=True)
    process = watch(start, embedded.url)
    process.wait_for("^random  flat")
    for each in (embedded.process, process):
        each.signal(number)
    assert process.wait() == 0
    assert len(process.output.splitlines()) == 1


def test_a_signal_ends_it_while_the_broker_is_awaited(start: Start) -> None:
    process = watch(start, f"mqtt://127.0.0.1:{free_port()}")
    process.wait_for("^waiting for the broker")
    process.signal(signal.SIGINT)
    assert process.wait() == 0
    assert "Traceback" not in process.output


@pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")
def test_tls_password_and_prefix_come_from_the_environment(tmp_path: Path, start: Start) -> None:
    """Tls and the password come from the environment and topics lie below a prefix."""
    broker = TlsBroker(tmp_path, start)
    secret = tmp_path / "secret"
    secret.write_text(PASSWORD)
    env = {"CA": broker.files.path("ca.crt"), "USERNAME": "ann", "PASSWORD_FILE": secret}
    process = watch(
        start,
        broker.url,
        env={f"ALGO_SERVICE_{name}": str(value) for name, value in env.items()}
        | {"ALGO_SERVICE_PREFIX": "site1"},
    )
    options: dict[str, Any] = {
        "auth": {"username": "ann", "password": PASSWORD},
        "tls": {"ca_certs": str(env["CA"])},
    }
    message = snapshot(1, 1000.0)
    publish(broker.port, "portfolios/other", message, retain=True, **options)
    publish(broker.port, "site1/portfolios/random", message, retain=True, **options)
    process.wait_for("^random  flat")
    assert process.stop() == 0
    assert "other" not in process.output


@pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")
def test_a_broker_that_no_authority_vouches_for_is_refused_with_status_2(
    tmp_path: Path, start: Start
) -> None:
    broker = TlsBroker(tmp_path, start)
    process = watch(start, broker.url, "--ca", broker.files.path("other-ca.crt"))
    assert process.wait() == 2
    assert f"algo-service: the broker at {broker.url} cannot be trusted: no auth" in process.output
    assert "Traceback" not in process.output


class Terminal:
    """A process in a pseudo-terminal of 100 columns and 20 rows, and what it wrote there."""

    def __init__(self, *command: object, rows: int = 20, columns: int = 100):
        self._master, slave = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(self._master)
        env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "", "LINES": ""}
        self.popen = subprocess.Popen(
            [str(word) for word in command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=env,
            start_new_session=True,
        )
        self._slave = slave
        self._written = b""
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def written(self) -> str:
        return self._written.decode()

    @property
    def modes(self) -> list[Any]:
        return termios.tcgetattr(self._master)

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def wait_for(self, text: str) -> None:
        eventually(lambda: text in self.written, f"{text!r}; it wrote {self.written[-2000:]!r}")

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._master, 65536)
            except OSError:
                return
            if not data:
                return
            self._written += data

    def close(self) -> None:
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait()
        os.close(self._slave)
        os.close(self._master)


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    """Makes terminals that end with the test."""
    made: list[Terminal] = []

    def make(*command: object) -> Terminal:
        made.append(Terminal(*command))
        return made[-1]

    yield make
    for each in made:
        each.close()


OTHER_SCREEN, FIRST_SCREEN = "\x1b[?1049h", "\x1b[?1049l"
HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_in_a_terminal_it_is_a_live_table(
    mosquitto: Broker, terminal: Callable[..., Terminal], number: signal.Signals
) -> None:
    """In a terminal it is a live table that leaves the terminal as it was."""
    publish(mosquitto.port, "portfolios/random", snapshot(1, 1000.0), retain=True)
    shown = terminal(BIN / "algo-service", "watch", "--mqtt", mosquitto.url)
    shown.wait_for("1,000.00")
    assert OTHER_SCREEN in shown.written
    publish(mosquitto.port, "orders/random", order(2, "buy", 2.5, 100.0))
    shown.wait_for("buy 2.5 GOOG at 100.00")
    publish(mosquitto.port, "errors/random", {"reason": "\x1b[2J\x07out of line"})
    shown.wait_for("out of line")
    shown.popen.send_signal(number)
    assert shown.popen.wait(30) == 0
    shown.wait_for(FIRST_SCREEN)
    live = shown.written.split(FIRST_SCREEN)[0]
    eventually(lambda: "out of line" in shown.written.split(FIRST_SCREEN)[1], "the last state")
    assert live.count(HIDE_CURSOR) <= shown.written.count(SHOW_CURSOR)
    assert "Traceback" not in shown.written
    assert "\x1b[2J\x07" not in shown.written
    assert shown.modes == shown.before


def test_the_table_follows_the_size_of_the_terminal(
    mosquitto: Broker, terminal: Callable[..., Terminal]
) -> None:
    publish(mosquitto.port, "portfolios/random", snapshot(1, 1000.0), retain=True)
    shown = terminal(BIN / "algo-service", "watch", "--mqtt", mosquitto.url)
    shown.wait_for("last order")
    shown.wait_for("1,000.00")
    drawn = len(shown.written)
    shown.resize(10, 40)
    eventually(lambda: "equity" in shown.written[drawn:], "another drawing")
    assert "last order" not in shown.written[drawn:]


def test_it_tells_over_http_whether_it_has_a_broker(mosquitto: Broker, start: Start) -> None:
    http = free_port()

    def answer(path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{http}{path}") as found:
                return found.status, found.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()
        except OSError:
            return 0, ""

    watch(start, mosquitto.url, "--http", http)
    eventually(lambda: answer("/readyz")[0] == 200, "readiness")
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text()
    served = set(re.findall(r"^# TYPE (\S+) ", answer("/metrics")[1], re.M))
    described = {
        name
        for title in ("Every process", "algo-service watch")
        for name in re.findall(
            "^\\| `([a-z_]+)`", page.split(f"\n## {title}\n")[1].split("\n## ")[0], re.M
        )
    }
    assert served == described
    assert answer("/healthz")[0] == 200
    mosquitto.process.kill()
    eventually(lambda: answer("/readyz")[0] == 503, "the loss")
    assert f"the broker at {mosquitto.url} is unavailable: " in answer("/readyz")[1]
