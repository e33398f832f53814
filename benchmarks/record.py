"""How fast the recorder is, and what it holds: `python -m benchmarks.record [--quick]`.

Quotes of 1,000 instruments, on a topic each, wait at mosquitto in two sessions. A bare paho client
receives its own at QoS 1 and counts them; then the recorder keeps its own. Each runs alone, and is
measured from the first arrival to the last, in the recorder's case by what it has recorded.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from market_data.feeds.recording.reading import rows
from tests.support.brokers import Broker
from tests.support.processes import Process, eventually

MESSAGES, QUICK = 200_000, 20_000
INSTRUMENTS = 1_000
PATIENCE = 600.0

# with 0 messages it makes its session, and ends
BARE = """
import sys, time
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
port, count = map(int, sys.argv[1:])
times = []
def take(client, _data, message):
    times.append(time.monotonic())
    if len(times) == count:
        client.disconnect()
client = Client(CallbackAPIVersion.VERSION2, "bare", clean_session=False)
client.on_connect = lambda client, *_: client.subscribe("quotes/#", 1)
client.on_subscribe = lambda client, *_: count or client.disconnect()
client.on_message = take
client.connect("127.0.0.1", port)
client.loop_forever()
print(count / (times[-1] - times[0]) if count else 0)
"""


def bare(port: int, count: int) -> float:
    """Receive with paho alone; return messages per second."""
    words = [sys.executable, "-c", BARE, str(port), str(count)]
    return float(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


def publish(port: int, count: int) -> None:
    """Publish quotes with ids, on a topic for each instrument."""
    client = Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(1_000)
    client.connect("127.0.0.1", port)
    client.loop_start()
    for n in range(count):
        sid, price, ts = f"S{n % INSTRUMENTS}", 100 + n % 777, 1_700_000_000 + n
        text = f'{{"sid": "{sid}", "quote": {price}, "ts": {ts}, "id": "{n}"}}'
        sent = client.publish(f"quotes/{sid}", text, qos=1)
        if n % 10_000 == 0:  # there are 65,535 ids
            sent.wait_for_publish()
    sent.wait_for_publish()
    client.disconnect()
    client.loop_stop()


def record(url: str, folder: Path, count: int) -> None:
    """Record what waits, and print what that took."""
    recorder = Process("market-data", "record", "--out", folder, "--mqtt", url)
    process = Path(f"/proc/{recorder.popen.pid}")
    segment = folder / "_recording" / f"{1:012d}.jsonl"
    files = 0

    def is_complete() -> bool:
        nonlocal files
        files = max(files, len(list((process / "fd").iterdir())))
        if not segment.exists():
            return False
        with segment.open("rb") as file:
            file.seek(-min(300, segment.stat().st_size), 2)
            return f'\\"id\\": \\"{count - 1}\\"'.encode() in file.read()

    recorder.wait_for("^recording ")
    eventually(is_complete, "all messages", PATIENCE, interval=0.2)
    found = list(rows(folder))
    assert len(found) == count
    rate = count / (found[-1].arrived - found[0].arrived) * 1e6
    recorder.stop()
    # of the largest child that has ended, after its last conversion: not the broker, which runs
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{'market-data record':>24}{rate:>16,.0f}")
    print(f"\nopen files {files}, memory at its peak {peak:.0f} MiB")


def run(count: int) -> None:
    """Measure both, and print it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        broker = Broker("mosquitto", folder, Process)
        try:
            bare(broker.port, 0)
            first = Process("market-data", "record", "--out", folder / "r", "--mqtt", broker.url)
            first.wait_for("^recording ")
            first.stop()
            publish(broker.port, count)
            print(f"{count:,} messages of {INSTRUMENTS:,} instruments, QoS 1")
            print(f"{'':>24}{'messages/s':>16}")
            print(f"{'bare paho':>24}{bare(broker.port, count):>16,.0f}", flush=True)
            record(broker.url, folder / "r", count)
        finally:
            broker.process.end()


if __name__ == "__main__":
    run(QUICK if "--quick" in sys.argv[1:] else MESSAGES)
