"""The order of what the machine does, with parts that note it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from indicators import parse
from market_data import Interrupted
from market_data.derive import service
from market_data.derive.indicators import Indicators
from market_data.derive.service import Service
from market_data.derive.store import Store
from market_data.mqtt.subscriber import Received


class NotingStore(Store):
    """Notes its commits."""

    def __init__(self, path: Path, done: list[str]):
        super().__init__(path, "indicators")
        self._done = done

    def commit(self, *arguments: Any) -> range:
        numbers = super().commit(*arguments)
        self._done.append(f"committed {len(numbers)}")
        return numbers


class Wire:
    """A subscriber and a publisher in one; it ends when all batches were received."""

    oldest: int | None = None

    def __init__(self, done: list[str], *batches: list[Received]):
        self._done = done
        self._batches = list(batches)

    def receive(self, _timeout: float) -> list[Received]:
        if not self._batches:
            raise Interrupted
        return self._batches.pop(0)

    def acknowledge(self, last: Received) -> None:
        self._done.append(f"acknowledged {last.number}")

    def publish(self, text: str, number: int, topic: str) -> None:
        message = json.loads(text)
        if topic.startswith("p/errors/"):
            self._done.append(f"refused: {message['reason']}")
        else:
            self._done.append(f"published {number} on {topic}: {message['of'][1]}")

    def turn(self, _timeout: float) -> None:
        pass


def received(number: int, payload: object) -> Received:
    return Received("quotes", json.dumps(payload).encode(), 0, False, False, number)


def quote(own_id: str) -> dict[str, Any]:
    return {"sid": "GOOG", "quote": 1.5, "id": own_id}


def run(store: Store, wire: Wire, clock: list[float] | None = None) -> Service:
    made = Indicators(lambda: [parse("sma:1")])
    times = iter(clock or [])
    machine = Service(
        made,
        store,
        wire,
        wire,
        "p/",
        "me",
        print,
        lambda: next(times, 0.0),  # type: ignore[arg-type]
    )
    with pytest.raises(Interrupted):
        machine.run()
    return machine


def test_a_batch_is_committed_then_acknowledged_then_published(tmp_path: Path) -> None:
    done: list[str] = []
    store = NotingStore(tmp_path / "state", done)
    run(store, Wire(done, [received(1, quote("a")), received(2, quote("b"))]))
    topic = "p/indicators/sma-1/GOOG"
    assert done == [
        "committed 2",
        "acknowledged 2",
        f"published 1 on {topic}: a",
        f"published 2 on {topic}: b",
    ]
    store.close()
    # what was not forgotten comes first after a restart
    done.clear()
    store = NotingStore(tmp_path / "state", done)
    run(store, Wire(done, [received(1, quote("c"))]))
    assert done == [
        f"published 1 on {topic}: a",
        f"published 2 on {topic}: b",
        "committed 1",
        "acknowledged 1",
        f"published 3 on {topic}: c",
    ]
    store.close()


def test_a_large_batch_is_committed_in_parts_each_with_whole_messages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MAX_BATCH", 3)
    done: list[str] = []
    store = NotingStore(tmp_path / "state", done)
    arrays = [
        received(n, [quote(f"{n}-{place}") for place in range(count)])
        for n, count in enumerate((2, 2, 5, 1), 1)
    ]
    run(store, Wire(done, arrays))
    assert [each for each in done if not each.startswith("published")] == [
        *("committed 4", "acknowledged 2"),
        *("committed 5", "acknowledged 3"),
        *("committed 1", "acknowledged 4"),
    ]
    store.close()


def test_what_the_broker_can_no_longer_lose_is_forgotten(tmp_path: Path) -> None:
    done: list[str] = []
    store = NotingStore(tmp_path / "state", done)
    wire = Wire(done, *([received(n, quote(str(n)))] for n in range(1, 5)))
    wire.oldest = 3
    # the clock is read once at the start, and once for each commit
    run(store, wire, [0.0, 0.0, 0.5, 0.6, 1.1])
    assert [number for number, _ in store.outputs()] == [3, 4]
    store.close()


@pytest.mark.parametrize(
    "change", [{"high": 3}, {"low": 0.5}, {"volume": 8}, {"tags": ["b", "a"]}, {"ts": "2013-03-02"}]
)
def test_an_id_that_comes_again_with_any_other_field_is_reported(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    """In any order of the fields, the same ones are a duplicate; so it is after a restart."""
    bar = {**quote("a"), "ts": "2013-03-01", "high": 2, "low": 1, "volume": 7, "tags": ["a", "b"]}
    backwards = dict(reversed(bar.items()))
    done: list[str] = []
    for batch in ([bar, backwards], [backwards, bar | change]):
        store = NotingStore(tmp_path / "state", done)
        wire = Wire(done, [received(n, each) for n, each in enumerate(batch, 1)])
        machine = run(store, wire)
        store.close()
    assert (machine.quotes, machine.duplicates) == (0, 1)
    assert machine.refused == {"algorithm": 1}
    assert done[-1] == 'refused: id used before: "a" on quotes, with other content'


def test_an_instrument_of_two_channels_is_reported_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done: list[str] = []
    store = NotingStore(tmp_path / "state", done)
    channels = ["kraken", "binance", "binance", "kraken"]
    wire = Wire(
        done,
        [received(n, quote(str(n)))._replace(topic=name) for n, name in enumerate(channels, 1)],
    )
    run(store, wire)
    assert capsys.readouterr().out == (
        "GOOG comes on kraken and on binance: its quotes make one series; to keep them apart,"
        " start a service for each --channel\n"
    )
    store.close()
