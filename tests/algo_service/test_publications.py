"""What an algorithm publishes is part of its decisions, with the guarantees of its orders."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import closing
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy
import pytest

from algo_service import Engine, Publications
from algo_service.errors import InitializeError
from algo_service.journal.memory import MemoryStore
from algo_service.journal.recording import Recording
from algo_service.journal.sqlite import SqliteStore
from algo_service.journal.store import DecisionStore
from algo_service.publications import MAX_BYTES, MAX_PER_INPUT, MAX_VALUES
from algo_service.testing import play
from algo_service.verify.repeat import Repetition
from portfolio import Portfolio


class Shares:
    """Publishes the last two prices and buys; fails where it is told to, after it has published."""

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        self.portfolio = Portfolio.from_params(params)
        self.publications = Publications()
        self.last: float | None = None
        return ["quotes"]

    def event(self, data: dict[str, Any]) -> None:
        self.publications.publish("prices", {"now": data["quote"], "before": self.last})
        self.last = data["quote"]
        if data.get("fail"):
            raise ValueError("told to fail")
        self.portfolio.buy(data, 100)

    def save(self) -> dict[str, Any]:
        return {"last": self.last}

    def load(self, data: dict[str, Any]) -> None:
        self.last = data["last"]


def publishing(name: Any, message: Any, count: int = 1) -> Callable[[], Any]:
    class Publishes:
        def initialize(self, params: Mapping[str, Any]) -> list[str]:
            self.publications = Publications()
            return ["quotes"]

        def event(self, data: dict[str, Any]) -> None:
            for _ in range(count):
                self.publications.publish(name, message)

    return Publishes


def quote(n: int, price: float = 100.0, **fields: Any) -> dict[str, Any]:
    return {"sid": "GOOG", "quote": price, "id": str(n), "channel": "quotes", **fields}


STORES: dict[str, Callable[[Path], DecisionStore]] = {
    "memory": lambda _: MemoryStore(),
    "sqlite": lambda folder: SqliteStore(folder / "journal.db", "shares"),
}


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    with closing(STORES[request.param](tmp_path)) as opened:
        yield opened


def started(store: DecisionStore, create: Callable[[], Any] = Shares) -> Engine:
    engine = Engine(create, "shares", {}, seed=1, store=store)
    engine.initialize({"cash": 1000})
    return engine


def test_what_is_published_is_part_of_the_decision(store: DecisionStore) -> None:
    """The message has its fields, an id made of the input, and the time of the input if any."""
    engine = started(store)
    first, second = engine.decide([quote(1, 100.0, ts="2024-01-01"), quote(2, 101.5)])
    assert [each["name"] for each in first["data"]] == ["prices"]
    assert json.loads(first["data"][0]["text"]) == {
        "now": 100.0,
        "before": None,
        "id": "shares:quotes:1:0",
        "ts": "2024-01-01",
    }
    assert json.loads(second["data"][0]["text"]) == {
        "now": 101.5,
        "before": 100.0,
        "id": "shares:quotes:2:0",
    }
    assert second["orders"]


def test_a_duplicate_gets_what_was_published(store: DecisionStore) -> None:
    """A quote that comes again publishes the same message, and nothing new."""
    engine = started(store)
    (first,) = engine.decide([quote(1)])
    assert engine.decide([quote(1)]) == [first]
    if store.is_durable:
        assert store.outputs_since(60, 0, 10) == [(1, first)]


def test_a_failed_event_publishes_nothing(store: DecisionStore) -> None:
    """Neither its own messages, nor those of others a second time."""
    engine = started(store)
    good, failed, after = engine.decide([quote(1), quote(2, fail=True), quote(3, 102.0)])
    assert "error" in failed
    assert [len(each["data"]) for each in (good, after)] == [1, 1]
    # its state was restored: the price before is that of the first quote
    assert json.loads(after["data"][0]["text"])["before"] == 100.0


def test_what_is_published_at_data_has_an_id_of_it(store: DecisionStore) -> None:
    """What an algorithm publishes at data has an id made of that."""

    class Echo:
        def initialize(self, params: Mapping[str, Any]) -> list[str]:
            self.publications = Publications()
            return ["data/other/signal"]

        def event(self, data: dict[str, Any]) -> None:
            for n in range(2):
                self.publications.publish("echo", {"n": n, "of": data["id"]})

    engine = started(store, Echo)
    (decision,) = engine.decide([{"channel": "data/other/signal", "id": "7", "value": 1}])
    assert [json.loads(each["text"])["id"] for each in decision["data"]] == [
        "shares:data/other/signal:7:0",
        "shares:data/other/signal:7:1",
    ]


def test_data_that_fails_publishes_nothing_either(store: DecisionStore) -> None:
    """Nor does the repetition of its batch publish what it had published before it failed."""
    engine = started(store)
    inputs = [{"channel": "data/x", "id": str(n), "quote": n, "fail": n == 2} for n in range(4)]
    engine.decide([quote(1)])
    decisions = engine.decide([{"sid": "GOOG", **each} for each in inputs])
    assert "error" in decisions.pop(2)
    found = [json.loads(each["text"])["now"] for made in decisions for each in made["data"]]
    assert found == [0, 1, 3]


def test_a_journal_is_verified_with_what_was_published(tmp_path: Path) -> None:
    """Another version that publishes something else is a difference."""
    path = tmp_path / "journal.db"
    with closing(SqliteStore(path, "shares")) as store:
        started(store).decide([quote(1), quote(2)])

    class Other(Shares):
        def event(self, data: dict[str, Any]) -> None:
            self.publications.publish("prices", {"now": data["quote"]})
            self.last = data["quote"]
            self.portfolio.buy(data, 100)

    with closing(Recording(path)) as recording:
        assert Repetition(recording, Shares, recording.parameters, False).run().different == 0
        assert Repetition(recording, Other, recording.parameters, True).run().different == 2


def test_a_message_has_numbers_of_any_kind(store: DecisionStore) -> None:
    """They become the nearest doubles; whole numbers stay whole."""
    values = {
        "a": Decimal("0.5"),
        "b": numpy.float32(0.25),
        "c": 3,
        "d": [numpy.int64(2), True, None, 2**60],
    }
    engine = started(store, publishing("kinds", {"values": values, "text": "ü"}))
    (decision,) = engine.decide([quote(1)])
    assert decision["data"][0]["text"] == (
        '{"values":{"a":0.5,"b":0.25,"c":3,"d":[2.0,true,null,1.152921504606847e+18]},"text":"ü","id":"shares:quotes:1:0"}'
    )


@pytest.mark.parametrize(
    ("name", "message", "count", "sentence"),
    [
        ("", {}, 1, "the name of a publication is '': it has to be a text of 1 to 64 characters"),
        ("a\nb", {}, 1, "without control characters"),
        (5, {}, 1, "the name of a publication is 5"),
        ("signal", [1], 1, 'the message of "signal" is [1]: it has to be a map of fields'),
        ("signal", {"id": "x"}, 1, '"id" of "signal" is \'x\': this field is set for the message'),
        ("signal", {"a": {"b": float("nan")}}, 1, '"signal.a.b" is nan'),
        ("signal", {"a": 10**400}, 1, '"signal.a" is 1000'),
        ("signal", {"a": 10**5000}, 1, '"signal.a" is '),
        ("signal", {"a": object}, 1, "\"signal.a\" is <class 'object'>"),
        ("signal", {"a": {1: 2}}, 1, '"signal.a" has the key 1: a key has to be a text'),
        ("signal", {"a": "\ud800"}, 1, "half of a character"),
        ("signal", {"a": "x" * MAX_BYTES}, 1, '"signal" has 1,000,008 bytes as JSON'),
        ("signal", {"a": [0] * MAX_VALUES}, 1, '"signal" has 100,004 texts, numbers and other'),
        ("signal", {}, MAX_PER_INPUT + 1, '"signal" is publication 1,001 of one input'),
    ],
)
def test_what_cannot_be_a_message_is_refused(
    store: DecisionStore, name: Any, message: Any, count: int, sentence: str
) -> None:
    """The quote fails with a sentence that names the field, and the next one is decided."""
    engine = started(store, publishing(name, message, count))
    (failed,) = engine.decide([quote(1)])
    assert failed["error"].startswith("PublicationError: ")
    assert sentence in failed["error"]


def test_a_map_that_holds_itself_is_refused(store: DecisionStore) -> None:
    """Its levels have no end."""
    endless: dict[str, Any] = {}
    endless["again"] = endless
    (failed,) = started(store, publishing("signal", endless)).decide([quote(1)])
    assert "is nested too deeply" in failed["error"]


def test_initialize_publishes_nothing() -> None:
    """There is no input that a message could belong to."""

    class TooEarly:
        def initialize(self, params: Mapping[str, Any]) -> list[str]:
            self.publications = Publications()
            self.publications.publish("signal", {})
            return ["quotes"]

        def event(self, data: dict[str, Any]) -> None: ...

    with pytest.raises(InitializeError, match="initialize called publish"):
        Engine(TooEarly, "early", {}, seed=1).initialize({})


def test_a_table_of_quotes_shows_what_was_published() -> None:
    """`algo_service.testing.play` has the messages of each quote."""
    played = play(Shares, [100, 101])
    assert [[(name, message["now"]) for name, message in each] for each in played.data] == [
        [("prices", 100.0)],
        [("prices", 101.0)],
    ]


def test_the_id_of_data_that_would_be_longer_than_an_id_may_be_is_its_sha_256() -> None:
    """Readers refuse a longer one: what was published at such a quote would be lost."""

    def id_at(length: int) -> str:
        publications = Publications()
        publications.publish("signal", {})
        (published,) = publications.take(f"mine:quotes:{'é' * length}", None)
        return str(json.loads(published["text"])["id"])

    assert id_at(242) == f"mine:quotes:{'é' * 242}:0"
    assert id_at(243) == sha256(f"mine:quotes:{'é' * 243}:0".encode()).hexdigest()
