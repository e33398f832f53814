"""Where a measurement takes place: a broker of its own, the exchange, and the party measured.

The party that is measured has the whole machine meanwhile, and a new mosquitto with the shipped
configuration, whose data are in a new folder.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.environment import PartyError
from tests.support.brokers import Broker
from tests.support.processes import Process, free_port
from tests.support.secured import Authority

HERE = Path(__file__).parent


class Exchange:
    """The process that sends quotes and receives orders (exchange/main.mjs)."""

    def __init__(self, port: int):
        self.popen = subprocess.Popen(
            ["node", str(HERE / "exchange" / "main.mjs"), str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()

    def ask(self, do: str, **options: Any) -> dict[str, Any]:
        """Give a command and return the answer.

        :raises PartyError: if the orders are not what they have to be.
        """
        self.begin(do, **options)
        return self._answer()

    def begin(self, do: str, **options: Any) -> None:
        """Give a command whose answer `end` returns."""
        assert self.popen.stdin
        self.popen.stdin.write(json.dumps({"do": do, **options}) + "\n")
        self.popen.stdin.flush()

    def end(self) -> dict[str, Any]:
        """Return the answer to the command that was begun."""
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self.popen.stdout
        line = self.popen.stdout.readline()
        if not line:
            raise PartyError(f"the exchange has ended with status {self.popen.wait()}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise PartyError(answer["error"])
        return answer

    def close(self) -> None:
        """End the process."""
        self.popen.kill()
        self.popen.wait()


class Stage:
    """A broker and whatever is started on it; all of it ends with the `with` statement."""

    def __enter__(self) -> Stage:
        self._folder = tempfile.TemporaryDirectory(prefix="tickwire-bench-")
        self.folder = Path(self._folder.name)
        self._started: list[Process] = []
        self.parts: dict[str, Process] = {}
        """Those measured, by their role; mosquitto is one of them."""
        try:
            self.broker = Broker("mosquitto", self.folder, self.start)
            self.parts["mosquitto"] = self.broker.process
            self.exchange = Exchange(self.broker.port)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if hasattr(self, "exchange"):
            self.exchange.close()
        for process in reversed(self._started):
            process.end()
        self._folder.cleanup()

    def start(self, *command: object, env: dict[str, str] | None = None) -> Process:
        """Start a process that ends with the stage."""
        self._started.append(Process(*command, env=env))
        return self._started[-1]

    def listen_with_tls(self) -> tuple[Path, str]:
        """Have the broker listen with TLS, too; return its authority, and the address there."""
        authority = Authority(self.folder, "ca")
        certificate, key = authority.sign("server")
        port = free_port()
        self.exchange.close()
        self.broker.process.stop()
        self.broker.configure(
            "allow_anonymous true\n",
            f"allow_anonymous true\nlistener {port} 127.0.0.1\n"
            f"certfile {certificate}\nkeyfile {key}\n",
        )
        self.broker.start()
        self.parts["mosquitto"] = self.broker.process
        self.exchange = Exchange(self.broker.port)
        return authority.file, f"mqtts://127.0.0.1:{port}"

    @property
    def pids(self) -> dict[str, int]:
        """The process ids of those measured, by their role."""
        return {role: process.popen.pid for role, process in self.parts.items()}

    def address(self) -> str:
        """Return an address that nothing listens on."""
        return f"tcp://127.0.0.1:{free_port()}"
