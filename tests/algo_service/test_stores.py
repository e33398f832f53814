"""What holds of every decision store; a new one is added to STORES."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from algo_service import Engine
from algo_service.decisions import Batch, Decision, Failure, Input, Key, MinuteValue, State
from algo_service.journal.content import encode, fingerprint, read
from algo_service.journal.memory import MemoryStore
from algo_service.journal.open import open_store
from algo_service.journal.sqlite import SqliteStore
from algo_service.journal.store import DecisionStore, WarmUp

Open = Callable[[], DecisionStore]

STORES: dict[str, Callable[[Path], DecisionStore]] = {
    "memory": lambda _: MemoryStore(),
    "sqlite": lambda folder: SqliteStore(folder / "journal.db", "algo"),
    "sqlite without inputs": lambda folder: SqliteStore(
        folder / "journal.db", "algo", keep_inputs=False
    ),
    "sqlite by its address": lambda folder: open_store(f"sqlite:///{folder}/journal.db", "algo"),
}

NOTHING = State(None, None)


@pytest.fixture(params=STORES)
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens the store; a second call closes it and opens it again, as a restart does."""
    opened: list[DecisionStore] = []

    def opener() -> DecisionStore:
        for store in opened:
            store.close()
        opened[:] = [STORES[request.param](tmp_path)]
        return opened[0]

    yield opener
    for store in opened:
        store.close()


@pytest.fixture
def store(reopen: Open) -> DecisionStore:
    """A store that holds nothing."""
    return reopen()


class Counter:
    """An algorithm that orders nothing."""

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        return ["quotes"]

    def event(self, data: dict[str, Any]) -> None:
        data.clear()


def made(key: Key, kind: Any = "quote", **fields: Any) -> Input:
    message = {"channel": key[0], "id": key[1], **fields}
    return Input(key, kind, message, encode(message))


def bought(name: str) -> Decision:
    return {"orders": [f'{{"id":"{name}"}}'], "fills": [f'{{"id":"{name}:f"}}']}


NO_OUTPUT: Decision = {"orders": [], "fills": []}
FAILED: Failure = {
    "error": "ValueError: no",
    "traceback": "Traceback…",
    "type": "ValueError",
    "place": "algo.py, line 3, in event",
}
REPLIED: Decision = {**bought("c"), "reply": '{"outcome":"done"}'}


def commit(
    store: DecisionStore,
    seq: int,
    *decisions: tuple[Input, Decision | Failure],
    after: State = NOTHING,
    minutes: tuple[MinuteValue, ...] = (),
) -> None:
    inputs = [each._replace(content=store.content_of(each.message)) for each, _ in decisions]
    outcomes = [each for _, each in decisions]
    store.commit(
        Batch({"seed": 1}, inputs, outcomes, NOTHING, after, seq, 1e9 + seq, list(minutes))
    )


def test_a_new_store_holds_nothing(store: DecisionStore) -> None:
    """A new store has no run, no warm-up, no decision and no output."""
    assert store.stored_run() is None
    assert store.stored_warm_up() is None
    assert store.find([("quotes", "1")]) == {}
    assert store.outputs_since(1e9, 0, 100) == []


def test_a_decision_is_found_by_its_key_alone(store: DecisionStore) -> None:
    """A decision of each kind is found by channel and id, as it was committed."""
    kept: list[tuple[Input, Decision | Failure]] = [
        (made(("quotes", "1")), bought("a")),
        (made(("other", "1")), NO_OUTPUT),
        (made(("quotes", "ü 2")), FAILED),
        (made(("commands/algo", "1"), "command"), REPLIED),
    ]
    commit(store, 4, *kept)
    found = store.find([each.key for each, _ in kept] + [("quotes", "3"), ("third", "1")])
    assert {key: known.decision for key, known in found.items()} == {
        each.key: decision for each, decision in kept
    }
    for each, _ in kept:
        known = found[each.key]
        if known.content is None:
            assert known.digest == fingerprint(each.message)
        else:
            assert known.digest is None
            assert read(known.content) == each.message
    assert not any(known.is_older for known in found.values())


def test_a_message_is_recognised_whatever_its_size(store: DecisionStore) -> None:
    """The same message is a duplicate in any order of its fields, and another one is refused."""
    engine = Engine(Counter, "counter", {}, seed=1, store=store)
    engine.initialize({})
    for n, note in enumerate(["short", "long " * 1000]):
        fields = {"sid": "GOOG", "quote": 1.0, "id": str(n), "channel": "quotes", "note": note}
        twice = [fields, dict(reversed(fields.items()))]
        first, second = engine.decide([dict(each) for each in twice])
        assert "error" not in first
        assert first == second
        assert engine.decide([dict(each) for each in twice]) == [first, first]
        (other,) = engine.decide([{**fields, "note": f"{note}!"}])
        assert "id used before" in other["error"]


def test_thousands_of_keys_are_found_at_once(store: DecisionStore) -> None:
    """More keys than one statement of a database takes are found in one call."""
    kept = [(made(("quotes", str(n))), NO_OUTPUT) for n in range(2500)]
    commit(store, 2500, *kept)
    assert len(store.find([each.key for each, _ in kept])) == 2500


@pytest.mark.parametrize("size", [1, 99, 100, 101, 250])
def test_a_batch_of_any_size_is_kept_whole(store: DecisionStore, size: int) -> None:
    """Each input of a batch is found with its own outputs, however many a statement inserts."""
    kept = [(made(("quotes", str(n))), bought(str(n))) for n in range(size)]
    commit(store, size, *kept)
    found = store.find([each.key for each, _ in kept])
    assert [found[each.key].decision for each, _ in kept] == [decision for _, decision in kept]
    outputs = list(enumerate((decision for _, decision in kept), 1)) if store.is_durable else []
    assert store.outputs_since(1e9, 0, 1000) == outputs


def test_a_durable_store_continues_where_it_was_closed(reopen: Open) -> None:
    """After a restart a durable store has parameters, state, count, last quote, minute and peak."""
    store = reopen()
    state = State(b"portfolio", b"algorithm")
    value = MinuteValue(28_000_000, 1000.5, 900.0, 100.5)
    commit(store, 1, (made(("quotes", "1")), bought("a")), minutes=(value,))
    commit(store, 2, (made(("commands/algo", "c"), "command"), REPLIED), after=state)
    store = reopen()
    run = store.stored_run()
    if not store.is_durable:
        assert run is None
        return
    assert run is not None
    assert run == ({"seed": 1}, state, 2, "1", 28_000_000, 0, 1000.5)
    assert store.find([("quotes", "1")])[("quotes", "1")].decision == bought("a")


def test_a_part_of_the_state_that_is_none_is_not_written(reopen: Open) -> None:
    """An algorithm without state has none after a restart either."""
    store = reopen()
    commit(store, 1, (made(("quotes", "1")), NO_OUTPUT), after=State(b"portfolio", None))
    run = reopen().stored_run()
    assert run is None or run.state == State(b"portfolio", None)


def test_a_warm_up_is_kept_until_another_takes_its_place(reopen: Open) -> None:
    """A warm-up and the state after it are found again; None removes them."""
    store = reopen()
    warm_up = WarmUp({"seed": 1}, "prices.csv", "id", 3, 1, "2024-01-01", None, "00" * 16)
    store.keep_warm_up(warm_up, State(b"warm", None))
    store = reopen()
    stored = store.stored_warm_up()
    if not store.is_durable:
        assert stored is None
        return
    assert stored == (warm_up, State(b"warm", None))
    store.keep_warm_up(None, State(b"cold", None))
    assert reopen().stored_warm_up() is None


def test_outputs_come_in_order_page_by_page(store: DecisionStore) -> None:
    """Decisions with orders, fills or a reply come by their seq; the others do not."""
    kept = [
        (made(("quotes", "1")), bought("a")),
        (made(("quotes", "2")), NO_OUTPUT),
        (made(("quotes", "3")), FAILED),
        (made(("commands/algo", "c"), "command"), REPLIED),
    ]
    commit(store, 4, *kept)
    commit(store, 5, (made(("quotes", "4")), bought("d")))
    expected = [(1, bought("a")), (4, REPLIED), (5, bought("d"))] if store.is_durable else []
    assert store.outputs_since(1e9, 0, 100) == expected
    assert store.outputs_since(1e9, 1, 1) == expected[1:2]
    assert store.outputs_since(1e9, 5, 100) == []


def test_starts_and_rollbacks_disturb_nothing(store: DecisionStore) -> None:
    """Starts and rolled back batches may be noted at any time between two commits."""
    store.note_start("algo.py:Algo")
    store.note_rollback(3, "JournalError: the disk is full")
    commit(store, 1, (made(("quotes", "1")), bought("a")))
    store.note_start("algo.py:Algo")
    commit(store, 2, (made(("quotes", "2")), bought("b")))
    assert len(store.find([("quotes", "1"), ("quotes", "2")])) == 2
