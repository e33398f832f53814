"""The ports of `make run`: all are checked before anything starts."""

from __future__ import annotations

import os
import re
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.support.processes import ROOT, free_port
from tools.run.ports import DEFAULTS, PortError, read, reserve


@pytest.fixture(autouse=True)
def _own_folder_of_locks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def free_ports() -> dict[str, int]:
    return {name: free_port() for name in DEFAULTS}


def test_a_variable_that_is_not_set_or_empty_has_its_default() -> None:
    assert read({}) == read({"MQTT_PORT": ""}) == DEFAULTS
    assert read({"HTTP_PORT": "81"}) == {**DEFAULTS, "HTTP_PORT": 81}


@pytest.mark.parametrize("text", ["x", "0", "65536", "-1", "80a", "1.5", " ", "٤٢"])
def test_what_is_no_port_is_refused_with_the_name_of_its_variable(text: str) -> None:
    with pytest.raises(PortError) as refused:
        read({"RPC_PORT": text})
    assert str(refused.value) == (
        f'RPC_PORT is "{text}": a port is a whole number from 1 to 65535, such as RPC_PORT=4242'
    )


def test_two_ports_that_are_the_same_are_refused() -> None:
    with pytest.raises(PortError) as refused:
        read({"MQTT_PORT": "9000", "HTTP_PORT": "9000"})
    assert re.fullmatch(
        "MQTT_PORT and HTTP_PORT are both 9000, and each needs a port of its own:"
        r" MQTT_PORT=9000 HTTP_PORT=90\d\d make run",
        str(refused.value),
    )


def test_a_port_in_use_is_named_with_a_command_that_works() -> None:
    ports = free_ports()
    with socket.create_server(("127.0.0.1", ports["RPC_PORT"])):
        with pytest.raises(PortError) as refused:
            reserve(ports)
        reason, command = str(refused.value).split(": ")
        assert reason == f"port {ports['RPC_PORT']} is in use, perhaps by another run"
        words = dict(word.split("=") for word in command.removesuffix(" make run").split())
        assert words["MQTT_PORT"] == str(ports["MQTT_PORT"])  # as it was given
        with reserve(read(words)):
            pass


def test_all_ports_in_use_are_named_at_once() -> None:
    ports = free_ports()
    with reserve(ports), pytest.raises(PortError) as refused:
        reserve(ports)
    one, two, three = ports.values()
    assert str(refused.value).startswith(
        f"ports {one}, {two} and {three} are in use, perhaps by another run: MQTT_PORT="
    )
    suggested = re.findall(r"_PORT=(\d+)", str(refused.value))
    assert len({*suggested, *map(str, ports.values())}) == 6


def test_a_port_that_is_listened_at_on_all_interfaces_is_in_use() -> None:
    ports = free_ports()
    with (
        socket.create_server(("0.0.0.0", ports["MQTT_PORT"])),
        pytest.raises(PortError, match="is in use"),
    ):
        reserve(ports)


def test_a_run_that_gets_no_port_reserves_none() -> None:
    first, shared, second = free_ports(), free_port(), free_ports()
    with reserve({**first, "HTTP_PORT": shared}):
        with pytest.raises(PortError):
            reserve({**second, "MQTT_PORT": shared})
        with reserve(second):
            pass


def test_reserved_ports_are_free_again_after_the_end() -> None:
    ports = free_ports()
    for _ in range(2):
        with reserve(ports):
            pass


def test_other_users_can_use_the_files_of_the_locks(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        with reserve(free_ports()):
            modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("*.lock")}
    finally:
        os.umask(before)
    assert modes == {0o666}


def test_a_folder_without_room_for_locks_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "tickwire-run-start.lock").symlink_to("/etc/passwd")
    with pytest.raises(PortError, match=r"cannot reserve ports: .*start\.lock: "):
        reserve(free_ports())


def test_of_several_that_start_at_the_same_moment_one_gets_the_ports(tmp_path: Path) -> None:
    ports = free_ports()
    code = (
        "import sys, tempfile; from tools.run.ports import PortError, reserve\n"
        f"tempfile.tempdir = {str(tmp_path)!r}\n"
        "print('here', flush=True); sys.stdin.readline()\n"
        "try: locks = reserve(" + repr(ports) + "); print('reserved', flush=True)\n"
        "except PortError as error: print(error, flush=True)\n"
        "sys.stdin.readline()\n"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(8)
    ]
    for go in range(2):
        said = [each.stdout.readline() for each in running]  # type: ignore[union-attr]
        if go == 0:
            assert said == ["here\n"] * 8
            for each in running:
                each.stdin.write("\n")  # type: ignore[union-attr]
                each.stdin.flush()  # type: ignore[union-attr]
    assert said.count("reserved\n") == 1
    assert sum("are in use, perhaps by another run" in line for line in said) == 7
    for each in running:
        each.communicate("\n")
