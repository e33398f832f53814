"""What the README's first command shows: `make run`, and Ctrl-C."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable

from tests.processes import Process, free_port


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_make_run_shows_orders_for_goog_and_ctrl_c_ends_all_of_it(
    start: Callable[..., Process],
) -> None:
    ports = {name: free_port() for name in ("MQTT_PORT", "RPC_PORT", "HTTP_PORT")}
    run = start("make", "run", env={name: str(port) for name, port in ports.items()})
    run.wait_for(r"broker\.1 +\| .*it keeps nothing on disk", patience=120)
    run.wait_for(r'bridge\.1 +\| .*received .*"sid":"GOOG","quote":100\.335')
    run.wait_for(r"algo\.1 +\| buying [\d.]+ of GOOG", patience=60)
    run.wait_for(r'bridge\.1 +\| .*algo output .*"sid":"GOOG","side":"buy"')
    assert all(answers(port) for port in ports.values())
    # Ctrl-C reaches every process of the terminal's foreground group
    os.killpg(run.popen.pid, signal.SIGINT)
    run.wait()
    assert not any(answers(port) for port in ports.values())
    for part in ("broker", "algo", "bridge", "replay"):
        run.wait_for(rf"{part}\.1 stopped \(rc=0\)")
    assert "Traceback" not in run.output
