"""Numbers of numpy and Decimal in orders, calls and states, live and in a backtest alike."""

from __future__ import annotations

import copy
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from algo_service.backtest import backtest
from algo_service.engine.encoding import encode
from algo_service.engine.engine import Engine
from algo_service.errors import AlgoServiceError, InitializeError, StateError
from algo_service.journal import codec
from algo_service.journal.sqlite import SqliteStore
from algo_service.journal.store import DecisionStore
from portfolio import ParameterError, Portfolio

VALUES: list[Any] = [
    np.float64(0.1),
    np.float32(0.1),
    np.int64(-3),
    np.uint64(2**64 - 1),
    np.bool_(True),
    np.complex128(1 + 2j),
    np.str_("text"),
    np.datetime64("2024-01-10T21:55", "m"),
    np.array(2.5),
    np.arange(6, dtype=np.int32).reshape(2, 3),
    np.array([1.5, np.nan, np.inf], dtype=">f4"),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.zeros((0, 3)),
    np.array(["a", "bcd"]),
    Decimal("0.10"),
    Decimal("NaN"),
    Fraction(1, 3),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_state_comes_back_with_its_types_and_bytes(value: Any) -> None:
    kept = {"list": [value], "tuple": (value, 2**70), "value": value}
    back = codec.decode(codec.encode(kept))
    for each in (back["list"][0], back["tuple"][0], back["value"]):
        assert type(each) is type(value)
        assert repr(each) == repr(value)
        assert getattr(each, "dtype", None) == getattr(value, "dtype", None)
    assert back["tuple"][1] == 2**70
    assert codec.encode(back) == codec.encode(kept)


def test_a_number_of_numpy_is_a_key_and_a_restored_array_is_writable() -> None:
    """A number of numpy is a key and an array that comes back can be written to."""
    back = codec.decode(codec.encode({np.int64(5): np.zeros(3)}))
    back[np.int64(5)][0] = 1.0
    assert list(back[5]) == [1.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (np.array([1, "a", None], dtype=object), "numpy's ndarray of the dtype object holds more"),
        (np.zeros(2, dtype=[("price", float)]), "numpy's ndarray of the dtype [('price', '<f8')]"),
        (np.ma.masked_array([1.0]), "MaskedArray masked_array(data=[1.]"),
        (object, "type <class 'object'> is not plain data, which is None, bool, int"),
    ],
)
def test_what_cannot_be_kept_is_named_with_what_can(value: Any, sentence: str) -> None:
    with pytest.raises(StateError) as refused:
        codec.encode({"value": [value]})
    assert sentence in str(refused.value)


def test_a_state_that_is_too_deep_is_refused() -> None:
    nest: Any = 2**70
    for _ in range(5000):
        nest = [nest]
    with pytest.raises(StateError, match="cannot be kept"):
        codec.encode(nest)


def quotes(count: int) -> list[dict[str, Any]]:
    prices = (100.0 + 10 * np.sin(np.arange(count))).tolist()
    return [
        {"sid": "GOOG", "quote": price, "id": str(n), "channel": "quotes"}
        for n, price in enumerate(prices, 1)
    ]


class Marks:
    """Buys for some cash at each quote. From quote to quote `save` returns what `mark` says."""

    mark: Callable[[int], Any] = staticmethod(lambda _: 0)

    def initialize(self, params: Any) -> list[str]:
        self.portfolio = Portfolio(params["cash"])
        self.n = 0
        self.last = ""
        return ["quotes"]

    def save(self) -> Any:
        return {"n": self.n, "last": self.last, "mark": self.mark(int(self.last or 0))}

    def load(self, data: Any) -> None:
        self.n, self.last = data["n"], data["last"]

    def event(self, data: dict[str, Any]) -> None:
        self.n += 1
        self.last = data["id"]
        self.portfolio.buy(data, self.n)


def live(
    create: Any, given: list[dict[str, Any]], size: int, store: DecisionStore | None = None
) -> Any:
    """Returns what an engine makes of quotes, by batches: the errors by id, orders, the equity."""
    engine = Engine(create, create.__name__, {}, 7, store)
    engine.initialize({})
    entries: list[Any] = []
    for start in range(0, len(given), size):
        entries += engine.decide(copy.deepcopy(given[start : start + size]))
    failed = {q["id"]: e["error"] for q, e in zip(given, entries, strict=True) if "error" in e}
    orders = [text for each in entries for text in each.get("orders", ())]
    return failed, orders, engine.snapshot()["equity"]


def history(create: Any, given: list[dict[str, Any]]) -> Any:
    """Returns the same of a backtest, whose errors are told by their first quote alone."""
    orders: list[str] = []
    result = backtest(create, given, {"seed": 7}, on_order=lambda each: orders.append(encode(each)))
    return result, orders


def never(n: int) -> Any:
    return object() if n else 0


def unless(is_bad: Callable[[int], bool]) -> Callable[[int], Any]:
    return lambda n: object() if is_bad(n) else np.float64(n)


UNKEPT: dict[str, Callable[[int], Any]] = {
    "one": unless(lambda n: n == 500),
    "some": unless(lambda n: n % 7 == 3),
    "the last of a chunk": unless(lambda n: n in (1000, 2000)),
    "all after 1,500": unless(lambda n: n > 1500),
    "where save raises": lambda n: 1 // (n - 700),
}


def is_kept(mark: Callable[[int], Any], n: int) -> bool:
    try:
        return type(mark(n)) is not object
    except ZeroDivisionError:
        return False


@pytest.mark.parametrize("mark", UNKEPT.values(), ids=UNKEPT)
def test_a_quote_whose_state_cannot_be_kept_fails_alone(
    mark: Callable[[int], Any], tmp_path: Path
) -> None:
    """A quote whose state cannot be kept fails alone live and in a backtest alike."""
    algo = type("Algo", (Marks,), {"mark": staticmethod(mark)})
    given = quotes(2500)
    journal = SqliteStore(tmp_path / "journal.db", "Algo")
    failed, orders, equity = live(algo, given, 1, journal)
    journal.close()
    assert list(failed) == [q["id"] for q in given if not is_kept(mark, int(q["id"]))]
    result, by_history = history(algo, given)
    assert result.failed == len(failed)
    assert by_history == orders
    assert result.performance.equity == equity
    (reason,) = {sentence.partition(" at 0x")[0] for sentence in failed.values()}
    assert result.errors[0].error.startswith(reason)
    # as if those that failed had not come
    good = [q for q in given if q["id"] not in failed]
    assert live(algo, good, 1)[1:] == (orders, equity)


@pytest.mark.parametrize("size", [7, 500, 2500])
def test_of_a_batch_only_quotes_with_a_lost_state_fail(
    size: int,
) -> None:
    """Of a batch whose state cannot be kept those quotes fail after which it cannot."""
    algo = type(
        "Algo",
        (Marks,),
        {"mark": staticmethod(unless(lambda n: (n > 0 and n % 7 == 0) or n > 1500))},
    )
    given = quotes(2500)
    one_by_one = live(algo, given, 1)
    errors, *others = live(algo, given, size)
    if size == 7:
        assert (list(errors), others) == (list(one_by_one[0]), list(one_by_one[1:]))
    else:  # batches that end with a good state are kept as they are
        assert set(errors) >= {str(n) for n in range(1501, 2501)}
        assert len(errors) < 2500


def test_where_no_state_can_be_kept_every_quote_fails_with_that_reason() -> None:
    algo = type("Algo", (Marks,), {"mark": staticmethod(never)})
    failed, orders, equity = live(algo, quotes(3), 2)
    assert len(failed) == 3
    assert (orders, equity) == ([], 50000.0)
    with pytest.raises(AlgoServiceError, match=r"every one of 3 quotes failed: StateError: save"):
        backtest(algo, quotes(3))


def test_a_large_state_that_cannot_be_kept_ends_a_backtest() -> None:
    """A large state that cannot be kept ends a backtest where the quote is not known."""

    class Large(Marks):
        def save(self) -> Any:
            return {**super().save(), "large": [0.0] * 20_000}

    algo = type("Algo", (Large,), {"mark": staticmethod(unless(lambda n: n >= 1200))})
    with pytest.raises(AlgoServiceError, match="since a quote after 1"):
        backtest(algo, quotes(2500))
    early = type("Algo", (Large,), {"mark": staticmethod(unless(lambda n: n == 1))})
    assert backtest(early, quotes(50)).failed == 1


class Bare(Marks):
    def initialize(self, params: Any) -> list[str]:
        super().initialize(params)
        del self.last
        return ["quotes"]


def test_a_save_that_fails_is_reported_before_the_first_quote() -> None:
    """A save that fails before the first quote is told at once with its line."""
    with pytest.raises(
        InitializeError, match=r"save raised AttributeError: .*test_values\.py, lin"
    ):
        Engine(Bare, "Bare", {}, 7).initialize({})
    with pytest.raises(InitializeError, match="save raised AttributeError"):
        backtest(Bare, quotes(3))
    algo = type("Algo", (Marks,), {"mark": staticmethod(lambda _: object())})
    with pytest.raises(StateError, match="object <object object at"):
        Engine(algo, "Algo", {}, 7).initialize({})


def test_parameters_of_any_kind_of_number_are_kept_as_plain_ones() -> None:
    """Parameters of any kind of number are plain in what is kept and told."""
    given = {"fast": np.int64(3), "slow": np.float64(5.0), "commission": Decimal("0.002")}
    result = backtest("sma_cross", quotes(50), {**given, "cash": np.float32(1000)})
    shown = {name: result.parameters[name] for name in (*given, "starting_cash")}
    assert repr(shown) == ("{'fast': 3, 'slow': 5, 'commission': 0.002, 'starting_cash': 1000.0}")
    plain = backtest(Marks, quotes(5), {"mine": np.int8(3), "other": Fraction(1, 4), "x": [1]})
    shown = {name: plain.parameters[name] for name in ("mine", "other", "x")}
    assert repr(shown) == "{'mine': 3, 'other': 0.25, 'x': [1]}"
    with pytest.raises(ParameterError, match="parameter mine is Decimal"):
        backtest(Marks, quotes(5), {"mine": Decimal("NaN")})


@pytest.mark.parametrize("price", [np.float32(2.5), np.int64(3), Decimal("2.5"), Fraction(5, 2)])
def test_prices_of_maps_are_any_real_number(price: Any) -> None:
    given = [{"sid": "GOOG", "quote": price, "id": str(n)} for n in range(1, 4)]
    result = backtest(Marks, given, {"cash": 1e6})
    assert (result.failed, result.orders) == (0, 3)
    assert repr(set(result.order_frame["price"].tolist())) == repr({float(price)})
    with pytest.raises(AlgoServiceError, match="a price is a number"):
        backtest(Marks, [{"sid": "GOOG", "quote": np.bool_(True)}])
