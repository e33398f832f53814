"""`algo-service halt` and the others, with real brokers and someone who replies."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from paho.mqtt.publish import single
from paho.mqtt.reasoncodes import ReasonCode

from algo_service.errors import OperatorError
from algo_service.operator.client import Client
from algo_service.operator.command import command
from algo_service.operator.reply import Reply
from market_data import BrokerAccess, Stop
from tests.support.brokers import MOSQUITTO, Broker
from tests.support.processes import PATIENCE, Process, eventually, free_port
from tests.support.replier import Replier
from tests.support.secured import PASSWORD, TlsBroker

Start = Callable[..., Process]
Replies = Callable[..., Replier]


@pytest.fixture
def replies() -> Iterator[Replies]:
    """Makes those who reply; they end with the test."""
    made: list[Replier] = []

    def make(port: int, *answers: Any, **options: Any) -> Replier:
        made.append(Replier(port, *answers, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def ask(start: Start, url: str, *words: object, **settings: Any) -> Process:
    return start("algo-service", *words, "--mqtt", url, **settings)


def test_a_halt_is_published_and_its_reply_printed(
    broker: Broker, start: Start, replies: Replies
) -> None:
    replier = replies(broker.port, {"outcome": "done", "text": "buying is halted"})
    asking = ask(start, broker.url, "halt", "random", "--reason", "news", "--by", "Ann")
    assert asking.wait() == 0
    assert asking.output == "buying is halted"
    ((topic, asked),) = replier.asked
    assert topic == "commands/random"
    assert {**asked, "id": "", "ts": ""} == {
        "command": "halt",
        "id": "",
        "by": "Ann",
        "reason": "news",
        "ts": "",
    }


def test_a_name_with_a_space_and_a_percent_sign_is_one_encoded_level(
    mosquitto: Broker, start: Start, replies: Replies
) -> None:
    replier = replies(mosquitto.port, {"outcome": "done", "text": "buying is halted"})
    asking = ask(start, mosquitto.url, "halt", "my 50%")
    assert asking.wait() == 0, asking.output
    assert replier.asked[0][0] == "commands/my%2050%25"


@pytest.mark.parametrize("verb", ["resume", "reset"])
def test_what_changes_nothing_is_no_failure(
    mosquitto: Broker, start: Start, replies: Replies, verb: str
) -> None:
    replier = replies(mosquitto.port, {"outcome": "unchanged", "text": "nothing to do"})
    asking = ask(start, mosquitto.url, verb, "random")
    assert asking.wait() == 0
    assert asking.output == "nothing to do"
    assert replier.asked[0][1]["command"] == verb


def test_the_sales_that_wait_after_a_flatten_have_a_line_each(
    mosquitto: Broker, start: Start, replies: Replies
) -> None:
    waiting = [
        {"order_id": f"random:commands/random:1:{n}", "sid": sid, "quantity": quantity}
        for n, (sid, quantity) in enumerate([("GOOG", 3.579710144927536), ("AAPL", 12.0)])
    ]
    replies(mosquitto.port, {"outcome": "done", "text": "it sells all", "waiting": waiting})
    asking = ask(start, mosquitto.url, "flatten", "random")
    assert asking.wait() == 0
    assert asking.output.splitlines() == [
        "it sells all",
        "waits: sell 3.5797 of GOOG at its next quote (random:commands/random:1:0)",
        "waits: sell 12 of AAPL at its next quote (random:commands/random:1:1)",
    ]


def test_a_refused_command_ends_with_its_sentence_and_status_2(
    mosquitto: Broker, start: Start, replies: Replies
) -> None:
    replies(mosquitto.port, {"outcome": "refused", "text": "it takes no flatten"})
    asking = ask(start, mosquitto.url, "flatten", "random")
    assert asking.wait() == 2
    assert asking.output == "algo-service: it takes no flatten"


def test_replies_to_others_and_what_is_none_are_passed_over(
    mosquitto: Broker, start: Start, replies: Replies
) -> None:
    replies(
        mosquitto.port,
        {"id": "another", "outcome": "refused", "text": "to another"},
        b"\xff no JSON",
        b"[1]",
        {"outcome": "perhaps", "text": "of no known outcome"},
        {"outcome": "done", "text": "\x1b[2J to this one"},
    )
    asking = ask(start, mosquitto.url, "halt", "random")
    assert asking.wait() == 0
    assert asking.output == "\N{REPLACEMENT CHARACTER}[2J to this one"


def test_a_command_that_nobody_receives_names_those_who_would(
    mosquitto: Broker, start: Start
) -> None:
    asking = ask(start, mosquitto.url, "halt", "random")
    assert asking.wait() == 2
    assert asking.output == (
        "algo-service: nobody has the halt: no bridge has served random at the broker at"
        f" {mosquitto.url}; topics below a prefix need --prefix"
    )
    single("bridges/my%20random", b"{}", qos=1, retain=True, port=mosquitto.port)
    asking = ask(start, mosquitto.url, "halt", "my rando")
    assert asking.wait() == 2
    assert asking.output.endswith(f' {mosquitto.url}: did you mean "my random"?')


def test_a_reply_that_was_missed_comes_again_with_the_same_command(
    mosquitto: Broker, replies: Replies
) -> None:
    replier = replies(mosquitto.port)
    asked = command("halt", "random", None, None)
    client = Client(BrokerAccess.parse(mosquitto.url), asked, lambda: 0.0)  # no time passes
    stop = Stop()
    with ThreadPoolExecutor(1) as other, contextlib.ExitStack() as at_the_end:
        at_the_end.callback(stop.request)
        asking = other.submit(client.ask, stop)
        replier.await_asked(1)
        mosquitto.process.kill()
        mosquitto.start()
        replier.answers = [{"outcome": "done", "text": "buying is halted"}]
        assert asking.result(PATIENCE) == Reply("done", "buying is halted", ())
    first, *others = replier.asked
    assert others
    assert all(other == first for other in others)


class ToldOf(Client):
    """Puts each confirmation of the broker into a queue."""

    def __init__(self, *args: Any):
        super().__init__(*args)
        self.codes: SimpleQueue[int] = SimpleQueue()

    def _confirmed(self, mid: int, code: ReasonCode) -> None:
        super()._confirmed(mid, code)
        self.codes.put(code.value)


def test_a_command_that_may_have_been_received_is_published_until_it_is_again(
    mosquitto: Broker, replies: Replies
) -> None:
    """The broker has lost its sessions, and the bridge may still be on its way back."""
    replier = replies(mosquitto.port)
    asked = command("flatten", "random", None, None)
    client = ToldOf(BrokerAccess.parse(mosquitto.url), asked, lambda: 0.0)
    stop = Stop()
    with ThreadPoolExecutor(1) as other, contextlib.ExitStack() as at_the_end:
        at_the_end.callback(stop.request)
        asking = other.submit(client.ask, stop)
        replier.await_asked(1)
        assert client.codes.get(timeout=PATIENCE) == 0
        replier.close()
        mosquitto.process.kill()
        mosquitto.start()
        no_matching_subscribers = 0x10
        # it may have published once more before the broker was killed
        while (code := client.codes.get(timeout=PATIENCE)) == 0:
            pass
        assert code == no_matching_subscribers
        replies(mosquitto.port, {"outcome": "done", "text": "it sells all"})
        assert asking.result(PATIENCE) == Reply("done", "it sells all", ())


@pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")
def test_tls_password_and_prefix_are_those_of_every_command(
    tmp_path: Path, start: Start, replies: Replies
) -> None:
    broker = TlsBroker(tmp_path, start)
    secret = tmp_path / "secret"
    secret.write_text(PASSWORD)
    replier = replies(
        broker.open_port,
        {"outcome": "done", "text": "buying is halted"},
        prefix="site1/",
    )
    options = ("--ca", broker.files.path("ca.crt"), "--username", "ann", "--password-file", secret)
    asking = ask(start, broker.url, "halt", "random", *options, "--prefix", "site1")
    assert asking.wait() == 0, asking.output
    assert replier.asked[0][0] == "site1/commands/random"


class Hours:
    """A clock on which an hour passes between two looks, once `passing` is set."""

    def __init__(self) -> None:
        self.passing = False
        self._seconds = 0.0

    def __call__(self) -> float:
        self._seconds += 3600 * self.passing
        return self._seconds


@pytest.mark.parametrize(
    ("verb", "sentence"),
    [
        (
            "halt",
            "no reply within 10 s: no bridge serves random now. If one has served it, the broker"
            " keeps the halt for its bridge, and it takes effect when bridge and algorithm are"
            " back. replies/random has its reply, with the id ",
        ),
        (
            "flatten",
            "no reply within 60 s: the broker has the flatten; it is refused 60 s after it was"
            " published. replies/random has its reply, with the id ",
        ),
    ],
)
def test_without_a_reply_it_says_what_is_known(
    embedded: Broker, replies: Replies, verb: Any, sentence: str
) -> None:
    hours = Hours()
    replier = replies(embedded.port, then=lambda: setattr(hours, "passing", True))
    asked = command(verb, "random", None, None)
    with pytest.raises(OperatorError) as failure:
        Client(BrokerAccess.parse(embedded.url), asked, hours).ask(Stop())
    assert str(failure.value).startswith(sentence)
    assert json.loads(asked.payload(datetime.now(UTC)))["id"] == replier.asked[0][1]["id"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("random", "no reply within 10 s: the broker keeps the halt for its bridge, and it"),
        ("rnadom", 'no reply within 10 s: no bridge serves rnadom now: did you mean "random"? If'),
    ],
)
def test_without_a_reply_it_says_whether_a_bridge_serves_the_algorithm(
    embedded: Broker, replies: Replies, name: str, sentence: str
) -> None:
    """Brokers for MQTT 3.1.1 do not tell that nobody receives a command."""
    single("bridges/random", b"{}", qos=1, retain=True, port=embedded.port)
    hours = Hours()
    asked = command("halt", name, None, None)
    client = Client(BrokerAccess.parse(embedded.url), asked, hours)

    def pass_time() -> None:
        eventually(lambda: client._served, "the claim that the broker retains")
        hours.passing = True

    replies(embedded.port, then=pass_time)
    with pytest.raises(OperatorError) as failure:
        client.ask(Stop())
    assert str(failure.value).startswith(sentence)


def test_without_a_broker_nothing_was_published() -> None:
    url = f"mqtt://127.0.0.1:{free_port()}"
    hours = Hours()
    hours.passing = True
    with pytest.raises(OperatorError) as failure:
        Client(BrokerAccess.parse(url), command("halt", "random", None, None), hours).ask(Stop())
    assert str(failure.value) == (
        f"the broker at {url} is unavailable (Connection refused): the halt was not published"
    )


def test_ctrl_c_says_what_is_known_as_well(
    embedded: Broker, start: Start, replies: Replies
) -> None:
    replier = replies(embedded.port)
    asking = ask(start, embedded.url, "halt", "random")
    replier.await_asked(1)
    assert asking.stop() == 2
    assert asking.output.startswith("algo-service: ended before a reply came: ")
