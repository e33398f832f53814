"""How commands reach a broker: TLS, passwords and prefixes, against a real mosquitto."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from algo_service.commands.main import cli as algo_service
from market_data import BrokerOptionError, PrefixError
from market_data.commands.main import main as market_data
from market_data.mqtt.address import read_prefix
from market_data.mqtt.options import taken_access
from tests.market_data.subscriber import Subscriber
from tests.support.brokers import MOSQUITTO, Broker
from tests.support.processes import Process
from tests.support.secured import ENCODED, PASSWORD, Certificates, TlsBroker

Start = Callable[..., Process]

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")

GIVEN_NONE = dict.fromkeys(["ca", "cert", "key", "username", "password_file", "prefix"])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Certificates that no broker needs."""
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def one(tmp_path: Path) -> Path:
    """A file with one quote."""
    path = tmp_path / "one.csv"
    path.write_text("date,symbol,price\n2020-01-01,A,1\n")
    return path


def replay(start: Start, file: Path, *options: object, **env: object) -> Process:
    variables = {f"MARKET_DATA_{name}": str(value) for name, value in env.items()}
    return start("market-data", "replay", file, "--max", *options, env=variables)


def test_tls_with_an_authority_of_ones_own_user_and_password_file(
    tmp_path: Path, start: Start, one: Path
) -> None:
    broker = TlsBroker(tmp_path, start)
    secret = tmp_path / "secret"
    secret.write_text(f"{PASSWORD}\r\nanother line\n")
    ca = broker.files.path("ca.crt")
    options = ["--mqtt", broker.url, "--ca", ca, "--username", "ann", "--password-file", secret]
    by_options = replay(start, one, *options)
    by_variables = replay(
        start, one, MQTT=broker.url, CA=ca, USERNAME="ann", PASSWORD_FILE=secret, CERT="", KEY=""
    )
    in_the_url = replay(
        start, one, "--ca", ca, MQTT=f"mqtts://ann:{ENCODED}@127.0.0.1:{broker.port}"
    )
    for process in (by_options, by_variables, in_the_url):
        # that nobody is subscribed tells that it was let in
        process.wait_for("nobody is subscribed to quotes")
        assert process.stop() == 0
        assert PASSWORD not in process.output
        assert ENCODED not in process.output
        assert "list of processes" not in process.output


def test_a_client_certificate_is_shown_to_the_broker(
    tmp_path: Path, start: Start, one: Path
) -> None:
    broker = TlsBroker(tmp_path, start, certificate=True)
    path = broker.files.path
    options = ["--mqtt", broker.url, "--ca", path("ca.crt")]
    with_it = replay(
        start, one, *options, "--cert", path("client.crt"), "--key", path("client.key")
    )
    with_it.wait_for("nobody is subscribed to quotes")
    without = replay(start, one, *options)
    assert without.wait() == 2
    assert "refused the connection: it requires a client certificate: --cert" in without.output


@pytest.mark.parametrize("option", [[], ["--ca", "other-ca.crt"]], ids=["the system's", "another"])
def test_a_broker_that_no_authority_vouches_for_is_refused_in_a_sentence(
    tmp_path: Path, start: Start, one: Path, option: list[str]
) -> None:
    broker = TlsBroker(tmp_path, start)
    options = [tmp_path / word if word.endswith(".crt") else word for word in option]
    process = replay(start, one, "--mqtt", broker.url, *options)
    assert process.wait() == 2
    assert f"the broker at {broker.url} cannot be trusted: no authority that we" in process.output
    assert "Traceback" not in process.output


def test_a_wrong_password_is_refused_in_a_sentence(tmp_path: Path, start: Start, one: Path) -> None:
    broker = TlsBroker(tmp_path, start)
    url = f"mqtts://ann:guess@127.0.0.1:{broker.port}"
    process = replay(start, one, "--mqtt", url, "--ca", broker.files.path("ca.crt"))
    assert process.wait() == 2
    assert "the password in --mqtt can be seen by everyone on this machine" in process.output
    assert "refused the connection: Not authorized" in process.output
    assert "guess" not in process.output


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"ca": "ca.crt"}, "--ca is for TLS, and mqtt://b:1883 has none; expected mqtts://"),
        ({"key": "client.key"}, "--key is for TLS, and mqtt://b:1883 has none"),
        ({"mqtt": "mqtts://b", "cert": "client.crt"}, "--cert needs --key"),
        ({"mqtt": "mqtts://b", "key": "client.key"}, "--key needs --cert"),
        ({"mqtt": "mqtts://b", "ca": "none.crt"}, "none.crt cannot be read: No such file"),
        ({"mqtt": "mqtts://b", "ca": "client.key"}, "client.key holds no certificate; expected a"),
        ({"mqtt": "mqtts://b", "ca": "binary"}, "binary holds no certificate; expected a certif"),
        ({"mqtt": "mqtts://b", "ca": "broken.crt"}, "broken.crt cannot be read: "),
        (
            {"mqtt": "mqtts://b", "cert": "client.crt", "key": "client.crt"},
            "client.crt holds no private key; expected a private key as PEM",
        ),
        (
            {"mqtt": "mqtts://b", "cert": "client.crt", "key": "server.key"},
            "server.key does not belong to --cert",
        ),
        (
            {"mqtt": "mqtts://b", "cert": "client.crt", "key": "encrypted.key"},
            "encrypted.key is encrypted; expected a key without a passphrase",
        ),
        ({"mqtt": "mqtt://u@b", "username": "v"}, "--username and a user in the URL: give one"),
        (
            {"mqtt": "mqtt://u:hush@b", "password_file": "word"},
            "--password-file and a password in the URL: give one of them",
        ),
        ({"password_file": "word"}, "--password-file needs --username, or a user in the URL"),
        ({"username": "u", "password_file": "empty"}, "empty has an empty first line"),
        ({"username": "u", "password_file": "none"}, "none cannot be read: No such file"),
        ({"username": "u", "password_file": "binary"}, "binary is not UTF-8"),
    ],
)
def test_options_that_do_not_fit_are_refused_in_a_sentence(
    files: Certificates, given: dict[str, str], sentence: str
) -> None:
    files.path("word").write_text("hush\n")
    files.path("broken.crt").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n")
    paths = {"ca", "cert", "key", "password_file"}
    options = {k: str(files.path(v)) if k in paths else v for k, v in given.items()}
    with pytest.raises(BrokerOptionError) as caught:
        taken_access({"mqtt": "mqtt://b", **GIVEN_NONE, **options})
    assert sentence in str(caught.value)
    assert "hush" not in str(caught.value)


def test_every_command_that_reaches_a_broker_has_all_of_the_options() -> None:
    """A command takes all of them on the command line, and all from the environment."""
    found: dict[str, dict[str, object]] = {}
    for program, beginning in ((algo_service, "ALGO_SERVICE"), (market_data, "MARKET_DATA")):
        for name, command in program.commands.items():
            variables = {each.name: each.envvar for each in command.params}
            if url := {"mqtt", "announce"} & variables.keys():
                found[name] = {each: variables.get(each) for each in (*url, *GIVEN_NONE)}
                assert found[name] == {each: f"{beginning}_{each.upper()}" for each in found[name]}
    known = "serve algos watch notify halt resume reset flatten record replay indicators bars live"
    assert set(known.split()) == found.keys()


@pytest.mark.parametrize("text", ["site1", "site1/"])
def test_a_prefix_means_the_same_with_and_without_its_slash(text: str) -> None:
    assert read_prefix(text) == "site1/"


@pytest.mark.parametrize("text", ["a/+", "#", "$SYS/", "/a", "a\0"])
def test_a_prefix_that_no_topic_can_begin_with_is_refused(text: str) -> None:
    with pytest.raises(PrefixError, match="--prefix is"):
        read_prefix(text)


def test_with_a_prefix_quotes_are_published_below_it(
    mosquitto: Broker,
    start: Start,
    one: Path,
    tmp_path: Path,
    subscribe: Callable[..., Subscriber],
) -> None:
    """With a prefix quotes are published below it and the state keeps the topic."""
    subscriber = subscribe(mosquitto.port, "site1/quotes")
    state = tmp_path / "state.json"
    process = replay(
        start, one, "--mqtt", mosquitto.url, "--prefix", "site1", "--state", state, "--run", "r"
    )
    assert process.wait() == 0
    assert [message["id"] for message in subscriber.await_count(1)] == ["one:r:1"]
    assert '"topic": "quotes"' in state.read_text()
    assert f"to site1/quotes on {mosquitto.url}" in process.output
