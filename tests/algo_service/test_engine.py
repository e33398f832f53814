"""The engine: quotes in, decisions out; no network, no clock."""

import asyncio
import itertools
import json
import logging
import os
import pickle
import random
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_service import Engine, RandomAlgo
from algo_service.decisions import Batch
from algo_service.engine.failure import own_traceback
from algo_service.errors import AlgoServiceError, InitializeError, JournalError
from algo_service.journal.memory import MemoryStore
from algo_service.loader import load
from portfolio import MaxDrawdown, ParameterError, Portfolio
from tests.support.processes import ROOT


def quote(n: int = 1, price: Any = 100.0, **fields: Any) -> dict[str, Any]:
    return {"sid": "GOOG", "quote": price, "id": str(n), "channel": "quotes", **fields}


def engine(create: Any, /, params: Mapping[str, Any] | None = None, **overrides: Any) -> Engine:
    made = Engine(create, "algo", overrides, seed=7)
    made.initialize(params or {})
    return made


class Halves:
    """Buys for half of the cash on every quote, and fails where it is told to."""

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        self.portfolio = Portfolio(params["cash"])
        return ["quotes"]

    def event(self, data: dict[str, Any]) -> None:
        self.portfolio.buy(data, self.portfolio.cash / 2)
        if data.get("fail"):
            raise ZeroDivisionError("told to")


class Returns:
    """Has no portfolio; returns whatever the quote says."""

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        return ["quotes"]

    def event(self, data: dict[str, Any]) -> Any:
        return data.get("returns")


def test_orders_and_fills_are_json_text_in_the_contracts_order_with_floats() -> None:
    (decision,) = engine(Halves, {"cash": 1000}).decide([quote(7, "100", ts="2013-03-01")])
    assert decision == {
        "orders": [
            '{"id":"algo:quotes:7:0","algo":"algo","sid":"GOOG","side":"buy","kind":"market",'
            '"quantity":5.0,"price":100.0,"amount":500.0,"ts":"2013-03-01","quote_id":"7"}'
        ],
        "fills": [
            '{"id":"algo:quotes:7:0","order_id":"algo:quotes:7:0","algo":"algo","sid":"GOOG",'
            '"side":"buy","quantity":5.0,"price":100.0,"amount":500.0,"fee":0.0,'
            '"ts":"2013-03-01","quote_id":"7"}'
        ],
    }


def test_a_failed_quote_changes_no_portfolio_and_stops_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A quote that fails leaves the portfolio as it was and stops nothing."""
    whole = []

    def spy(error: BaseException) -> str:
        whole.append("".join(traceback.format_exception(error)))
        return own_traceback(error)

    monkeypatch.setattr("algo_service.engine.failure.own_traceback", spy)
    driven = engine(Halves, {"cash": 1000})
    first, failed, third = driven.decide([quote(1), quote(2, 200.0, fail=True), quote(3)])
    assert failed["error"] == "ZeroDivisionError: told to"
    assert failed["traceback"].startswith("Traceback (most recent call last):\n")
    assert "in event" in failed["traceback"]
    # our own frames were there, and are cut
    ours = f"{ROOT / 'algo_service'}{os.sep}"
    assert whole
    assert all(ours in trace for trace in whole)
    assert ours not in failed["traceback"]
    undisturbed = engine(Halves, {"cash": 1000})
    assert undisturbed.decide([quote(1), quote(3)]) == [first, third]
    assert undisturbed.snapshot()["equity"] == driven.snapshot()["equity"] == 1000.0


def test_a_bad_quote_is_an_error_in_its_place() -> None:
    first, bad, third = engine(Halves, {"cash": 1000}).decide([quote(1), {"sid": 5}, quote(3)])
    assert bad == {
        "error": 'QuoteError: "quote" is missing: a quote has at least sid, quote, id and channel',
        "traceback": "",
        "type": "QuoteError",
        "place": "",
    }
    assert first["orders"]
    assert third["orders"]


@pytest.mark.parametrize("ts", [0, "soon", "2024-02-31", 1_700_000_000_123_456_789, [], True])
def test_a_quote_with_an_invalid_ts_is_an_error_and_changes_nothing(ts: Any) -> None:
    """A quote whose ts is no time is an error in its place and changes nothing."""
    driven, undisturbed = (engine(Halves, {"cash": 1000}) for _ in range(2))
    first, bad, third = driven.decide([quote(1), quote(2, ts=ts), quote(3)])
    assert bad["error"].startswith('QuoteError: "ts" is ')
    assert bad["traceback"] == ""
    assert undisturbed.decide([quote(1), quote(3)]) == [first, third]
    assert driven.snapshot() == undisturbed.snapshot()


class Exits(Returns):
    def event(self, data: dict[str, Any]) -> None:
        raise SystemExit("enough")


class Interrupts(Returns):
    def event(self, data: dict[str, Any]) -> None:
        raise KeyboardInterrupt


class Cancels(Returns):
    def event(self, data: dict[str, Any]) -> None:
        raise asyncio.CancelledError("later")


class Verbose(Returns):
    def event(self, data: dict[str, Any]) -> None:
        raise ValueError("y" * 3_000_000)


class Unspeakable(Returns):
    def event(self, data: dict[str, Any]) -> None:
        class SilentError(Exception):
            def __str__(self) -> str:
                raise RuntimeError("no words")

        raise SilentError


class HalfSurrogate(Halves):
    def event(self, data: dict[str, Any]) -> None:
        self.portfolio.buy({**data, "sid": "\ud800"}, 10)


@pytest.mark.parametrize(
    ("algorithm", "error"),
    [
        (Exits, "SystemExit: enough"),
        (Interrupts, "KeyboardInterrupt: "),
        (Cancels, "CancelledError: later"),
        (Verbose, "ValueError: yyy"),
        (Unspeakable, "SilentError"),
        (HalfSurrogate, "UnicodeEncodeError: "),
    ],
)
def test_whatever_an_algorithm_raises_is_one_bad_quote(algorithm: Any, error: str) -> None:
    (decision,) = engine(algorithm, {"cash": 1000}).decide([quote()])
    assert decision["error"].startswith(error)
    assert len(json.dumps(decision).encode()) < 100_000


def test_an_algorithm_without_a_portfolio_returns_its_orders() -> None:
    one = {"side": "buy", "sid": "AAPL", "quantity": 2}
    driven = engine(Returns)
    nothing, single, several = driven.decide(
        [quote(1), quote(2, returns=one), quote(3, returns=[one, {**one, "side": "sell"}])]
    )
    assert nothing == {"orders": [], "fills": []}
    assert json.loads(single["orders"][0]) == {
        "id": "algo:quotes:2:0", "algo": "algo", "sid": "AAPL", "side": "buy", "kind": "market",
        "quantity": 2.0, "price": 100.0, "amount": 200.0, "ts": None, "quote_id": "2",
    }  # fmt: skip
    assert [json.loads(order)["id"] for order in several["orders"]] == [
        "algo:quotes:3:0",
        "algo:quotes:3:1",
    ]
    # they are for another instrument than the quotes: they wait for its next one
    assert single["fills"] == several["fills"] == []
    (filled,) = driven.decide([quote(4, 50.0, sid="AAPL")])
    assert [json.loads(fill)["side"] for fill in filled["fills"]] == ["buy", "buy", "sell"]
    held = {"AAPL": {"quantity": 2.0, "average_cost": 50.0, "price": 50.0}}
    assert (driven.snapshot()["cash"], driven.snapshot()["positions"]) == (49900.0, held)


@pytest.mark.parametrize(
    ("returned", "sentence"),
    [
        (5, "event returned 5: an order is a map"),
        ("buy", "event returned 'buy'"),
        ({"sid": "A", "quantity": 1}, "side is None"),
        ({"side": "hold", "sid": "A", "quantity": 1}, "side is 'hold'"),
        ({"side": "buy", "quantity": 1}, "sid is None"),
        ({"side": "buy", "sid": "A"}, "quantity is None"),
        ({"side": "buy", "sid": "A", "quantity": 0}, "quantity is 0"),
        ({"side": "buy", "sid": "A", "quantity": float("inf")}, "quantity is inf"),
        ({"side": "buy", "sid": "A", "quantity": True}, "quantity is True"),
    ],
)
def test_what_is_no_order_is_an_error_that_says_why(returned: Any, sentence: str) -> None:
    (decision,) = engine(Returns).decide([quote(returns=returned)])
    assert decision["error"].startswith("OrderError: ")
    assert sentence in decision["error"]


@given(
    st.lists(st.tuples(st.floats(0.01, 1e6), st.booleans()), max_size=60),
    st.lists(st.integers(1, 10), max_size=60),
)
def test_batches_are_invisible_in_results(
    prices: list[tuple[float, bool]], sizes: list[int]
) -> None:
    def quotes() -> list[dict[str, Any]]:
        return [quote(n, p if good else -p) for n, (p, good) in enumerate(prices)]

    one_by_one = engine(RandomAlgo, exit=0.25)
    expected = [decision for q in quotes() for decision in one_by_one.decide([q])]
    batched = engine(RandomAlgo, exit=0.25)
    decided, left = [], quotes()
    for size in [*sizes, len(left) or 1]:
        decided += batched.decide(left[:size])
        left = left[size:]
    assert decided == expected
    assert batched.snapshot() == one_by_one.snapshot()


def test_the_same_parameters_again_reset_nothing() -> None:
    driven = engine(RandomAlgo, {"cash": 1000}, threshold=0)
    driven.decide([quote()])
    before = driven.snapshot()
    assert driven.initialize({"cash": 1000}) == ["quotes"]
    assert driven.snapshot() == before


def test_other_parameters_are_refused_once_it_has_begun_and_taken_before() -> None:
    driven = engine(RandomAlgo, {"cash": 1000})
    driven.initialize({"cash": 2000})
    assert driven.snapshot()["cash"] == 2000
    driven.decide([quote()])
    with pytest.raises(ParameterError, match="has started with starting_cash=2000, not 3000"):
        driven.initialize({"cash": 3000})


def test_the_services_parameters_win_over_the_callers() -> None:
    driven = engine(RandomAlgo, {"threshold": 0.1, "cash": 1}, threshold=0.9)
    expected = {"threshold": 0.9, "exit": 0, "starting_cash": 1, "seed": 7}
    assert {name: driven.parameters[name] for name in expected} == expected


def test_cash_and_starting_cash_are_one_for_the_reader_too() -> None:
    seen: dict[str, Any] = {}

    class Reads(Returns):
        def initialize(self, params: Mapping[str, Any]) -> list[str]:
            seen.update(params)
            return ["quotes"]

    engine(Reads, {"cash": 50000})
    assert (seen["cash"], seen["starting_cash"]) == (50000, 50000)


def test_an_algorithm_that_draws_from_the_module_random_is_reproducible() -> None:
    class Global(Returns):
        def event(self, data: dict[str, Any]) -> Any:
            return {"side": "buy", "sid": "A", "quantity": random.random() + 1}

    first, second = (engine(Global).decide([quote()]) for _ in range(2))
    assert first == second


def test_quotes_before_initialize_are_refused_as_a_whole() -> None:
    with pytest.raises(AlgoServiceError, match="initialize has not been called"):
        Engine(RandomAlgo, "algo", {}, seed=7).decide([quote()])


@pytest.mark.parametrize("channels", [None, "quotes", [], [""], [5]])
def test_an_initialize_that_returns_no_channels_is_refused(channels: Any) -> None:
    class Wrong(Returns):
        def initialize(self, params: Mapping[str, Any]) -> Any:
            return channels

    with pytest.raises(AlgoServiceError, match="initialize returned"):
        engine(Wrong)


def test_what_event_returns_beside_a_portfolio_is_said_once_to_be_ignored(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Both(Halves):
        def event(self, data: dict[str, Any]) -> Any:
            super().event(data)
            return {"side": "buy", "sid": "GOOG", "quantity": 1}

    caplog.set_level(logging.WARNING)
    decisions = engine(Both, {"cash": 1000}).decide([quote(1), quote(2)])
    assert [len(each["orders"]) for each in decisions] == [1, 1]
    (message,) = caplog.messages
    assert "is ignored: orders come from self.portfolio" in message


def test_seq_counts_the_quotes_decided_the_failed_ones_included() -> None:
    driven = engine(Halves, {"cash": 1000})
    driven.decide([quote(1), quote(2, fail=True), {"sid": "no quote"}, quote(1)])
    assert (driven.snapshot()["seq"], driven.snapshot()["quote_id"]) == (2, "2")


def test_a_quote_seen_again_gets_the_decision_of_then_and_changes_nothing() -> None:
    driven = engine(Halves, {"cash": 1000})
    first, twin = driven.decide([quote(1), quote(1)])
    before = driven.snapshot()
    (again,) = driven.decide([quote(1)])
    assert again == twin == first
    assert driven.snapshot() == before


def test_the_same_key_with_other_content_is_an_error() -> None:
    driven = engine(Halves, {"cash": 1000})
    _, in_batch = driven.decide([quote(1), quote(1, 101.0)])
    (later,) = driven.decide([quote(1, ts="2013-03-01")])
    (elsewhere,) = driven.decide([quote(1, channel="other")])
    expected = 'QuoteError: id used before: "1" on quotes, with other content'
    assert in_batch["error"] == later["error"] == expected
    assert elsewhere["orders"]


def test_the_order_of_a_quotes_fields_is_no_other_content() -> None:
    driven = engine(Halves, {"cash": 1000})
    (first,) = driven.decide([quote(1, volume={"a": 1, "b": 2})])
    turned = dict(reversed(quote(1, volume={"b": 2, "a": 1}).items()))
    assert driven.decide([turned]) == [first]


class Falls(Halves):
    """Buys for half of the cash on every quote, and has a drawdown limit."""

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        self.portfolio = Portfolio(params["cash"], limits=[MaxDrawdown(0.1)])
        return ["quotes"]


def command(name: str, command_id: str, **fields: Any) -> dict[str, Any]:
    return {"channel": "commands/algo", "id": command_id, "command": name, **fields}


_ids = itertools.count()


def reply(driven: Engine, name: str, **fields: Any) -> dict[str, Any]:
    (decision,) = driven.decide([command(name, f"c{next(_ids)}", **fields)])
    answer: dict[str, Any] = json.loads(decision["reply"])
    return answer


def reason(decision: Any) -> str | None:
    (order,) = decision["orders"]
    return json.loads(order).get("reason")


def test_buying_that_a_limit_has_stopped_goes_on_after_a_reset() -> None:
    driven = engine(Falls, {"cash": 1000})
    assert reply(driven, "reset")["outcome"] == "unchanged"
    bought, stopped = driven.decide([quote(1, 100.0), quote(2, 50.0)])
    assert reason(bought) is None
    halt = driven.snapshot()["halt"]
    assert halt.startswith("max_drawdown: ")
    assert halt == reason(stopped)
    assert reply(driven, "reset")["text"] == f"reset: {halt}"
    assert driven.snapshot()["halt"] is None
    (after,) = driven.decide([quote(3, 50.0)])
    assert reason(after) is None


def test_a_command_that_cannot_be_kept_changes_nothing() -> None:
    class Full(MemoryStore):
        is_full = False

        def commit(self, batch: Batch) -> None:
            if self.is_full:
                raise JournalError("the disk is full")
            super().commit(batch)

    store = Full()
    driven = Engine(Falls, "algo", {}, seed=7, store=store)
    driven.initialize({"cash": 1000})
    driven.decide([quote(1, 100.0), quote(2, 50.0)])
    halted = driven.snapshot()
    store.is_full = True
    for name in ("reset", "halt"):
        with pytest.raises(JournalError):
            reply(driven, name)
    assert driven.snapshot() == halted


def test_undeclared_parameters_that_are_not_read_are_reported(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What initialize does not read is told of where nothing is declared."""
    caplog.set_level(logging.WARNING)
    engine(Halves, {"cash": 1000, "sizng": "all_in"})
    assert caplog.messages == ["initialize of algo does not read the parameter sizng"]


def test_a_quote_beyond_messagepack_leaves_the_next_digest_alone() -> None:
    """A quote that messagepack cannot hold leaves the next ones digest alone."""
    driven = engine(Halves, {"cash": 1000})
    first, _, again = driven.decide([quote(1), quote(2, more=2**70), quote(1)])
    assert again == first


def test_the_ledger_in_memory_forgets_the_oldest_decisions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(MemoryStore, "MAX_DECISIONS", 3)
    ledger = MemoryStore()
    driven = Engine(Halves, "algo", {}, seed=7, store=ledger)
    driven.initialize({"cash": 1000})
    driven.decide([quote(1), quote(2)])
    driven.decide([quote(3), quote(4), quote(5)])
    keys = [("quotes", str(n)) for n in range(1, 6)]
    assert list(ledger.find(keys)) == keys[2:]


AUTHORS = """
from portfolio import Portfolio


class Reads:
    def initialize(self, params):
        self.portfolio = Portfolio(self.cash(params))
        return ["quotes"]

    def cash(self, params):
        return params["cahs"]

    def event(self, data): ...


class Indebted(Reads):
    def cash(self, params):
        return -5


class Quotes(Reads):
    def cash(self, params):
        import json
        return json.loads("{")


class Ends(Reads):
    def cash(self, params):
        raise SystemExit("enough")


class Hides(Reads):
    def cash(self, params):
        try:
            return Portfolio("much").cash
        except ValueError as error:
            raise RuntimeError("no cash") from error


class Made(Reads):
    def __init__(self):
        self.made = 1 / 0
"""


@pytest.mark.parametrize(
    ("name", "told", "place", "lines"),
    [
        ("Reads", "KeyError: 'cahs'", "line 11", ["initialize", "cash"]),
        # the last line of the author's, whoever raised beneath it
        (
            "Indebted",
            "ValueError: the starting cash is -5: it has to be finite and at least 0",
            "line 7",
            ["initialize"],
        ),
        ("Quotes", "JSONDecodeError: ", "line 24", ["initialize", "cash", "loads"]),
        ("Ends", "SystemExit: enough", "line 29", ["initialize", "cash"]),
        ("Hides", "RuntimeError: no cash", "line 37", ["initialize", "cash"]),
        ("Made", "ZeroDivisionError: division by zero", "line 42", ["__init__"]),
    ],
)
def test_an_exception_in_initialize_shows_the_authors_lines(
    tmp_path: Path, name: str, told: str, place: str, lines: list[str]
) -> None:
    """An exception in an initialize is one sentence with the authors lines."""
    file = tmp_path / "my_algo.py"
    file.write_text(AUTHORS)
    _, create = load(f"{file}:{name}")
    with pytest.raises(InitializeError) as raised:
        engine(create)
    text, trace = str(raised.value), raised.value.traceback
    assert text.startswith(f"initialize raised {told}")
    assert text.endswith(f" (my_algo.py, {place})")
    assert "\n" not in text
    assert all(f"in {line}\n" in trace for line in lines)
    ours = [f"{ROOT / package}{os.sep}" for package in ("algo_service", "portfolio")]
    whole = "".join(traceback.format_exception(raised.value.__context__))
    assert ours[0] in whole
    assert (ours[1] in whole) is (name in ("Indebted", "Hides"))
    assert not any(path in trace for path in ours)
    # as it travels between the processes of a sweep
    travelled = pickle.loads(pickle.dumps(raised.value))
    assert (str(travelled), travelled.traceback) == (text, trace)


def test_a_sentence_that_initialize_raises_stays_that_sentence() -> None:
    class Refuses(Returns):
        def initialize(self, params: Mapping[str, Any]) -> list[str]:
            raise ParameterError("fast is 30, slow 30: fast has to be less")

    with pytest.raises(ParameterError, match=r"^fast is 30, slow 30: fast has to be less$"):
        engine(Refuses)


def test_an_algorithm_that_declares_nothing_gets_its_cash_and_seed() -> None:
    seen: dict[str, Any] = {}

    class Reads(Returns):
        def initialize(self, params: Mapping[str, Any]) -> list[str]:
            seen.update(params)
            return ["quotes"]

    engine(Reads)
    assert seen == {"cash": 50000, "starting_cash": 50000, "seed": 7}
