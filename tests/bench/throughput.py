"""Quotes per second from the broker to the last acknowledgement, against the article's way.

`make bench` prints one line per way of running the same algorithm over the same quotes, which wait
at a real mosquitto at QoS 1 before the bridge starts, so that no publisher is the bottleneck:

- `event`: a plain `zerorpc.Server`, one awaited call per quote, as the article has it;
- `events`: Tickwire's service, hundreds of quotes in one call;
- `journal`: the same with a journal, on the disk before each call is answered. Below the table is
  how often a second that disk can do so (a write of 4 KiB and fsync).

The ratio in the last column is what counts: machines are noisy. A run in which the bridge decided
fewer than all quotes does not count, and says so.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import paho.mqtt.client as mqtt

from tests.brokers import MOSQUITTO, Broker
from tests.processes import Process, eventually, free_port, readyz

RUNS = 3
QUOTES = {"event": 2_000, "events": 20_000, "journal": 20_000}
CODE = """
class Algo:
    def __init__(self): self.count = 0
    def initialize(self, params): return ['quotes']
    def event(self, data):
        self.count += 1
        if self.count % 2:
            return {'side': 'buy', 'sid': data['sid'], 'quantity': 1}
"""
SERVER = """
import sys, zerorpc
server = zerorpc.Server(Algo())
server.bind(sys.argv[1])
print('serving on')
server.run()
"""


def main() -> None:
    """Print the table."""
    if MOSQUITTO is None:
        sys.exit("bench: mosquitto is not installed: `apt-get install mosquitto`")
    rates = {way: [] for way in QUOTES}
    for _ in range(RUNS):
        for way, runs in rates.items():
            runs.append(measure(way))
    base = statistics.median(rates["event"])
    print(f"{'way':<8}{'quotes':>8}{'quotes/s, median':>18}{'lowest':>9}{'highest':>9}{'ratio':>8}")
    for way, runs in rates.items():
        median = statistics.median(runs)
        print(
            f"{way:<8}{QUOTES[way]:>8}{median:>18,.0f}{min(runs):>9,.0f}{max(runs):>9,.0f}"
            f"{median / base:>8.1f}"
        )
    print(f"fsyncs of 4 KiB per second, on the same disk: {fsyncs():,.0f}")


def fsyncs() -> float:
    """Return how often a second the disk of temporary files writes 4 KiB and confirms it."""
    count = 200
    with tempfile.NamedTemporaryFile() as file:
        begun = time.perf_counter()
        for _ in range(count):
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
        return count / (time.perf_counter() - begun)


def measure(way: str) -> float:
    """Return the quotes per second of one run."""
    processes: list[Process] = []

    def start(*command: object) -> Process:
        processes.append(Process(*command))
        return processes[-1]

    with tempfile.TemporaryDirectory() as folder:
        try:
            return _measure(way, Path(folder), start)
        finally:
            for process in reversed(processes):
                process.end()


def _measure(way: str, folder: Path, start: type[Process]) -> float:
    count = QUOTES[way]
    broker = Broker("mosquitto", folder, start)
    address = f"tcp://127.0.0.1:{free_port()}"
    file = folder / "algo.py"
    if way == "event":
        file.write_text(CODE + SERVER)
        service = start("python", "-u", file, address)
    else:
        file.write_text(CODE)
        journal = ("--journal", folder / "journal") if way == "journal" else ()
        service = start(
            *("algo-service", "serve", "--addr", address, "--algo", f"{file}:Algo", *journal)
        )
    service.wait_for("serving on")

    def bridge(*options: object) -> Process:
        http = free_port()
        process = start(
            *("bridge-node", "--mqtt", broker.url, "--rpc", address, "--name", "Algo"),
            *("--http", http, "--log-level", "warn", *options),
        )
        eventually(lambda: readyz(http) == 200, "readiness", interval=0.001)
        return process

    bridge().stop()  # it has made the session, in which the quotes now wait
    publish(broker.port, count)
    second = bridge("--count", count)
    begun = time.perf_counter()
    status = second.wait(300)
    taken = time.perf_counter() - begun
    if status != 0:
        raise RuntimeError(f"the bridge did not decide all {count} quotes:\n{second.output}")
    return count / taken


def publish(port: int, count: int) -> None:
    """Publish quotes at QoS 1 and await the confirmation of each."""
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(1000)
    client.connect("127.0.0.1", port)
    client.loop_start()
    sent = [
        client.publish("quotes", json.dumps({"sid": "GOOG", "quote": 100.0 + n}), qos=1)
        for n in range(count)
    ]
    for each in sent:
        each.wait_for_publish(60)
    client.disconnect()
    client.loop_stop()


if __name__ == "__main__":
    main()
