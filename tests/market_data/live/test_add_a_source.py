"""The package of docs/how-to/add-a-source.md, installed and run."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.market_data.subscriber import Subscriber
from tests.support.brokers import Broker
from tests.support.processes import ROOT, Process


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The folder into which the package is installed, from the files of the page."""
    page = (ROOT / "docs/how-to/add-a-source.md").read_text()
    made, target = tmp_path / "package", tmp_path / "installed"
    made.mkdir()
    for name, language in (("tickwire_lines.py", "python"), ("pyproject.toml", "toml")):
        (code,) = re.findall(rf"^ *```{language}\n(.*?)^ *```", page, re.DOTALL | re.M)
        (made / name).write_text(textwrap.dedent(code))
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    offline = ["--no-index", "--no-deps", "--no-build-isolation", "--target", target]
    subprocess.run([*pip, *offline, made], check=True)
    return target


@pytest.fixture
def server() -> Iterator[int]:
    """Sends four trades behind the number that it is asked for; closes amid the second of them."""
    listening = socket.create_server(("127.0.0.1", 0))
    trades = [json.dumps({"n": n, "symbol": "GOOG", "price": n / 2}) + "\n" for n in range(1, 5)]

    def serve() -> None:
        for connection_number in range(2):
            connection, _ = listening.accept()
            with connection, connection.makefile("rw") as stream:
                text = "".join(trades[int(stream.readline()) :])
                stream.write(text if connection_number else text[:50])
                stream.flush()
                if connection_number:
                    stream.readline()

    threading.Thread(target=serve, daemon=True).start()
    yield listening.getsockname()[1]
    listening.close()


def test_a_source_of_another_package_is_installed_and_published(
    mosquitto: Broker,
    start: Callable[..., Process],
    subscribe: Callable[..., Subscriber],
    package: Path,
    server: int,
) -> None:
    subscriber = subscribe(mosquitto.port)
    address = f"127.0.0.1:{server}"
    process = start(
        *("market-data", "live", "--lines", address, "--mqtt", mosquitto.url),
        env={"PYTHONPATH": str(package)},
    )
    process.wait_for(f"publishing the lines of {address} as lines to quotes")
    assert subscriber.await_count(4) == [
        {"sid": "GOOG", "quote": n / 2, "id": f"lines:GOOG:{n}"} for n in range(1, 5)
    ]
    process.wait_for("unavailable: it closed the connection; trying again")
    process.wait_for(f"the lines of {address} is back")


def test_an_entry_point_that_cannot_be_loaded_is_a_sentence(
    start: Callable[..., Process], package: Path
) -> None:
    (package / "tickwire_lines.py").write_text("import nowhere\n")
    process = start("market-data", "live", "--help", env={"PYTHONPATH": str(package)})
    assert process.wait() == 2
    assert "the entry point lines = tickwire_lines:KIND of tickwire.sources cannot be" in (
        process.output
    )
    assert "Traceback" not in process.output
