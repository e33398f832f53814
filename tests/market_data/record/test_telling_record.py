"""What a recorder tells of itself, over HTTP and on `stats/<part>`, at real brokers."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from pathlib import Path

from market_data.feeds.recording.reading import rows
from tests.support.brokers import Broker
from tests.support.processes import Process
from tests.support.told import Told, described, samples
from tests.support.watcher import Watcher

Start = Callable[..., Process]


def test_what_cannot_be_kept_and_what_was_kept_are_told(
    mosquitto: Broker, start: Start, tmp_path: Path
) -> None:
    """No file may be longer than 512 bytes at first, as if the disk were full."""
    watcher, told = Watcher(mosquitto, "stats/#"), Told()
    folder = tmp_path / "prices"
    recorder = start(
        *("sh", "-c", 'ulimit -S -f 1; exec "$@"', "sh"),
        *("market-data", "record", "--out", folder, "--mqtt", mosquitto.url),
        *("--session", "mine", "--http", told.port),
    )
    told.await_ready()
    sections = "Every process", "Every process with a broker", "market-data record"
    assert told.metrics() == described(*sections)
    long = '{"goog": 1, "id": "a", "note": "%s"}' % ("x" * 1_000)
    watcher.publish(long)
    full = f"^{folder} cannot keep messages: File too large$"
    told.await_reason(full)
    # meanwhile it tells the same to those who do not ask
    part = "stats/record:mine"
    watcher.wait_until(lambda: watcher.last(part).get("ready") is False, part)
    assert told.values()["tickwire_record_messages_total"] == 0
    assert told.get("/healthz")[0] == 200
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.prlimit(recorder.popen.pid, resource.RLIMIT_FSIZE, unlimited)
    told.await_ready()
    watcher.publish(long)
    watcher.publish('{"goog": 2}')
    told.await_value("tickwire_record_messages_total", 2)
    values = told.values()
    assert values["tickwire_record_repeated_total"] == 1
    assert values["tickwire_record_bytes_total"] == 2 * len(long) + 11
    assert values["tickwire_record_free_bytes"] > 0
    assert 0 <= time.time() - values["tickwire_record_last_message_timestamp_seconds"] < 3600
    count = len(watcher.of(part))
    last = watcher.wait(part, count + 2)[-1]
    assert (last["part"], last["component"], last["reasons"]) == ("record:mine", "record", [])
    assert samples(last)["tickwire_record_messages_total"] == 2
    assert recorder.stop() == 0
    assert len(list(rows(folder))) == 2
    watcher.close()
