"""The built-in algorithms, each by tables of quotes and the orders that its rule asks for.

`random` has its own tests in test_random_algo.py, `sma_cross` in test_sma_cross.py, and
`published_cross` in test_published_cross.py.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as run
from hypothesis import strategies as st

import algo_service.algorithms
from algo_service.algorithms import BUILT_IN, BuyAndHold, MeanReversion, Momentum, Rebalance
from algo_service.decisions import Batch
from algo_service.engine.engine import Engine
from algo_service.journal.memory import MemoryStore
from algo_service.journal.store import StoredRun
from algo_service.testing import play
from portfolio import MAX_QUANTITY, ParameterError
from tests.support.algorithms import ON_QUOTES

Quotes = list[tuple[str, float]]


def of(sid: str, *prices: float) -> Quotes:
    return [(sid, price) for price in prices]


# buy_and_hold


@pytest.mark.parametrize(
    ("params", "quotes", "orders"),  # of 1000 in cash
    [
        ({}, of("A", 100, 110, 50, 200), ["buy 10 A", "", "", ""]),
        # A makes room for B at its next quote, once; B is bought at its own
        (
            {},
            [("A", 100), ("B", 50), ("A", 90), ("A", 120), ("B", 45), ("A", 200), ("B", 10)],
            # 900 of equity; then 450 + 5 * 120 = 1050, of which 450 are left to buy
            ["buy 10 A", "", "sell 5 A", "", "buy 10 B", "", ""],
        ),
        # of 1050 B's part would be 525, and of 800 it is 400: 50 stay in cash
        (
            {},
            [("A", 100), ("B", 50), ("A", 90), ("A", 70), ("B", 50), ("B", 50)],
            ["buy 10 A", "", "sell 5 A", "", "buy 8 B", ""],
        ),
        # two that are new at once, and one more
        (
            {},
            [
                *(("A", 100), ("B", 50), ("C", 10), ("B", 50), ("A", 120), ("C", 10), ("B", 50)),
                *(("A", 120), ("D", 1), ("A", 120), ("D", 1), ("B", 50), ("D", 1), ("C", 10)),
                *(("D", 1), ("A", 300), ("B", 5), ("C", 90), ("D", 1)),
            ],
            # 1200, of which 400 each, then 300 each; D takes what comes free as it comes
            [
                *("buy 10 A", "", "", "", "sell 6.66667 A", "buy 40 C", "buy 8 B"),
                *("", "", "sell 0.833333 A", "buy 100 D", "sell 2 B", "buy 100 D", "sell 10 C"),
                *("buy 100 D", "", "", "", ""),
            ],
        ),
        # what an order that waits will free has yet to come
        (
            {"fill": "next"},
            [
                *(("A", 100), ("A", 100), ("B", 50), ("A", 100), ("B", 50), ("A", 100)),
                *(("B", 50), ("B", 50), ("A", 100)),
            ],
            ["buy 10 A", "", "", "sell 5 A", "", "", "buy 10 B", "", ""],
        ),
        # 100 are left and buy 2; 300 more come when the sale of A has filled
        (
            {"fill": "next", "units": "whole"},
            [
                *(("A", 300), ("A", 300), ("B", 50), ("A", 300), ("B", 50), ("A", 300)),
                *(("B", 50), ("B", 50)),
            ],
            ["buy 3 A", "", "buy 2 B", "sell 1 A", "", "", "buy 6 B", ""],
        ),
        # a sale that a limit refuses at a bad price is tried again at the next one
        (
            {"price_band": 0.5},
            [("A", 100), ("B", 50), ("A", 1000), ("A", 100), ("A", 100), ("B", 50)],
            [
                "buy 10 A",
                "",
                # of the last price that is trusted, 100
                "sell 0 A (price_band: 1000 is 900.00% away from the last quote, 100, and 50.00%"
                " is the limit)",
                "sell 0 A (price_band: 100 is 90.00% away from the last quote, 1000, and 50.00%"
                " is the limit)",
                "sell 5 A",
                "buy 10 B",
            ],
        ),
        # a limit of size ends a purchase, as it does where there is one instrument
        (
            {"max_position": 300},
            [("A", 100), ("A", 100), ("B", 50), ("A", 100), ("B", 50), ("B", 50)],
            [
                "buy 3 A (max_position: 0.00 of A and 1000.00 more is above 300.00)",
                "",
                "buy 6 B (max_position: 0.00 of B and 500.00 more is above 300.00)",
                "",
                "",
                "",
            ],
        ),
        # with another sizing the first takes all
        (
            {"sizing": "all_in"},
            [("A", 100), ("B", 50), ("A", 90), ("B", 50)],
            ["buy 10 A", "", "", ""],
        ),
        (
            {"sizing": "equal_weight", "instruments": 2},
            [("A", 100), ("B", 50), ("A", 90), ("B", 60)],
            ["buy 5 A", "buy 10 B", "", ""],
        ),
        # half of 500 + 5 * 140 is 600, and 500 are left
        (
            {"sizing": "equal_weight", "instruments": 2},
            [("A", 100), ("A", 140), ("B", 50), ("A", 90)],
            ["buy 5 A", "", "buy 10 B", ""],
        ),
        (
            {"sizing": "fixed_cash", "bet": 300},
            [("A", 100), ("B", 50), ("C", 1), ("D", 10), ("E", 5)],
            ["buy 3 A", "buy 6 B", "buy 300 C", "buy 10 D", ""],
        ),
        # 3 * 300, then 1 * 60 of the 100 that are left
        ({"units": "whole"}, [("A", 300), ("B", 60), ("A", 1)], ["buy 3 A", "buy 1 B", ""]),
        # 800 and a quarter of it
        ({"commission": 0.25}, of("A", 100, 100), ["buy 8 A", ""]),
        ({"fill": "next"}, of("A", 100, 100, 50), ["buy 10 A", "", ""]),
        # an order that waits is one, too: at the distrusted quote it has not filled
        (
            {"fill": "next", "price_band": 0.1},
            of("A", 100, 200, 200, 200),
            ["buy 10 A", "", "", ""],
        ),
    ],
)
def test_buy_and_hold_buys_equal_parts_of_each_instrument(
    params: dict[str, Any], quotes: Quotes, orders: list[str]
) -> None:
    """Buy and hold buys equal parts of each instrument and sells to make room alone."""
    assert play(BuyAndHold, quotes, cash=1000, **params).orders == orders


@pytest.mark.parametrize("units", ["fractional", "whole"])
@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_buy_and_hold_comes_to_equal_weights_of_whatever_is_quoted(count: int, units: Any) -> None:
    sids = [f"S{n}" for n in range(count)]
    quotes = [(sid, 10.0 + n) for _ in range(3 * count) for n, sid in enumerate(sids)]
    played = play(BuyAndHold, quotes, cash=100_000, units=units)
    held = played.portfolio["positions"]
    for n, sid in enumerate(sids):
        worth = held[sid]["quantity"] * (10.0 + n)
        assert worth == pytest.approx(100_000 / count, abs=count * 20 if units == "whole" else 0.01)
    assert not any(played.orders[2 * count * count :])


@run(deadline=None)
@given(
    st.lists(st.floats(1, 1000), min_size=1, max_size=30),
    st.sampled_from(
        [{}, {"units": "whole"}, {"commission": 0.01, "slippage": 0.01}, {"fill": "next"},
         {"max_order": 300}, {"max_drawdown": 0.1}, {"price_band": 0.3}]
    ),
)  # fmt: skip
def test_buy_and_hold_of_one_instrument_is_all_in(
    prices: list[float], params: dict[str, Any]
) -> None:
    equal = play(BuyAndHold, prices, cash=1000, **params)
    all_in = play(BuyAndHold, prices, cash=1000, sizing="all_in", **params)
    assert (equal.orders, equal.fills) == (all_in.orders, all_in.fills)


# mean_reversion


@pytest.mark.parametrize(
    ("params", "quotes", "orders"),  # of 700 in cash
    [
        # 10, 10, 7 have the mean 9 and the deviation sqrt(2): 7 is 1.41 of them below;
        # 10, 7, 10: mean 9, 10 is 0.71 above; 7, 10, 10: mean 9, it is not below
        (
            {"window": 3, "entry": 1},
            of("A", 10, 10, 7, 10, 10),
            ["", "", "buy 100 A", "sell 100 A", ""],
        ),
        # of 10, 10, 10, 10, 5 the mean is 9 and the deviation 2: 5 is 2 below and not more
        ({"window": 5, "entry": 2}, of("A", 10, 10, 10, 10, 5), ["", "", "", "", ""]),
        (
            {"window": 5, "entry": 1.999},
            of("A", 10, 10, 10, 10, 5),
            ["", "", "", "", "buy 140 A"],
        ),
        # of 10, 7, 8 the mean is 8.33 and the deviation 1.25: 8 is 0.27 below
        ({"window": 3, "entry": 1}, of("A", 10, 10, 7, 8), ["", "", "buy 100 A", ""]),
        (
            {"window": 3, "entry": 1, "exit": 0.5},
            of("A", 10, 10, 7, 8),
            ["", "", "buy 100 A", "sell 100 A"],
        ),
        # 10 is 0.71 above, and the exit is at 1 above
        ({"window": 3, "entry": 1, "exit": -1}, of("A", 10, 10, 7, 10), ["", "", "buy 100 A", ""]),
        # once held it is not bought again: 10, 7, 5 has the mean 7.33, and 5 is 1.14 below
        ({"window": 3, "entry": 1}, of("A", 10, 10, 7, 5), ["", "", "buy 100 A", ""]),
        # no deviation, no score
        ({"window": 3, "entry": 0}, of("A", 10, 10, 10, 10), ["", "", "", ""]),
        (
            {"window": 3, "entry": 1},
            [("A", 10), ("B", 20), ("A", 10), ("B", 20), ("A", 7), ("B", 30), ("B", 14), ("A", 10)],
            ["", "", "", "", "buy 100 A", "", "", "sell 100 A"],
        ),
        (
            {"window": 3, "entry": 1, "sizing": "fixed_cash", "bet": 70},
            [("A", 10), ("B", 20), ("A", 10), ("B", 20), ("A", 7), ("B", 14), ("A", 10), ("B", 20)],
            ["", "", "", "", "buy 10 A", "buy 5 B", "sell 10 A", "sell 5 B"],
        ),
    ],
)
def test_mean_reversion_buys_far_below_the_mean_and_sells_back_at_it(
    params: dict[str, Any], quotes: Quotes, orders: list[str]
) -> None:
    assert play(MeanReversion, quotes, cash=700, **params).orders == orders


@pytest.mark.parametrize("price", [0.1, 99.99, 345.0, 5e8, 5e-9])
@pytest.mark.parametrize("window", [2, 3, 7, 12, 45, 49])
def test_mean_reversion_sees_no_deviation_in_quotes_that_are_all_the_same(
    price: float, window: int
) -> None:
    # bought far below the mean; from then on the price stands still, and the mean comes to it
    quotes = [*of("A", *[price * 1.5] * (window - 1)), *of("A", *[price] * 3 * window)]
    played = play(MeanReversion, quotes, cash=700, window=window, entry=0.9, exit=-0.01)
    bought = [order for order in played.orders if order]
    assert len(bought) == 1
    assert bought[0].startswith("buy ")
    still = play(MeanReversion, of("A", *[price] * 3 * window), window=window, entry=0.5)
    assert not any(still.orders)


# momentum


@pytest.mark.parametrize(
    ("params", "quotes", "orders"),  # of 1200 in cash
    [
        # 12 is above 10; 11 is not above 11; 10 is below 12
        ({"lookback": 2}, of("A", 10, 11, 12, 11, 10), ["", "", "buy 100 A", "sell 100 A", ""]),
        (
            {"lookback": 1},
            of("A", 10, 12, 12, 13),
            ["", "buy 100 A", "sell 100 A", "buy 92.3077 A"],
        ),
        # a half more is not above 0.5
        (
            {"lookback": 1, "threshold": 0.5},
            of("A", 10, 15, 24, 36),
            ["", "", "buy 50 A", "sell 50 A"],
        ),
        # held while it falls by less than a half
        (
            {"lookback": 1, "threshold": -0.5},
            of("A", 10, 6, 4, 2, 1.5),
            ["", "buy 200 A", "", "sell 200 A", "buy 266.667 A"],
        ),
        (
            {"lookback": 1, "sizing": "fixed_cash", "bet": 120},
            [("A", 10), ("B", 5), ("A", 12), ("B", 4), ("B", 6), ("A", 10), ("B", 7)],
            ["", "", "buy 10 A", "", "buy 20 B", "sell 10 A", ""],
        ),
        (
            {"lookback": 1, "fill": "next"},
            of("A", 10, 12, 13, 12, 11),
            ["", "buy 100 A", "", "sell 92.3077 A", ""],
        ),
    ],
)
def test_momentum_holds_what_has_risen_over_the_lookback(
    params: dict[str, Any], quotes: Quotes, orders: list[str]
) -> None:
    assert play(Momentum, quotes, cash=1200, **params).orders == orders


@pytest.mark.parametrize(
    ("threshold", "price"), [(0.1, 110), (0.2, 120), (0.3, 130), (-0.1, 90), (0.07, 107)]
)
def test_momentum_does_not_hold_at_a_return_that_is_the_threshold(
    threshold: float, price: float
) -> None:
    orders = play(Momentum, [100, price], lookback=1, threshold=threshold).orders
    assert orders == ["", ""]


# rebalance


@pytest.mark.parametrize(
    ("params", "quotes", "orders"),  # of 1000 in cash
    [
        (
            {"every": 2},
            [
                ("A", 100), ("B", 50), ("A", 100), ("B", 50),
                # the equity is now 5 * 200 + 10 * 50 = 1500, and each share 750
                ("A", 200), ("B", 50), ("A", 200), ("B", 50),
                # 3.75 * 240 + 15 * 50 = 1650: A has 75 too much, and B lacks them
                ("A", 240), ("A", 240), ("B", 50), ("B", 50),
            ],
            [
                "", "", "buy 5 A", "buy 10 B",
                "", "", "sell 1.25 A", "buy 5 B",
                "", "sell 0.3125 A", "", "buy 1.5 B",
            ],
        ),
        (
            {"every": 2, "units": "whole"},
            [
                ("A", 100), ("B", 50), ("A", 100), ("B", 50),
                ("A", 200), ("B", 50), ("A", 200), ("B", 50),
            ],
            ["", "", "buy 5 A", "buy 10 B", "", "", "sell 1 A", "buy 4 B"],
        ),
        # one at a time: the first knows of no other, and the other buys what the next turn frees
        (
            {"every": 1},
            [("A", 100), ("B", 50), ("A", 100), ("B", 50), ("A", 100)],
            ["buy 10 A", "", "sell 5 A", "buy 10 B", ""],
        ),
        # each instrument counts its own quotes
        (
            {"every": 3},
            [("A", 100), ("A", 100), ("B", 50), ("A", 100), ("B", 50), ("A", 100), ("B", 50)],
            ["", "", "", "buy 5 A", "", "", "buy 10 B"],
        ),
        # the buy comes before the sale that pays for it, and is made up for at the next turn
        (
            {"every": 1, "max_order": 500},
            [("A", 100), ("B", 50), ("B", 100), ("A", 100), ("B", 100)],
            [
                "buy 5 A (max_order: 1000.00 is above 500.00)",
                "buy 10 B",
                "sell 2.5 B",  # of 1500, 750 each
                "buy 2.5 A",
                "",
            ],
        ),
    ],
)  # fmt: skip
def test_rebalance_brings_each_instrument_to_an_equal_share_at_its_turn(
    params: dict[str, Any], quotes: Quotes, orders: list[str]
) -> None:
    assert play(Rebalance, quotes, cash=1000, **params).orders == orders


# Any currency


RULES: dict[str, dict[str, Any]] = {
    "buy_and_hold": {},
    "sma_cross": {"fast": 2, "slow": 5},
    "mean_reversion": {"window": 5, "entry": 1},
    "momentum": {"lookback": 3},
    "rebalance": {"every": 4},
    "random": {"exit": 0.3, "seed": 5},
}


@pytest.mark.parametrize("cash", [10_000, 0.05, 1e12])
@pytest.mark.parametrize("factor", [1e-200, 1.4e-10, 1e-3, 1e6])
@pytest.mark.parametrize("name", ON_QUOTES)
def test_prices_and_cash_of_another_size_give_the_same_orders(
    name: str, factor: float, cash: float
) -> None:
    prices = [100, 103, 101, 101, 98, 95, 97, 97, 97, 102, 108, 104, 100, 99, 99, 103, 90, 90] * 4

    def orders(factor: float, cash: float) -> list[str]:
        quotes = [("AB"[n % 2], price * factor) for n, price in enumerate(prices)]
        params = {**RULES[name], "cash": cash}
        return [order.partition(" ")[0] for order in play(BUILT_IN[name], quotes, **params).orders]

    if cash / factor / 90 > MAX_QUANTITY:
        cash = factor * 10_000  # as many units as there may be
    assert orders(factor, cash) == orders(1.0, 10_000)
    assert any(orders(1.0, 10_000))


@pytest.mark.parametrize("factor", [1.0, 0.1, 0.3, 1e-8, 7e5, 1e-180])
def test_a_score_that_is_the_entry_is_so_in_any_currency(factor: float) -> None:
    quotes = of("A", *(price * factor for price in (10, 10, 10, 10, 5)))
    cash = 1000 * factor
    assert not any(play(MeanReversion, quotes, cash=cash, window=5, entry=2).orders)
    assert play(MeanReversion, quotes, cash=cash, window=5, entry=1.999).orders[-1] == "buy 200 A"


# Parameters


@pytest.mark.parametrize(
    ("name", "params", "sentence"),
    [
        ("buy_and_hold", {"sizng": "all_in"}, 'unknown parameter "sizng": did you mean "sizing"?'),
        ("buy_and_hold", {"sizing": "allin"}, "parameter sizing is 'allin': did you mean \"all_in"),
        ("mean_reversion", {"windw": 5}, 'unknown parameter "windw": did you mean "window"?'),
        ("mean_reversion", {"window": 1}, "parameter window is 1: it has to be a whole number fro"),
        ("mean_reversion", {"window": 2.5}, "parameter window is 2.5: it has to be a whole number"),
        ("mean_reversion", {"entry": -1}, "parameter entry is -1: it has to be a number from 0 to"),
        ("mean_reversion", {"exit": "x"}, "parameter exit is 'x': it has to be a number from -100"),
        ("momentum", {"lookbak": 5}, 'unknown parameter "lookbak": did you mean "lookback"?'),
        ("momentum", {"lookback": 0}, "parameter lookback is 0: it has to be a whole number from"),
        ("momentum", {"threshold": -2}, "parameter threshold is -2: it has to be a number from -1"),
        ("rebalance", {"evry": 5}, 'unknown parameter "evry": did you mean "every"?'),
        ("rebalance", {"every": 0}, "parameter every is 0: it has to be a whole number from 1 to"),
        ("rebalance", {"sizing": "all_in"}, 'unknown parameter "sizing"'),
        ("sma_cross", {"fasst": 5}, 'unknown parameter "fasst": did you mean "fast"?'),
        ("sma_cross", {"fast": 0}, "parameter fast is 0: it has to be a whole number from 1 to"),
        (
            "sma_cross",
            {"slow": 10_001},
            "parameter slow is 10001: it has to be a whole number from",
        ),
        ("sma_cross", {"fast": 30}, "fast is 30, slow 30: fast has to be less"),
        ("sma_cross", {"fast": 5, "slow": 4}, "fast is 5, slow 4: fast has to be less"),
        ("published_cross", {"fast": 30}, "fast is 30, slow 30: fast has to be less"),
        ("random", {"treshold": 0.3}, 'unknown parameter "treshold": did you mean "threshold"?'),
        ("random", {"threshold": 1.1}, "parameter threshold is 1.1: it has to be a number from 0"),
        ("random", {"bet": 5}, "parameter bet is 5: it belongs to the sizing fixed_cash"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(
    name: str, params: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ParameterError) as refused:
        Engine(BUILT_IN[name], name, {}, seed=0).initialize(params)
    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_algorithm_declares_its_parameters_with_help(
    name: str,
) -> None:
    """Every algorithm declares its parameters with help and a default or none."""
    declared = BUILT_IN[name].PARAMETERS
    assert len({each.name for each in declared}) == len(declared)
    for each in declared:
        assert each.help.endswith(".")
        if each.default is not None:
            assert each.read({}) == each.default


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_algorithm_is_short_and_promises_nothing(name: str) -> None:
    """Every algorithm is a file of under 100 lines that promises nothing."""
    module = BUILT_IN[name].__module__
    path = Path(algo_service.algorithms.__file__).with_name(f"{module.rpartition('.')[2]}.py")
    text = path.read_text()
    assert len(text.splitlines()) < 100
    assert "promises nothing" in text


# State


class LastCommitStore(MemoryStore):
    """A store that keeps what was committed last, so that another engine can continue from it."""

    def __init__(self, kept: StoredRun | None = None):
        super().__init__()
        self.kept = kept

    def stored_run(self) -> StoredRun | None:
        return self.kept

    def commit(self, batch: Batch) -> None:
        last = batch.inputs[-1].key[1]
        self.kept = StoredRun(batch.parameters, batch.after, batch.seq, last, None, 0)


PARAMS: dict[str, dict[str, Any]] = {
    "random": {"exit": 0.3},
    "buy_and_hold": {"fill": "next", "commission": 0.01},
    "sma_cross": {"fast": 2, "slow": 4, "sizing": "random_fraction"},
    "mean_reversion": {"window": 3, "entry": 1, "sizing": "random_fraction"},
    "momentum": {"lookback": 2, "fill": "next", "max_drawdown": 0.2},
    "rebalance": {"every": 3, "units": "whole", "commission": 0.01},
    "published_cross": {"fast": 2, "slow": 4},
}
PLAYED = st.lists(st.tuples(st.sampled_from("ABC"), st.integers(50, 150)), min_size=20, max_size=60)


def quote(number: int, sid: str, price: float) -> dict[str, Any]:
    return {"sid": sid, "quote": float(price), "id": str(number), "channel": "quotes"}


@pytest.mark.parametrize("name", BUILT_IN)
@run(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(played=PLAYED, split=st.integers(1, 60))
def test_an_algorithm_that_was_saved_goes_on_as_if_it_had_not_stopped(
    name: str, played: list[tuple[str, int]], split: int
) -> None:
    quotes = [quote(n, sid, price) for n, (sid, price) in enumerate(played)]
    undisturbed = Engine(BUILT_IN[name], name, {}, seed=7)
    undisturbed.initialize(PARAMS[name])
    expected = [undisturbed.decide([dict(each)])[0] for each in quotes]
    store = LastCommitStore()
    stopped = Engine(BUILT_IN[name], name, {}, 7, store)
    stopped.initialize(PARAMS[name])
    decided = [stopped.decide([dict(each)])[0] for each in quotes[:split]]
    resumed = Engine(BUILT_IN[name], name, {}, 8, LastCommitStore(store.kept))
    decided += [resumed.decide([dict(each)])[0] for each in quotes[split:]]
    assert decided == expected
    # the last quote is of the process, not of the store
    assert {**resumed.snapshot(), "last": None} == {**undisturbed.snapshot(), "last": None}


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_state_that_is_kept_does_not_grow_with_the_number_of_quotes(name: str) -> None:
    store = LastCommitStore()
    engine = Engine(BUILT_IN[name], name, {}, 7, store)
    engine.initialize(PARAMS[name])
    drawn = random.Random(7)
    sizes = []
    for number in range(2000):
        price = drawn.uniform(99, 101)
        assert "error" not in engine.decide([quote(number, "ABC"[number % 3], price)])[0]
        assert store.kept is not None
        assert store.kept.state.algorithm is not None
        sizes.append(len(store.kept.state.algorithm))
    # a few bytes by which whole numbers of several digits are longer
    assert max(sizes) <= max(sizes[:100]) + 16
