"""The machine that publishes a live source, and how its command refuses."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from market_data import Quote, Recorded
from market_data.commands.main import main
from market_data.live.lag import Lag
from market_data.live.progress import LiveState, Progress, read_live_state
from market_data.live.publishing import publish_live
from market_data.live.pump import Pump
from market_data.live.reporting import Reporter
from market_data.live.silence import Silence
from market_data.live.source import Batch, Bound, Gap, Report, SourceLostError
from tests.support.processes import ROOT, eventually


class Script:
    """A source that does what it is told: batches are returned, errors raised."""

    name = "script"

    def __init__(self, *steps: Batch | Exception | None):
        self.steps: Iterator[Batch | Exception | None] = iter(steps)
        self.calls: list[Any] = []
        self.reads = 0

    def __str__(self) -> str:
        return self.name

    def connect(self, position: Any) -> None:
        self.calls.append(("connect", position))

    def read(self, timeout: float) -> Batch | None:
        self.reads += 1
        step = next(self.steps, None)
        if isinstance(step, Exception):
            raise step
        if step is None:
            threading.Event().wait(0.001)
        return step

    def acknowledge(self, position: Any) -> None:
        self.calls.append(("acknowledge", position))

    def close(self) -> None:
        self.calls.append("close")


class Ended(BaseException):
    """The end of a test's publishing."""


class Publisher:
    """Keeps what is published, and confirms what it is told to."""

    def __init__(self, until: int):
        self.marks: list[int] = []
        self.texts: list[tuple[str | None, str]] = []
        self.oldest: int | None = None
        self._until = until

    def publish(
        self, text: str, mark: int, topic: str | None = None, *, is_awaited: bool = True
    ) -> None:
        self.marks.append(mark)
        self.texts.append((topic, text))

    def wait(self, seconds: float) -> None:
        if len(self.marks) >= self._until:
            raise Ended


def batch(position: object, *ids: str) -> Batch:
    quotes = [Quote("GOOG", 1.0, None, 1, "s", recorded=Recorded(i, None, False, {})) for i in ids]
    return Batch(quotes, position)


@pytest.fixture
def pump() -> Iterator[Callable[..., Pump]]:
    """Makes pumps that run, and ends them."""
    made: list[Pump] = []

    def maker(source: Script, position: Any = None, notify: Any = lambda _: None) -> Pump:
        made.append(Pump(source, position, notify))
        made[-1].start()
        return made[-1]

    yield maker
    for each in made:
        each.close(30)


def test_a_lost_source_is_reported_once_and_goes_on_behind_its_last_batch(
    pump: Callable[..., Pump],
) -> None:
    lost = SourceLostError("no route")
    source = Script(batch(1, "a"), lost, lost, SourceLostError("refused"), batch(2, "b"))
    told: list[str] = []
    running = pump(source, 0, told.append)
    assert [running.take(30), running.take(30)] == [batch(1, "a"), batch(2, "b")]
    assert source.calls == [
        *(("connect", 0), "close"),
        *(("connect", 1), "close") * 2,
        ("connect", 1),
    ]
    assert told == [
        "script is unavailable: no route; trying again",
        "script is unavailable: refused; trying again",
        "script is back",
    ]


def test_pauses_grow_although_each_connection_is_accepted_and_read_once(
    pump: Callable[..., Pump],
) -> None:
    running = pump(Script(*[None, SourceLostError("closed")] * 4))
    eventually(lambda: running._backoff.delay >= 0.4, "a longer pause")


def test_an_error_of_a_source_ends_the_publishing(pump: Callable[..., Pump]) -> None:
    running = pump(Script(batch(1, "a"), KeyError("x")))
    assert running.take(30) == batch(1, "a")
    with pytest.raises(KeyError):
        running.take(30)


def test_a_source_is_not_read_while_the_broker_takes_nothing(pump: Callable[..., Pump]) -> None:
    source = Script(*(batch(n, str(n)) for n in range(100)))
    running = pump(source)
    eventually(lambda: source.reads == 5, "four batches ahead, and one in the hand")
    assert running.take(30) == batch(0, "0")
    eventually(lambda: source.reads == 6, "one more")


def test_where_a_source_begins_is_kept_before_its_first_quote(
    tmp_path: Path, pump: Callable[..., Pump]
) -> None:
    running = pump(Script(batch(7), batch(8, "a")))
    publisher, path = Publisher(until=1), tmp_path / "state.json"
    state = LiveState("script", "quotes")
    progress = Progress(path, state, publisher, running.acknowledge, lambda: 0.0)
    silence = Silence(None, "script", print, lambda: 0.0)
    lag = Lag(None, "script", print)
    reporter = Reporter(publisher, "errors/script", "quotes", print)
    with pytest.raises(Ended):
        publish_live(running, publisher, progress, silence, lag, reporter)
    assert read_live_state(path, "script", "quotes") == state._replace(position=7)


def test_a_position_is_kept_and_acknowledged_once_its_quotes_cannot_be_lost(
    tmp_path: Path, pump: Callable[..., Pump]
) -> None:
    source = Script(batch(1, "a", "b"), batch(2), batch(3, "c"))
    running = pump(source)
    publisher = Publisher(until=3)
    path = tmp_path / "state.json"
    state = LiveState("script", "quotes")
    progress = Progress(path, state, publisher, running.acknowledge, lambda: 0.0)
    silence = Silence(None, "script", print, lambda: 0.0)
    lag = Lag(None, "script", print)
    reporter = Reporter(publisher, "errors/script", "quotes", print)
    publisher.oldest = 1
    with pytest.raises(Ended):
        publish_live(running, publisher, progress, silence, lag, reporter)
    assert publisher.marks == [1, 1, 3]
    # the broker has all, and may lose what is in `oldest` and behind it
    for oldest, position in ((1, None), (3, 2), (None, 3)):
        publisher.oldest = oldest
        # the last batch ends where `wait` has ended the test
        if oldest is None:
            progress.end(3)
        progress.save()
        assert read_live_state(path, "script", "quotes") == state._replace(position=position)
    eventually(lambda: ("acknowledge", 3) in source.calls, "the acknowledgement")


def test_a_gap_is_published_with_its_bounds_and_shown() -> None:
    gap = Gap("GOOG", Bound("2024-01-10", "s:GOOG:1"), Bound(id="s:GOOG:9"), 7)
    report = Report("gap", "trades of GOOG are missing", b"[]", gap)
    told: list[str] = []
    publisher = Publisher(until=2)
    reporter = Reporter(publisher, "site1/errors/s", "quotes", told.append)
    reporter.publish(report, 1)
    [(topic, text)] = publisher.texts
    record = json.loads(text)
    Draft202012Validator(json.loads((ROOT / "contracts/error.schema.json").read_text())).validate(
        record
    )
    assert (topic, record["topic"], record["code"]) == ("site1/errors/s", "quotes", "gap")
    assert record["gap"] == {
        "sid": "GOOG",
        "after": {"ts": "2024-01-10", "id": "s:GOOG:1"},
        "before": {"id": "s:GOOG:9"},
        "missing": 7,
    }
    assert told == ["trades of GOOG are missing"]


def test_reports_of_other_kinds_are_shown_ten_times_and_all_are_published() -> None:
    told: list[str] = []
    publisher = Publisher(until=0)
    reporter = Reporter(publisher, "errors/s", "quotes", told.append)
    for number in range(12):
        reporter.publish(Report("cancelled", f"trade {number} is cancelled"), 1)
    assert (len(told), len(publisher.texts), reporter.published) == (10, 12, 12)


def test_silence_is_reported_once_and_its_end_too() -> None:
    now, told = [0.0], []
    silence = Silence(30, "script", told.append, lambda: now[0])
    for now[0], act in (
        (29, "check"),
        (31, "check"),
        (90, "check"),
        (95, "quotes"),
        (96, "quotes"),
    ):
        getattr(silence, act)()
    assert told == ["no quote of script for 31 s", "quotes of script again, after 95 s"]


def quotes(*times: object) -> list[Quote]:
    return [Quote("GOOG", 1.0, ts, 1, "s") for ts in times]  # type: ignore[arg-type]


def test_a_lag_is_reported_once_and_its_end_too() -> None:
    now, told = [1_700_000_000.0], []
    lag = Lag(60, "script", told.append, lambda: now[0])
    assert (lag.last_at, lag.seconds, lag.missing()) == (0.0, None, [])
    lag.published(quotes(1_600_000_000, 1_699_999_990))
    assert (lag.last_at, lag.seconds, lag.missing()) == (now[0], 10.0, [])
    lag.published(quotes("2023-11-14T22:12:00Z"))
    lag.published(quotes("2023-11-14T22:12:05Z"))
    now[0] += 30  # it is how old the quote was, and does not grow while none comes
    assert lag.missing() == ["script lags: its last quote came 75 s after its time"]
    lag.published(quotes("2023-11-14T22:13:50Z"))
    assert lag.missing() == []
    assert told == [
        "quotes of script come 80 s after their time",
        "quotes of script come in time again",
    ]


@pytest.mark.parametrize("ts", [None, "2023-11-14", 20231114])
def test_a_quote_without_a_time_of_day_has_no_lag(ts: object) -> None:
    lag = Lag(60, "script", print)
    lag.published(quotes(ts))
    assert (lag.seconds, lag.missing()) == (None, [])
    assert lag.last_at > 0


SQL = (
    "--sql",
    "sqlite://",
    "--query",
    "SELECT 1 AS id, 'A' AS sid, 1 AS quote, '2024-01-10' AS ts",
)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "expected one source: --alpaca or --exchange or --sql."),
        (["--sql", "postgresql://h/p"], "--sql needs --query, such as --query"),
        ([*SQL], '--sql needs --cursor, such as --cursor "id"'),
        ([*SQL, "--cursor", "id", "--every", "soon"], "'soon' is no duration; expected 500ms"),
        ([*SQL, "--cursor", "id", "--every", "0s"], "'0s' is no duration"),
        ([*SQL, "--cursor", "id", "--columns", "qoute=1"], '"qoute" names no column'),
        ([*SQL, "--cursor", "id", "--timezone", "Mars"], "Mars"),
        (["--sql", "goog", *SQL[2:], "--cursor", "id"], "it is no database; expected a URL"),
        (["--sql", "x.db", *SQL[2:], "--cursor", "id"], 'there is no file and no sample "x.db"'),
        ([*SQL, "--cursor", "id", "--topic", "a/#"], "nothing can be published on the topic"),
    ],
)
def test_a_mistake_is_a_sentence_and_status_2(arguments: list[str], sentence: str) -> None:
    result = CliRunner().invoke(main, ["live", *arguments])
    assert result.exit_code == 2
    assert sentence in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{}", "it is not the state of a live source; expected a file of version 1"),
        ('{"version":1,"source":"b","topic":"quotes","position":1}', 'it is of the source "b"'),
        ('{"version":1,"source":"a","topic":"other","position":1}', 'it is of the topic "other"'),
    ],
)
def test_a_state_file_of_something_else_is_refused(
    tmp_path: Path, text: str, sentence: str
) -> None:
    state = tmp_path / "state.json"
    state.write_text(text)
    options = ["--cursor", "id", "--name", "a", "--state", str(state)]
    result = CliRunner().invoke(main, ["live", *SQL, *options])
    assert (result.exit_code, sentence in result.output) == (2, True)
    assert state.read_text() == text
