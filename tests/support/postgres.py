"""A PostgreSQL cluster of the tests' own, from Debian's package, on a free port of loopback."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg

from tests.support.processes import eventually, free_port

_VERSIONS = Path("/usr/lib/postgresql")
BIN = max(_VERSIONS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]), default=None)

# initdb and postgres refuse to run as root
_USER: dict[str, Any] = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}


class Postgres:
    """A cluster that can be stopped and started again at the same port."""

    def __init__(self) -> None:
        assert BIN is not None
        self._bin = BIN.parent
        self._folder = Path(tempfile.mkdtemp(prefix="tickwire-postgres-", dir="/tmp"))
        if _USER:
            shutil.chown(self._folder, **_USER)
        self.port = free_port()
        self._databases = 0
        initdb = [self._bin / "initdb", "-D", self._folder / "data", "-U", "trader", "--no-sync"]
        self._run(*initdb, "--auth=trust", "--no-locale", "--encoding=UTF8")
        self.start()

    def _run(self, *command: object) -> None:
        ended = subprocess.run(
            list(map(str, command)), cwd="/", text=True, capture_output=True, **_USER
        )
        assert ended.returncode == 0, ended.stderr

    def start(self) -> None:
        """Start the cluster and wait until it answers."""
        options = ["-p", self.port, "-k", self._folder, "-c", "listen_addresses=127.0.0.1"]
        command = [self._bin / "postgres", "-D", self._folder / "data", *options, "-F"]
        self._process = subprocess.Popen(
            list(map(str, command)),
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **_USER,
        )
        eventually(self._answers, "an answer of PostgreSQL")

    def _answers(self) -> bool:
        try:
            self.connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """End the cluster at once: its connections break, what is committed stays."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait()

    def remove(self) -> None:
        """End the cluster without writing anything down, and remove its folder."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait()
        shutil.rmtree(self._folder)

    def new_database(self) -> str:
        """Make a database, and return its name."""
        self._databases += 1
        name = f"market{self._databases}"
        with self.connect("postgres") as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return name

    def connect(self, database: str) -> psycopg.Connection:
        """Connect to a database; each statement is committed."""
        return psycopg.connect(
            f"host=127.0.0.1 port={self.port} user=trader dbname={database}", autocommit=True
        )

    def url(self, database: str) -> str:
        """Return the URL of a database."""
        return f"postgresql://trader@127.0.0.1:{self.port}/{database}"
