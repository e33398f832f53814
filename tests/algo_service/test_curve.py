"""CURVE: the RPC is encrypted, and both sides are known by their keys."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zerorpc
import zmq
from click.testing import CliRunner

from algo_service.backtest.remote import RemoteBackend
from algo_service.commands.main import cli
from algo_service.errors import AddressError, CurveError, TraceError
from algo_service.rpc.client import Client
from algo_service.rpc.curve import keys
from algo_service.rpc.curve.keys import ClientKeys, read_client_keys, read_server_keys
from algo_service.rpc.curve.refusals import MAX_LINES, PERIOD, Refusals
from algo_service.trace.command import of_service
from tests.algo_service.conftest import Service
from tests.support.processes import BIN, eventually, free_port

Serve = Callable[..., Service]

# the connection may have ended before it could be looked at
_WITHOUT_KEYS = r"refused a client from (127\.0\.0\.1|an unknown address): it .*needs --curve-keys$"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Keys of a service, and of a client `bridge` that it admits."""
    keys.init(tmp_path / "keys")
    keys.add(tmp_path / "keys", "bridge")
    return tmp_path / "keys"


@pytest.fixture
def bridge(folder: Path) -> ClientKeys:
    return read_client_keys(folder / "bridge")


@pytest.fixture
def stranger(folder: Path, tmp_path: Path) -> ClientKeys:
    """A client that knows the service, which does not know it."""
    keys.init(tmp_path / "other")
    made = keys.add(tmp_path / "other", "stranger")
    (made / "server.key").write_text((folder / "server" / "server.key").read_text())
    return read_client_keys(made)


@pytest.fixture
def connect() -> Iterator[Callable[..., Client]]:
    """Connects clients, and closes them after the test."""
    clients: list[Client] = []

    def connecter(service: Service | str, own: ClientKeys | None) -> Client:
        address = service if isinstance(service, str) else service.address
        clients.append(Client(address, own, timeout=60))
        return clients[-1]

    yield connecter
    for client in clients:
        client.close()


def run(*words: object) -> subprocess.CompletedProcess[str]:
    command = [str(BIN / str(words[0])), *map(str, words[1:])]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_a_client_whose_key_it_has_is_served(
    serve: Serve, folder: Path, bridge: ClientKeys, connect: Callable[..., Client]
) -> None:
    service = serve("--curve-keys", folder / "server")
    client = connect(service, bridge)
    assert client.initialize({}) == ["quotes"]
    assert client.snapshot()["algo"] == "random"
    service.process.wait_for("^admitted the client bridge from 127.0.0.1")


def test_one_without_a_key_gets_nothing_and_the_log_says_so(
    serve: Serve, folder: Path, connect: Callable[..., Client]
) -> None:
    service = serve("--curve-keys", folder / "server")
    with pytest.raises(CurveError, match="requires CURVE: give --curve-keys DIR"):
        connect(service, None)
    service.process.wait_for(_WITHOUT_KEYS)


def test_a_stock_client_without_a_key_is_never_answered(serve: Serve, folder: Path) -> None:
    service = serve("--curve-keys", folder / "server")
    client = zerorpc.Client(service.address, timeout=3)
    with pytest.raises((zerorpc.TimeoutExpired, zerorpc.LostRemote)):
        client.snapshot()
    client.close()
    service.process.wait_for(_WITHOUT_KEYS)


def test_a_stranger_gets_nothing_and_the_log_has_its_address_and_public_key(
    serve: Serve, folder: Path, stranger: ClientKeys, connect: Callable[..., Client]
) -> None:
    """A stranger's key is refused, and the log names its address and that key."""
    service = serve("--curve-keys", folder / "server")
    public = re.escape(stranger.public.decode())
    with pytest.raises(CurveError, match=f"does not admit this client by CURVE: .* {public}$"):
        connect(service, stranger)
    service.process.wait_for(rf"refused a client from 127\.0\.0\.1: its public key {public} is not")
    secrets = [stranger.secret, read_server_keys(folder / "server").secret]
    assert not any(secret.decode() in service.process.output for secret in secrets)


def test_a_service_with_another_key_than_expected_gets_nothing(
    serve: Serve, folder: Path, tmp_path: Path, connect: Callable[..., Client]
) -> None:
    service = serve("--curve-keys", folder / "server")
    keys.init(tmp_path / "other")
    own = read_client_keys(keys.add(tmp_path / "other", "bridge"))
    with pytest.raises(CurveError, match=r"server\.key is probably the key of another server$"):
        connect(service, own)
    service.process.wait_for("it has the server.key of another server")


def test_with_keys_nothing_is_sent_to_a_service_without(
    serve: Serve, bridge: ClientKeys, connect: Callable[..., Client]
) -> None:
    with pytest.raises(CurveError, match="does not speak CURVE, and nothing is sent in the clear"):
        connect(serve(), bridge)


def test_where_nobody_listens_no_key_is_blamed(
    bridge: ClientKeys, connect: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("algo_service.rpc.client.PATIENCE", 0.3)
    with pytest.raises(AddressError, match=r"^no service answers at"):
        connect(f"tcp://127.0.0.1:{free_port()}", bridge)


def test_a_client_that_is_added_is_admitted_without_a_restart(
    serve: Serve, folder: Path, connect: Callable[..., Client]
) -> None:
    service = serve("--curve-keys", folder / "server")
    assert keys.add(folder, "ann") == folder / "ann"
    client = connect(service, read_client_keys(folder / "ann"))
    assert client.snapshot()["algo"] == "random"
    service.process.wait_for("^admitted the client ann from")


def test_a_client_that_is_removed_gets_nothing_more_on_the_connection_that_it_has(
    serve: Serve, folder: Path, bridge: ClientKeys, connect: Callable[..., Client]
) -> None:
    service = serve("--curve-keys", folder / "server")
    keys.add(folder, "ann")
    ann = connect(service, read_client_keys(folder / "ann"))
    other = connect(service, bridge)
    assert ann.snapshot() == other.snapshot()
    (folder / "server" / "clients" / "ann.key").unlink()
    service.process.wait_for("the client ann is no longer admitted$")
    with pytest.raises((zerorpc.TimeoutExpired, zerorpc.LostRemote)):
        ann("snapshot", timeout=2)
    public = re.escape(read_client_keys(folder / "ann").public.decode())
    service.process.wait_for(f"refused a client from 127.0.0.1: its public key {public} is not in")
    assert other.snapshot()["algo"] == "random"
    with pytest.raises(CurveError, match="does not admit this client"):
        connect(service, read_client_keys(folder / "ann"))


def test_a_file_that_holds_no_key_admits_nobody_and_ends_nothing(
    serve: Serve, folder: Path, bridge: ClientKeys, connect: Callable[..., Client]
) -> None:
    clients = folder / "server" / "clients"
    (clients / "broken.key").write_text("public-key = *\n")
    service = serve("--curve-keys", folder / "server")
    service.process.wait_for(r"it admits nobody: the public key in .*broken\.key is none")
    assert connect(service, bridge).snapshot()["algo"] == "random"


def test_a_service_that_admits_nobody_says_so(serve: Serve, tmp_path: Path) -> None:
    service = serve("--curve-keys", keys.init(tmp_path / "keys"))
    service.process.wait_for("no client is admitted: .*clients has no key; `algo-service keys add`")


def test_the_commands_take_the_keys(serve: Serve, folder: Path, tmp_path: Path) -> None:
    """Trace, backtest and zerorpc reach a service by its keys."""
    own = ("--curve-keys", str(folder / "bridge"))
    address = serve("--curve-keys", folder / "server").address
    assert run("zerorpc", *own, address, "_zerorpc_name").stdout == "'random'\n"
    refused = run("zerorpc", *own, "--server", "--bind", address, "json")
    assert refused.stderr.endswith("--server would serve in the clear\n")
    told = CliRunner().invoke(cli, ["backtest", "--data", "goog", "--rpc", address, *own, "--json"])
    assert json.loads(told.stdout)["quotes"] == 2148
    journal = serve("--curve-keys", folder / "server", "--journal", tmp_path / "a.db").address
    with pytest.raises(TraceError, match="goog:1"):
        of_service(journal, "goog:1", read_client_keys(folder / "bridge"))
    for words in (["trace", "1", "--journal", "a.db"], ["backtest", "--data", "goog"]):
        refusal = CliRunner().invoke(cli, [*words, *own]).exception
        assert "--curve-keys is for the service at --rpc: give that, too" in str(refusal)


def test_a_client_comes_back_after_a_restart_of_the_service(
    serve: Serve, folder: Path, bridge: ClientKeys, connect: Callable[..., Client]
) -> None:
    service = serve("--curve-keys", folder / "server")
    client = connect(service, bridge)
    client.initialize({})
    service.process.kill()
    again = serve("--curve-keys", folder / "server", address=service.address)
    again.process.wait_for("^admitted the client bridge from")
    assert client.snapshot()["algo"] == "random"


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_secret_that_others_may_read_is_refused(folder: Path, mode: int) -> None:
    for part, read in (("server", read_server_keys), ("bridge", read_client_keys)):
        (file,) = (folder / part).glob("*.key_secret")
        assert file.stat().st_mode & 0o777 == 0o600
        file.chmod(mode)
        sentence = f"others than its owner may read it .mode 0{mode:o}.: chmod 600 {file}$"
        with pytest.raises(CurveError, match=sentence):
            read(folder / part)


def test_keys_that_cannot_be_used_are_named(folder: Path, tmp_path: Path) -> None:
    sentences = {
        tmp_path / "nowhere": "there is no such folder",
        folder / "bridge": "a server needs server.key_secret, and there is client.key, client.key_",
    }
    for path, sentence in sentences.items():
        with pytest.raises(CurveError, match=sentence):
            read_server_keys(path)
    with pytest.raises(
        CurveError, match=r"a client needs client\.key_secret, and there is clients,"
    ):
        read_client_keys(folder / "server")
    secret = folder / "bridge" / "client.key_secret"
    before = secret.read_text()
    other = zmq.curve_keypair()[1].decode()
    for text, sentence in {
        "curve\n": "client.key_secret holds no public key",
        before.replace("secret-key", "secret"): "holds no secret key",
        re.sub('secret-key = ".*"', f'secret-key = "{other}"', before): "is not that of its secret",
        re.sub('secret-key = ".*"', 'secret-key = "short"', before): "a key has 40 characters",
    }.items():
        secret.write_text(text)
        with pytest.raises(CurveError, match=sentence) as raised:
            read_client_keys(folder / "bridge")
        assert other not in str(raised.value)
    shown = repr(read_server_keys(folder / "server"))
    assert read_server_keys(folder / "server").secret.decode() not in shown


def test_keys_are_made_once_and_by_names_that_are_files(folder: Path) -> None:
    for words, sentence in {
        ("init", folder): "is there already",
        ("add", folder, "bridge"): "is there already",
        ("add", folder, "../x"): "cannot be the name of a client",
        ("add", folder, "server"): "cannot be the name of a client",
        ("add", folder / "bridge", "x"): "bridge/server: `algo-service keys init ",
    }.items():
        ended = CliRunner().invoke(cli, ["keys", *map(str, words)])
        assert isinstance(ended.exception, CurveError)
        assert sentence in str(ended.exception)
    made = CliRunner().invoke(cli, ["keys", "add", str(folder), "ann"])
    assert f"made {folder / 'ann'}, for --curve-keys {folder / 'ann'}" in made.stdout
    assert {path.stat().st_mode & 0o777 for path in (folder, folder / "ann")} == {0o700}


def test_whoever_tries_again_and_again_does_not_fill_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = 0.0
    refusals = Refusals(lambda: now)
    for n in range(1000):
        refusals.note("the same")
        refusals.note(f"another {n}")
    assert len(caplog.records) == MAX_LINES
    now += PERIOD
    refusals.note("the same")
    assert [each.getMessage() for each in caplog.records[MAX_LINES:]] == [
        f"refused {2000 - MAX_LINES:,} more clients in the last minutes".replace(",", ""),
        "the same",
    ]


def test_a_backend_of_a_backtest_is_refused_before_anything_is_sent(
    serve: Serve, folder: Path
) -> None:
    service = serve("--curve-keys", folder / "server")
    with pytest.raises(CurveError, match="requires CURVE"):
        RemoteBackend(service.address, {}, fresh=True)
    eventually(lambda: "needs --curve-keys" in service.process.output, "the line of the refusal")
