"""Kills, or stops and continues, the real parts of a pipeline by a seeded schedule.

    python -m tests.e2e.recovery.chaos --seed 7 --quotes 200000 --rate 2000 --kills 60

runs a schedule of any length outside of the test suite, and says at the end whether the orders
published, the ledger in the journal and the indicators published are those of a run that nothing
disturbed. Both runs are recorded, and each quote has to be there once.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from market_data.feeds.recording import reading
from tests.e2e.recovery import derived
from tests.e2e.recovery.ledger import Ledger, Records, ledger
from tests.e2e.recovery.subscriber import Subscriber
from tests.e2e.recovery.wiring import Open, Secured
from tests.support.processes import Process, eventually, free_port

PARTS = ("service", "bridge", "broker", "feed", "recorder")
INDICATORS = "indicators"
"""One more part, of runs that have it: it reads the same quotes as the bridge."""
PARAMS = ("--param", "seed=7", "--param", "exit=0.25")


class Pipeline:
    """Broker, service with a journal, bridge, recorder and feed with a state.

    Each is to be killed at will.
    """

    def __init__(
        self,
        folder: Path,
        quotes: int,
        feed_options: tuple[object, ...],
        service_options: tuple[object, ...],
        bridge_options: tuple[object, ...],
        has_indicators: bool,
        wiring: type[Open | Secured],
    ):
        self.folder = folder
        self.parts = (*PARTS, INDICATORS) if has_indicators else PARTS
        self.journal = folder / "journal"
        self.recording = folder / "recording"
        self.saved = folder / "mosquitto.db"
        self._processes: dict[str, Process] = {}
        self._subscribed_at = 0.0
        self._address = f"tcp://127.0.0.1:{free_port()}"
        self._http = free_port()
        file = folder / "prices.csv"
        noise = random.Random(1)
        times = range(1_700_000_000, 1_700_000_000 + quotes)
        self.prices = [f"{100 + noise.random() * 50:.4f}" for _ in times]
        rows = (f"{ts},{price}" for ts, price in zip(times, self.prices, strict=True))
        file.write_text("\n".join(["ts,price", *rows]))
        self.broker = wiring(folder, self._start_broker)
        self._commands: dict[str, tuple[object, ...]] = {
            "service": (
                *("algo-service", "serve", "--addr", self._address, "--journal", self.journal),
                *("--log-level", "warning", *PARAMS, *service_options, *self.broker.of_service()),
            ),
            "bridge": (
                *("bridge-node", *self.broker.options("bridge"), "--rpc", self._address),
                *("--log-level", "warn", "--http", self._http, *bridge_options),
                *self.broker.of_bridge(),
            ),
            "recorder": (
                *("market-data", "record", "--channel", "quotes", "--out", self.recording),
                *(*self.broker.options("recorder"), "--part", "0.2"),
            ),
            "feed": (
                *("market-data", "replay", file, *self.broker.options("feed"), "--run", "r"),
                *("--when-ready", f"http://127.0.0.1:{self._http}/readyz"),
                *("--state", folder / "feed.json", *feed_options),
            ),
            INDICATORS: (
                *("market-data", "indicators", *self.broker.options(INDICATORS), *derived.OPTIONS),
                *("--state", folder / "indicators.db"),
            ),
        }

    def _start_broker(self, *command: object) -> Process:
        self._processes["broker"] = Process(*command)
        return self._processes["broker"]

    def start(self, part: str) -> None:
        """Start a part; the broker is awaited, the others await one another by themselves."""
        if part == "broker":
            self.broker.start()
        else:
            self._processes[part] = Process(*self._commands[part])

    def start_all(self) -> None:
        """Start all parts but the broker, which runs; the feed waits for the bridge alone."""
        if INDICATORS in self.parts:
            self.start(INDICATORS)
        for part in ("service", "bridge", "recorder"):
            self.start(part)
        if INDICATORS in self.parts:
            self._processes[INDICATORS].wait_for("subscribed")
        self._processes["recorder"].wait_for("recording quotes of")
        self._subscribed_at = time.time()
        self.start("feed")

    def await_saved_sessions(self) -> None:
        """Await that the broker has saved all sessions: it may then be killed."""
        eventually(
            lambda: self.saved.exists() and self.saved.stat().st_mtime > self._subscribed_at,
            "the broker's save",
        )

    def recorded(self) -> list[str]:
        """The ids of the quotes that are recorded, in the order of their arrival."""
        return [json.loads(row.payload)["id"] for row in reading.rows(self.recording)]

    def kill(self, part: str) -> None:
        """End a part as a crash would."""
        self._processes[part].kill()

    def signal(self, part: str, number: signal.Signals) -> None:
        """Send a part a signal."""
        self._processes[part].signal(number)

    def await_line(self, part: str, pattern: str) -> None:
        """Await a line that a part prints, for as long as any time-out takes."""
        self._processes[part].wait_for(pattern, patience=240)

    def feed_has_ended(self) -> bool:
        """Whether the feed has published everything."""
        return self._processes["feed"].popen.poll() == 0

    @contextlib.contextmanager
    def feed_held(self) -> Iterator[None]:
        """Keep the feed from ending; if it has ended, first await that the broker has saved all.

        A broker that is killed forgets what it did not save, though it has confirmed it, and a feed
        that has ended does not publish it again: that is not promised.
        """
        feed = self._processes["feed"]
        feed.signal(signal.SIGSTOP)
        eventually(lambda: feed.popen.poll() is not None or feed.stands_still(), "a feed held")
        if self.feed_has_ended():
            before = self.saved.stat().st_mtime_ns
            eventually(lambda: self.saved.stat().st_mtime_ns > before, "the broker's save")
        yield
        feed.signal(signal.SIGCONT)

    def output(self) -> str:
        """What every part has printed since its last start."""
        return "\n".join(f"--- {name}\n{each.output}" for name, each in self._processes.items())

    def end(self) -> None:
        """End every part."""
        for process in self._processes.values():
            process.end()


Person = Callable[[Pipeline, Subscriber], None]


def nobody(_pipeline: Pipeline, _subscriber: Subscriber) -> None:
    """Give no command."""


class Outcome(NamedTuple):
    """What a run leaves; what its indicators published is compared in the run itself."""

    published: Records
    ledger: Ledger


def run(
    folder: Path,
    quotes: int,
    disturb: Callable[[Pipeline, Subscriber], None],
    feed_options: tuple[object, ...] = ("--max",),
    service_options: tuple[object, ...] = (),
    person: Person = nobody,
    bridge_options: tuple[object, ...] = (),
    patience: float = 240,
    has_indicators: bool = False,
    wiring: type[Open | Secured] = Open,
) -> Outcome:
    """Run a pipeline, disturb it while a person gives commands, and return what it leaves."""
    folder.mkdir()
    pipeline = Pipeline(
        folder, quotes, feed_options, service_options, bridge_options, has_indicators, wiring
    )
    subscriber = Subscriber(pipeline.broker.connect)
    computed = Subscriber(pipeline.broker.connect, ("indicators/#",), "chaos-indicators")
    expected = derived.undisturbed(pipeline.prices) if has_indicators else {}
    try:
        pipeline.start_all()
        with ThreadPoolExecutor(1) as other:
            given = other.submit(person, pipeline, subscriber)
            disturb(pipeline, subscriber)
            given.result(patience)
        eventually(pipeline.feed_has_ended, "the end of the feed", patience)

        def is_published() -> bool:
            kept = ledger(pipeline.journal)
            published = len(kept.records) == len(subscriber.records)
            return published and len(kept.ids("quotes")) == quotes

        eventually(is_published, "every output to be published", patience, interval=0.5)
        assert subscriber.conflicts == []
        eventually(lambda: len(computed.records) >= len(expected), "every indicator", patience)
        assert computed.conflicts == []
        assert derived.values(computed.records) == expected
        eventually(
            lambda: len(pipeline.recorded()) >= quotes, "every quote to be recorded", interval=0.5
        )
        ids = [f"prices:r:{row}" for row in range(1, quotes + 1)]
        # a broker that is killed may deliver again what it has forgotten, behind what came later
        assert sorted(pipeline.recorded()) == sorted(ids)
        return Outcome(dict(subscriber.records), ledger(pipeline.journal))
    except BaseException:
        sys.stderr.write(pipeline.output() + "\n")
        raise
    finally:
        subscriber.close()
        computed.close()
        pipeline.end()


def await_progress(subscriber: Subscriber, row: int) -> None:
    """Await a row of the prices, or that it does not come for a while."""
    with contextlib.suppress(AssertionError):
        eventually(lambda: subscriber.row >= row, "progress", patience=3)


def spread(first: int, last: int, count: int) -> Iterator[int]:
    """Yield so many rows at equal distances, the last one at the end."""
    return (first + (last - first) * n // count for n in range(1, count + 1))


def kills(seed: int, count: int, quotes: int) -> Callable[[Pipeline, Subscriber], None]:
    """Kill `count` times one of the parts, or two at once, while quotes flow."""

    def disturb(pipeline: Pipeline, subscriber: Subscriber) -> None:
        schedule = random.Random(seed)
        # before it has, it may not forget: they are seconds old
        pipeline.await_saved_sessions()
        # by progress where there is any, so that every run kills in the midst of things
        for n, row in enumerate(spread(subscriber.row, (subscriber.row + quotes) // 2, count)):
            await_progress(subscriber, row)
            every = pipeline.parts
            parts = [every[(n + seed) % len(every)]]  # each of them as often as the others
            if schedule.random() < 0.3:
                parts.append(schedule.choice([part for part in every if part not in parts]))
            outlives = "broker" in parts and "feed" not in parts
            with pipeline.feed_held() if outlives else contextlib.nullcontext():
                for part in parts:
                    pipeline.kill(part)
            threading.Event().wait(schedule.random())  # it stays away for a while
            for part in parts:
                pipeline.start(part)

    return disturb


def stops(noticed: dict[str, tuple[str, str]]) -> Callable[[Pipeline, Subscriber], None]:
    """Stop each part, one after the other, until another part tells that it is missing.

    :param noticed: of each part, who tells, and the line.
    """

    def disturb(pipeline: Pipeline, subscriber: Subscriber) -> None:
        for part, (witness, line) in noticed.items():
            before = len(subscriber.records)
            eventually(lambda: len(subscriber.records) > before, "progress")  # noqa: B023, awaited here
            pipeline.signal(part, signal.SIGSTOP)
            pipeline.await_line(witness, line)
            pipeline.signal(part, signal.SIGCONT)

    return disturb


def undisturbed(_pipeline: Pipeline, _subscriber: Subscriber) -> None:
    """Disturb nothing."""


def main() -> None:
    """Run a schedule and say whether it left a trace."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--quotes", type=int, default=100_000)
    parser.add_argument("--rate", type=float, default=2000)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--batch-outputs", action="store_true", help="of the disturbed run")
    parser.add_argument("--secured", action="store_true", help="by TLS, roles and CURVE, likewise")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plain = run(folder / "plain", options.quotes, undisturbed)
        disturb = kills(options.seed, options.kills, options.quotes)
        feed = ("--rate", options.rate)
        form = ("--batch-outputs",) if options.batch_outputs else ()
        disturbed = run(
            folder / "disturbed",
            options.quotes,
            disturb,
            feed,
            bridge_options=form,
            patience=3600,
            has_indicators=True,
            wiring=Secured if options.secured else Open,
        )
    if disturbed != plain:
        sys.exit(f"seed {options.seed}: the disturbed run left other orders or another ledger")
    print(f"seed {options.seed}: {options.kills} kills over {options.quotes} quotes left no trace")


if __name__ == "__main__":
    main()
