"""The state of a replay: what the file holds, and how a run is continued with it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from market_data import Cursor, Mark, State, read_state
from market_data.commands.main import main
from tests.market_data.subscriber import Subscriber
from tests.support.brokers import Broker
from tests.support.processes import Process, eventually

Start = Callable[..., Process]
Subscribe = Callable[..., Subscriber]

FIELDS: dict[str, Any] = {
    "version": 1,
    "source": "goog",
    "topic": "quotes",
    "run": "r",
    "again_from": [1, 7],
    "confirmed": [1, 9],
    "complete": False,
}
DAMAGED = "it is not the state of a replay; expected a file of version 1"


def without(field: str) -> str:
    return json.dumps({name: value for name, value in FIELDS.items() if name != field})


def changed(**fields: object) -> str:
    return json.dumps({**FIELDS, **fields})


class Memory:
    """What a publisher remembers."""

    oldest: Mark | None = None
    latest: Mark | None = None


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a state may be; nothing is there yet."""
    return tmp_path / "replay.state"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", DAMAGED),
        ("{", DAMAGED),
        ("[]", DAMAGED),
        ("1", DAMAGED),
        ("[" * 100_000, DAMAGED),
        (b"\xff", DAMAGED),
        (without("version"), DAMAGED),
        (without("again_from"), DAMAGED),
        (changed(version=2), DAMAGED),
        (changed(more=1), DAMAGED),
        (changed(run=None), DAMAGED),
        (changed(complete=1), DAMAGED),
        (changed(again_from=None), DAMAGED),
        (changed(again_from=[1]), DAMAGED),
        (changed(again_from=[1, 0]), DAMAGED),
        (changed(again_from=[1, 1.5]), DAMAGED),
        (changed(confirmed=[1, True]), DAMAGED),
        (changed(source="other"), 'it is of the source "other"; expected "goog"'),
        (changed(topic="other"), 'it is of the topic "other"; expected "quotes"'),
        (changed(run="other"), 'it is of the run "other"; expected "r"'),
        (
            changed(again_from=[1, 2149]),
            "no quote from row 2149 on; expected the file that the run began with",
        ),
    ],
)
def test_a_state_that_is_no_help_is_a_sentence_and_stays_as_it_is(
    file: Path, content: str | bytes, sentence: str
) -> None:
    data = content if isinstance(content, bytes) else content.encode()
    file.write_bytes(data)
    result = CliRunner().invoke(main, ["replay", "goog", "--run", "r", "--state", str(file)])
    assert result.exit_code == 2
    assert sentence in result.output
    assert file.read_bytes() == data


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        (".", "Is a directory; expected a file that can be read"),
        ("missing/state", "No such file or directory; expected a file that can be written"),
    ],
)
def test_an_unusable_place_of_the_state_is_refused_before_connecting(
    tmp_path: Path, path: str, sentence: str
) -> None:
    """A place where no state can be is a sentence before anything is connected."""
    result = CliRunner().invoke(main, ["replay", "goog", "--state", str(tmp_path / path)])
    assert result.exit_code == 2
    assert result.output.endswith(f"Error: {tmp_path / path}: {sentence}\n")


def test_the_file_is_written_at_the_start_and_then_once_per_second(file: Path) -> None:
    now = 100.0
    memory = Memory()
    state = State("goog", "quotes", "r")
    cursor = Cursor(file, state, memory, lambda: now)

    def read() -> State | None:
        return read_state(file, "goog", "quotes", None)

    assert read() == state
    memory.oldest, memory.latest = Mark(1, 2), Mark(1, 5)
    now = 100.9
    cursor.advance()
    assert read() == state
    now = 101.0
    cursor.advance()
    state = state._replace(again_from=Mark(1, 2), confirmed=Mark(1, 5))
    assert read() == state
    memory.latest = Mark(2, 1)
    now = 101.9
    cursor.advance()
    assert read() == state
    cursor.save(complete=True)
    assert read() == state._replace(confirmed=Mark(2, 1), complete=True)
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_what_is_caught_up_with_is_no_step_back(file: Path) -> None:
    memory = Memory()
    state = State("goog", "quotes", "r", again_from=Mark(2, 7), confirmed=Mark(3, 9))
    cursor = Cursor(file, state, memory, lambda: 0.0)
    cursor.save()
    assert read_state(file, "goog", "quotes", "r") == state
    memory.oldest = memory.latest = Mark(2, 7)
    cursor.save()
    assert read_state(file, "goog", "quotes", "r") == state


def confirmed_row(file: Path) -> int:
    state = read_state(file, "goog", "quotes", None) if file.exists() else None
    return state.confirmed.row if state and state.confirmed else 0


def test_a_replay_that_is_killed_again_and_again_continues_its_run(
    mosquitto: Broker, start: Start, subscribe: Subscribe, file: Path
) -> None:
    subscriber = subscribe(mosquitto.port, "quotes", "one")
    command = ("market-data", "replay", "goog", "--rate", "400", "--state", file)

    def replay() -> Process:
        return start(*command, "--mqtt", mosquitto.url)

    process = replay()
    run = process.wait_for(" as run ").split(" as run ")[1].split()[0]
    # in the first second, and later, and long before its end
    for row in (1, 150, 300, 450):
        eventually(lambda row=row: len(subscriber.first_appearances()) >= row, f"row {row}")
        process.kill()
        process = replay()
        process.wait_for(
            rf"continuing run {run} from row \d+ of goog: 2148 quotes of GOOG, to quotes"
        )
    assert process.wait() == 0
    ids = [f"goog:{run}:{row}" for row in range(1, 2149)]
    eventually(lambda: len(subscriber.first_appearances()) >= 2148, "every row")
    assert subscriber.first_appearances() == ids
    assert confirmed_row(file) == 2148


def test_a_pass_of_a_loop_is_continued_after_what_was_confirmed(
    mosquitto: Broker, start: Start, subscribe: Subscribe, tmp_path: Path, file: Path
) -> None:
    """A pass of a loop is continued and what was confirmed comes at once."""
    source = tmp_path / "three.csv"
    source.write_text("date,symbol,price\n2020-01-01,A,1\n2020-01-02,A,2\n2020-01-03,A,3\n")
    fields = {"source": "three", "again_from": [2, 3], "confirmed": [4, 2]}
    file.write_text(changed(**fields))
    subscriber = subscribe(mosquitto.port)
    # the first one is due at once, the next one after a hundred seconds
    command = ("market-data", "replay", source, "--loop", "--rate", "0.01", "--state", file)
    process = start(*command, "--mqtt", mosquitto.url)
    process.wait_for(f"^continuing run r from row 3 of pass 2 of {source}, to quotes on ")
    ids = [message["id"] for message in subscriber.await_count(7)]
    expected = [(2, 3), (3, 1), (3, 2), (3, 3), (4, 1), (4, 2), (4, 3)]
    assert ids == [f"three:r.{number}:{row}" for number, row in expected]
    assert process.stop() == 0
    assert read_state(file, "three", "quotes", "r") == State(
        "three", "quotes", "r", Mark(2, 3), Mark(4, 3)
    )


def test_a_complete_run_is_published_again_where_it_may_be_forgotten(
    mosquitto: Broker, start: Start, subscribe: Subscribe, file: Path
) -> None:
    """A complete run is published again as far as the broker may have forgotten it."""
    file.write_text(changed(again_from=[1, 2147], confirmed=[1, 2148], complete=True))
    subscriber = subscribe(mosquitto.port)
    for time in (1, 2):
        process = start(
            *("market-data", "replay", "goog", "--rate", "0.01"),
            *("--state", file, "--mqtt", mosquitto.url),
        )
        process.wait_for(
            rf"^run r of goog is complete \(delete {file} to replay it again\); publishing again"
            " from row 2147, which the broker may have forgotten, to quotes on"
        )
        assert process.wait() == 0
        subscriber.await_count(2 * time)
    assert [message["id"] for message in subscriber.messages] == ["goog:r:2147", "goog:r:2148"] * 2
    assert json.loads(file.read_text())["complete"] is True


def test_a_killed_broker_gets_again_what_it_confirmed_and_forgot(
    mosquitto: Broker, start: Start, subscribe: Subscribe, file: Path
) -> None:
    """A broker that is killed gets again what it had confirmed and forgot."""
    # its session keeps the quotes, in the broker's memory alone
    subscribe(mosquitto.port, "quotes", "one").close()
    process = start(
        *("market-data", "replay", "goog", "--loop", "--rate", "500", "--run", "r"),
        *("--state", file, "--mqtt", mosquitto.url),
    )
    eventually(lambda: confirmed_row(file) >= 400, "400 rows confirmed")
    mosquitto.process.kill()
    process.wait_for("lost the broker")
    mosquitto.start()
    subscriber = subscribe(mosquitto.port, "quotes", "one")
    process.wait_for("is back")
    assert process.stop() == 0
    rows = int(process.wait_for("^stopped after").split()[7])
    eventually(lambda: len(subscriber.first_appearances()) >= rows, "every row")
    passes = ("r", *(f"r.{number}" for number in range(2, 100)))
    ids = (f"goog:{run}:{row}" for run in passes for row in range(1, 2149))
    came = subscriber.first_appearances()
    assert came == list(itertools.islice(ids, len(came)))
