"""A service that listens beyond its machine without CURVE says so."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from algo_service.rpc import exposure
from algo_service.rpc.exposure import is_exposed, warn_if_exposed


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("tcp://127.0.0.1:4242", False),
        ("tcp://127.8.0.1:4242", False),
        ("tcp://localhost:4242", False),
        ("tcp://[::1]:4242", False),
        ("tcp://lo:4242", False),
        ("ipc:///run/algo", False),
        ("tcp://0.0.0.0:4242", True),
        ("tcp://*:4242", True),
        ("tcp://[::]:4242", True),
        ("tcp://192.0.2.7:4242", True),
        ("tcp://eth0:4242", True),
    ],
)
def test_it_is_known_whether_others_reach_an_address(address: str, expected: bool) -> None:
    assert is_exposed(address) == expected


@pytest.mark.parametrize("in_container", [False, True])
def test_it_is_a_warning_but_in_a_container(
    in_container: bool,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is a warning, but in a container, where the network decides, a notice."""
    marker = tmp_path / "marker"
    if in_container:
        marker.touch()
    monkeypatch.setattr(exposure, "_CONTAINER", (marker,))
    caplog.set_level(logging.INFO)
    warn_if_exposed("tcp://127.0.0.1:4242")
    assert caplog.records == []
    warn_if_exposed("tcp://0.0.0.0:4242")
    (record,) = caplog.records
    assert record.levelname == ("INFO" if in_container else "WARNING")
    assert "whoever reaches tcp://0.0.0.0:4242 can give this service quotes" in record.message
