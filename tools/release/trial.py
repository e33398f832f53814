"""Whether what was built installs and runs where there is nothing of the repository."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tools.release.commands import elsewhere, run
from tools.release.errors import ReleaseError
from tools.release.packages import Packages


def try_packages(
    packages: Packages, version: str, pins: Path, folder: Path, say: Callable[[str], None]
) -> None:
    """Install each package in an environment of its own in `folder`, and run its commands.

    :param pins: the versions of the dependencies that were tested.
    :raises ReleaseError: if one does not install, does not run, or has another version.
    """
    environment = folder / "python"
    run(sys.executable, "-m", "venv", environment, folder=folder)
    pip = (environment / "bin/pip", "install", "--quiet", "--disable-pip-version-check")
    say(f"install {packages.wheel.name} with its backtest extra")
    run(*pip, "--constraint", pins, f"{packages.wheel}[backtest]", folder=folder)
    _try_python(environment, version, folder, say)
    say(f"install {packages.sdist.name} in its place")
    run(*pip, "--no-deps", "--force-reinstall", packages.sdist, folder=folder)
    _try_python(environment, version, folder, say)

    say(f"install {packages.tarball.name}")
    prefix = folder / "node"
    prefix.mkdir()
    quiet = ("--no-audit", "--no-fund", "--ignore-scripts")
    run("npm", "install", *quiet, "--prefix", prefix, packages.tarball, folder=folder)
    bridge = prefix / "node_modules/.bin/bridge-node"
    say("run bridge-node --version and bridge-node broker")
    _expect(version, run(bridge, "--version", folder=folder))
    _try_broker(bridge, folder)


def _try_python(environment: Path, version: str, folder: Path, say: Callable[[str], None]) -> None:
    say("run algo-service --version, algo-service backtest and market-data samples")
    _expect(version, run(environment / "bin/algo-service", "--version", folder=folder))
    backtest = ("backtest", "--algo", "sma_cross", "--data", "goog")
    _expect("Orders", run(environment / "bin/algo-service", *backtest, folder=folder))
    _expect("goog", run(environment / "bin/market-data", "samples", folder=folder))


def _expect(word: str, printed: str) -> None:
    if word not in printed:
        raise ReleaseError(f'"{word}" was expected, and this was printed: {printed.strip()}')


def _try_broker(bridge: Path, folder: Path) -> None:
    """Start the broker on a free port, and stop it once it listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    with subprocess.Popen(
        [bridge, "broker", "--port", port],
        cwd=folder,
        env=elsewhere(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as broker:
        assert broker.stdout
        printed = []
        for line in broker.stdout:
            printed.append(line)
            if "listening" in line:
                break
        broker.terminate()
        printed += broker.stdout
    if not any("listening" in line for line in printed) or broker.returncode != 0:
        raise ReleaseError(
            f"bridge-node broker ended with status {broker.returncode}:\n{''.join(printed)}"
        )
