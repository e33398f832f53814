"""The code of docs/how-to/curve.md, for Python's own `zerorpc`, works with ours in both roles."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from algo_service.errors import CurveError
from algo_service.rpc.client import Client
from algo_service.rpc.curve import keys
from algo_service.rpc.curve.keys import read_client_keys
from tests.algo_service.conftest import Service
from tests.support.processes import ROOT, Process, free_port

PAGE = (ROOT / "docs" / "how-to" / "curve.md").read_text()
ALGORITHM = """
class Algorithm:
    def initialize(self, params):
        return ["quotes"]

    def event(self, quote):
        return None

"""


@pytest.fixture
def code(tmp_path: Path) -> Callable[[int, str], Path]:
    """Writes a block of the page, with an address in place of its own, beside keys."""
    keys.init(tmp_path / "keys")
    keys.add(tmp_path / "keys", "bridge")

    def writer(n: int, address: str) -> Path:
        block = re.findall("```python\n(.*?)```", PAGE, re.DOTALL)[n]
        assert "tcp://127.0.0.1:4242" in block
        file = tmp_path / f"block{n}.py"
        file.write_text(ALGORITHM + block.replace("tcp://127.0.0.1:4242", address))
        return file

    return writer


def test_a_stock_client_is_served(
    serve: Callable[..., Service],
    code: Callable[[int, str], Path],
    start: Callable[..., Process],
    tmp_path: Path,
) -> None:
    address = serve("--curve-keys", tmp_path / "keys" / "server").address
    start(sys.executable, code(0, address), cwd=tmp_path).wait_for("^random$")


def test_a_stock_server_serves_those_whose_keys_it_has(
    code: Callable[[int, str], Path], start: Callable[..., Process], tmp_path: Path
) -> None:
    address = f"tcp://127.0.0.1:{free_port()}"
    server = start(sys.executable, code(1, address), cwd=tmp_path)
    own = read_client_keys(tmp_path / "keys" / "bridge")
    client = Client(address, own, timeout=60)
    assert client.initialize({}) == ["quotes"]
    client.close()
    keys.init(tmp_path / "other")
    stranger = keys.add(tmp_path / "other", "stranger")
    (stranger / "server.key").write_text((tmp_path / "keys/server/server.key").read_text())
    with pytest.raises(CurveError, match="does not admit this client by CURVE"):
        Client(address, read_client_keys(stranger), timeout=60)
    with pytest.raises(CurveError, match="requires CURVE"):
        Client(address, None, timeout=60)
    server.end()
