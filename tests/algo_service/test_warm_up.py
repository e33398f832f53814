"""Warm-up: history before the first live quote gives the algorithm its state, and no order."""

from __future__ import annotations

import csv
import io
import json
import logging
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from algo_service import Engine
from algo_service.algorithms import BUILT_IN, RandomAlgo, SmaCross
from algo_service.decisions import Failure, State
from algo_service.engine.driver import Driver, TimedQuote
from algo_service.engine.encoding import encode
from algo_service.errors import WarmUpError
from algo_service.history import FeedHistory
from algo_service.journal.codec import decode
from algo_service.journal.recording import Recording
from algo_service.journal.report import summary
from algo_service.journal.sqlite import SqliteStore
from algo_service.verify.repeat import Repetition
from portfolio import OrderAccount, ParameterError, Portfolio
from tests.portfolio import random_runs
from tests.support.algorithms import ON_QUOTES

QUOTE = {"sid": "GOOG", "channel": "quotes"}


def quotes(count: int, start: int = 0, run: str = "r", seed: int = 1) -> list[dict[str, Any]]:
    """Those from `start` on of an endless random walk."""
    draw, price, made = random.Random(seed), 100.0, []
    for n in range(start + count):
        price = max(1.0, price * draw.uniform(0.97, 1.0305))
        made.append({**QUOTE, "quote": price, "id": f"{run}:{n}", "ts": 1_700_000_000 + 60 * n})
    return made[start:]


class Past:
    """A history in memory, which counts how often it is read."""

    def __init__(self, history: list[dict[str, Any]], sources: str = "past.csv"):
        self.history = history
        self.sources = self.identity = sources
        self.reads = 0

    def quotes(
        self, _channels: list[str], refuse: Callable[[Any, Failure], None]
    ) -> Iterator[TimedQuote]:
        self.reads += 1
        return ((dict(quote), None) for quote in self.history)

    def passed(self, quote: dict[str, Any]) -> None: ...


def engine(
    create: Any, history: Any = None, journal: Path | None = None, seed: int = 7, **overrides: Any
) -> Engine:
    ledger = SqliteStore(journal, "algo") if journal else None
    return Engine(create, "algo", overrides, seed, ledger, history=history)


def close(each: Engine) -> None:
    each._store.close()


def prices(state: State) -> list[float]:
    """Return the prices of GOOG that a `sma_cross` has kept."""
    assert state.algorithm is not None
    prices, *_ = decode(state.algorithm)["crossings"].get("GOOG", [[]])
    return prices


def test_a_warmed_up_average_decides_as_one_that_saw_all_bars() -> None:
    """An average over 200 bars that is warmed up decides as one that saw all 400."""
    given_first, live = quotes(200, run="past"), quotes(200, 200)
    params = {"fast": 20, "slow": 200, "starting_cash": 10000, "sizing": "all_in", "seed": 7}
    cold = Driver(SmaCross, "algo", params)
    expected: list[str] = []
    timed = [(dict(quote), None) for quote in [*given_first, *live]]
    cold.play(timed, lambda *_: expected.extend(map(encode, cold.portfolio.orders)), pytest.fail)
    warmed = engine(SmaCross, Past(given_first))
    warmed.initialize(params)
    decisions = warmed.decide(live)
    assert len(expected) >= 3
    assert [order for each in decisions for order in each["orders"]] == expected
    assert warmed._state == cold.state
    blind = engine(SmaCross)
    blind.initialize(params)
    assert blind.decide([dict(quote) for quote in live]) != decisions


@pytest.mark.parametrize("name", ON_QUOTES)
def test_a_built_in_algorithm_places_no_order_and_keeps_its_cash(name: str) -> None:
    warmed = engine(BUILT_IN[name], Past(quotes(150)))
    warmed.initialize({"cash": 1234})
    portfolio = warmed._driver.portfolio
    assert portfolio.prices == {"GOOG": quotes(150)[-1]["quote"]}
    assert (portfolio.orders, portfolio.fills, portfolio.rejections) == ([], [], [])
    snapshot = warmed.snapshot()
    assert (snapshot["cash"], snapshot["equity"], snapshot["positions"]) == (1234.0, 1234.0, {})
    assert (snapshot["seq"], snapshot["quote_id"], snapshot["halt"]) == (0, None, None)
    # and trades as ever once quotes are live
    assert any(each["orders"] for each in warmed.decide(quotes(200, 150)))


@hypothesis_settings(deadline=None)
@given(random_runs.settings(), random_runs.STEPS)
def test_history_gives_no_order_and_trips_no_limit(
    params: dict[str, Any], steps: list[random_runs.Step]
) -> None:
    """Under any sizing costs and limits history gives no order and trips no limit."""
    made: list[Portfolio] = []
    told: list[bool] = []  # an assertion in event would be one failed quote

    class Acts:
        def initialize(self, params: Mapping[str, Any]) -> list[str]:
            self.portfolio = Portfolio.from_params(params)
            made.append(self.portfolio)
            return ["quotes"]

        def event(self, data: dict[str, Any]) -> None:
            for action in steps[int(data["id"])].actions:
                told.append(random_runs.act(self.portfolio, data, action))
                # whatever it believes to hold
                told.append(self.portfolio.sell(data, 3) == 0.0)
                told.append(self.portfolio.orders == self.portfolio.rejections == [])

    warmed = engine(Acts, Past(random_runs.quotes(steps)))
    warmed.initialize(params)
    (portfolio,) = made
    assert told == [True] * 3 * sum(len(step.actions) for step in steps)
    assert portfolio.cash == portfolio.equity == params["starting_cash"]
    assert portfolio.positions == {}
    assert (portfolio.orders, portfolio.fills, portfolio.pending) == ([], [], ())
    assert portfolio.rejections == []
    assert portfolio.halt is None
    assert portfolio.realised == portfolio.fees == 0


def test_limits_know_the_prices_of_the_history() -> None:
    """Limits know the history so that a first live price may be too far away."""
    history = [{**quote, "quote": 100.0} for quote in quotes(3)]
    warmed = engine(BUILT_IN["buy_and_hold"], Past(history), price_band=0.1, stale_after=60)
    warmed.initialize({})
    old = {**QUOTE, "quote": 100.0, "id": "1", "ts": 1_700_000_000}
    far = {**QUOTE, "quote": 150.0, "id": "2", "ts": 1_700_000_300}
    stale, refused, bought = warmed.decide([old, far, {**far, "id": "3"}])
    assert '"reason":"stale_after: 120 s older than the newest quote' in stale["orders"][0]
    assert '"reason":"price_band: 150 is 50.00% away' in refused["orders"][0]
    assert len(bought["fills"]) == 1


class Returns:
    """Has no portfolio: buys one at each quote."""

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        self.seen = 0
        return ["quotes"]

    def event(self, data: dict[str, Any]) -> dict[str, Any]:
        self.seen += 1
        return {"side": "buy", "sid": data["sid"], "quantity": data.get("units", self.seen)}


def test_orders_that_an_algorithm_returns_come_to_nothing_too() -> None:
    warmed = engine(Returns, Past(quotes(5)))
    warmed.initialize({})
    assert isinstance(warmed._driver.portfolio, OrderAccount)
    assert (warmed.snapshot()["cash"], warmed.snapshot()["positions"]) == (50000.0, {})
    (decision,) = warmed.decide(quotes(1, 5))
    assert '"quantity":6.0' in decision["orders"][0]
    assert len(decision["fills"]) == 1


class Touchy(RandomAlgo):
    """Fails at some quotes, after it has drawn."""

    def event(self, data: dict[str, Any]) -> None:
        super().event(data)
        if data.get("fail"):
            raise ValueError(f"told to at {data['id']}")


def test_failed_quotes_are_reported_once_and_leave_no_trace(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Quotes that fail are reported once by their reason and leave no trace."""
    history = quotes(40)
    failing = [{**quote, "fail": n % 4 == 0} for n, quote in enumerate(history)]
    warmed, undisturbed = (
        engine(Touchy, Past(each))
        for each in (failing, [quote for n, quote in enumerate(history) if n % 4])
    )
    with caplog.at_level(logging.INFO):
        warmed.initialize({})
    said = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    reason, traceback = said
    assert reason.startswith("warm-up: failed: 10 quotes: ValueError: told to at r:0 (")
    assert traceback.startswith("Traceback (most recent call last):\n")
    assert "test_warm_up.py" in traceback
    assert "algo_service/engine/driver.py" not in traceback
    undisturbed.initialize({})
    assert warmed._state == undisturbed._state


def test_what_it_logs_of_each_quote_is_kept_back_while_it_warms_up() -> None:
    root = logging.getLogger()
    handler = logging.StreamHandler(stream := io.StringIO())
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)

    class Talks(RandomAlgo):
        def event(self, data: dict[str, Any]) -> None:
            logging.getLogger("talks").info("at %s", data["quote"])
            super().event(data)

    try:
        warmed = engine(Talks, Past(quotes(30)))
        warmed.initialize({})
        assert stream.getvalue() == (
            "warming up with past.csv\n"
            "warmed up with 30 quotes of past.csv, 1700000000 to 1700001740; it has placed no"
            " order\n"
        )
        warmed.decide(quotes(1, 30))
        assert len(stream.getvalue().splitlines()) == 3
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


def test_other_parameters_before_the_first_quote_warm_up_again() -> None:
    """An initialize with other parameters before the first quote warms up anew."""
    past = Past(quotes(60))
    warmed = engine(SmaCross, past)
    warmed.initialize({"slow": 50})
    assert len(prices(warmed._state)) == 50
    warmed.initialize({"slow": 50})
    assert past.reads == 1
    warmed.initialize({"slow": 70})
    assert past.reads == 2
    assert len(prices(warmed._state)) == 60
    warmed.decide(quotes(1, 60))
    with pytest.raises(ParameterError, match="has started with slow=70, not 50"):
        warmed.initialize({"slow": 50})


def test_a_live_quote_with_the_id_of_one_of_the_history_is_a_new_input(tmp_path: Path) -> None:
    history = quotes(10)
    warmed = engine(BUILT_IN["buy_and_hold"], Past(history), tmp_path / "j")
    warmed.initialize({})
    first, *_ = warmed.decide([dict(quote) for quote in history])
    assert first["orders"]
    assert warmed.snapshot()["seq"] == 10
    close(warmed)


def test_a_restart_before_the_first_quote_reads_no_history_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A restart before the first quote goes on from the journal and reads no history."""
    history, live = quotes(40), quotes(20, 40)
    undisturbed = engine(RandomAlgo, Past(history))
    undisturbed.initialize({"cash": 500})
    expected = undisturbed.decide([dict(quote) for quote in live])
    journal = tmp_path / "j"
    first = engine(RandomAlgo, Past(history), journal)
    first.initialize({"cash": 500})
    close(first)
    past = Past(history)
    restarted = engine(RandomAlgo, past, journal, seed=99)  # a seed drawn anew, which is not used
    with caplog.at_level(logging.INFO):
        restarted.initialize({"cash": 500})
    assert past.reads == 0
    assert "continuing from the warm-up with 40 quotes of past.csv, 1700000000 to" in caplog.text
    assert restarted.decide(live) == expected
    close(restarted)
    assert "warm-up     40 quotes of past.csv, 1700000000 to 1700002340" in list(summary(journal))


@pytest.mark.parametrize("restarts", [False, True])
def test_an_account_is_taken_over_after_the_warm_up(tmp_path: Path, restarts: bool) -> None:
    """What the algorithm knows is of its history, and what it owns is of the one before."""
    before = engine(RandomAlgo)
    before.initialize({"cash": 500, "threshold": 0.1})
    before.decide(quotes(20))
    account = before.hand_over()
    assert account["positions"]
    journal, past = tmp_path / "j", Past(quotes(30, run="past"))
    warmed = engine(SmaCross, past, journal)
    warmed.initialize({"slow": 60})
    known = warmed._state.algorithm
    warmed.take_over(account, 1)
    if restarts:
        close(warmed)
        warmed = engine(SmaCross, past, journal)
        warmed.initialize({"slow": 60})
    assert past.reads == 1
    assert warmed._state.algorithm == known
    for name in ("cash", "equity", "positions"):
        assert warmed.snapshot()[name] == before.snapshot()[name]
    found = warmed.decide(quotes(30, 10))  # ten of them were decided before
    assert found[:10] == before.decide(quotes(10, 10))
    other = engine(SmaCross, Past(quotes(30, run="past")))
    other.initialize({"slow": 60})
    other.decide(quotes(20, 20))
    assert warmed._state.algorithm == other._state.algorithm
    close(warmed)
    with closing(Recording(journal)) as recording:
        create = BUILT_IN["sma_cross"]
        repetition = Repetition(recording, create, recording.parameters, is_other=False)
        assert (repetition.run().inputs, repetition.comparison.different) == (20, 0)


@pytest.mark.parametrize("change", ["parameters", "history", "no history"])
def test_a_restart_before_the_first_quote_may_change_anything(
    tmp_path: Path, change: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A restart before the first quote that changes anything is not bound."""
    journal = tmp_path / "j"
    first = engine(SmaCross, Past(quotes(40)), journal)
    first.initialize({"slow": 50})
    close(first)
    past = Past(quotes(30), "other.csv") if change == "history" else Past(quotes(40))
    restarted = engine(SmaCross, None if change == "no history" else past, journal)
    restarted.initialize({"slow": 50 if change == "history" else 60})
    if change == "no history":
        assert prices(restarted._state) == []
        assert "starts without a warm-up: the one in the journal" in caplog.text
    else:
        assert past.reads == 1
        assert len(prices(restarted._state)) == len(past.history)
    state = restarted._state
    restarted.decide(quotes(1, 40))
    close(restarted)
    assert ("warm-up " in "".join(summary(journal))) == (change != "no history")
    resumed = engine(SmaCross, None, journal)
    assert len(prices(resumed._state)) == 1 + len(prices(state))
    close(resumed)


@pytest.mark.parametrize(
    ("first", "then", "said"),
    [
        (None, "past.csv", "--warm-up past.csv is not used: the journal of algo holds 1 decisions,"
         " and was started without a warm-up"),
        ("past.csv", "other.csv", "--warm-up other.csv is not used: the journal of algo holds 1"
         " decisions, and was warmed up with 9 quotes of past.csv, 1700000000 to 1700000480"),
        ("past.csv", "past.csv", "warmed up before its first quote, with 9 quotes of past.csv,"
         " 1700000000 to 1700000480: not again"),
        ("past.csv", None, ""),
    ],
)  # fmt: skip
def test_a_restart_with_decisions_reads_no_history_and_says_so(
    first: str | None, then: str | None, said: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = tmp_path / "j"
    begun = engine(SmaCross, first and Past(quotes(9), first), journal)
    begun.initialize({})
    begun.decide(quotes(1, 9))
    state = begun._state
    close(begun)
    past = Past(quotes(9), then) if then else None
    with caplog.at_level(logging.INFO):
        caplog.clear()
        restarted = engine(SmaCross, past, journal, seed=99)
        restarted.initialize({})
    assert [record.getMessage() for record in caplog.records] == ([said] if said else [])
    assert not past or past.reads == 0
    assert restarted._state == state
    close(restarted)


class Counts:
    """Buys one unit's worth at each quote, and counts; has no save and load."""

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        self.portfolio = Portfolio.from_params(params)
        self.count = 0
        return ["quotes"]

    def event(self, data: dict[str, Any]) -> None:
        self.count += 1
        self.portfolio.buy(data, float(self.count))


def test_an_algorithm_without_save_is_warmed_up_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An algorithm without save and load is warmed up again and keeps its journals portfolio."""
    past, journal = Past(quotes(10)), tmp_path / "j"
    first = engine(Counts, past, journal)
    first.initialize({})
    close(first)
    second = engine(Counts, past, journal)
    second.initialize({})
    assert past.reads == 2  # before the first decision, too
    assert '"amount":11.0' in second.decide(quotes(1, 10))[0]["orders"][0]
    before = second.snapshot()
    close(second)
    with caplog.at_level(logging.INFO):
        third = engine(Counts, past, journal)
    assert past.reads == 3
    assert "algo has no save() and load(): it was warmed up again for what it holds" in caplog.text
    assert third.snapshot() == {**before, "last": None}
    assert '"amount":11.0' in third.decide(quotes(1, 11))[0]["orders"][0]
    close(third)


def test_a_faulty_history_leaves_the_engine_as_before_initialize() -> None:
    """A history that ends at a fault leaves the engine as before initialize."""

    class Cut(Past):
        def quotes(
            self, channels: list[str], refuse: Callable[[Any, Failure], None]
        ) -> Iterator[TimedQuote]:
            yield from super().quotes(channels, refuse)
            if self.reads == 1:
                raise WarmUpError("row 6 is no quote")

    warmed = engine(SmaCross, Cut(quotes(5)))
    with pytest.raises(WarmUpError, match="row 6"):
        warmed.initialize({})
    assert warmed.snapshot()["cash"] is None
    warmed.initialize({})
    assert warmed._driver.portfolio.is_warming_up is False
    assert len(prices(warmed._state)) == 5


def written(path: Path, history: list[dict[str, Any]]) -> Path:
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["ts", "sid", "quote"])
        rows.writerows([each["ts"], each["sid"], each["quote"]] for each in history)
    return path


def test_files_are_read_and_reported_as_a_backtest_does(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Files are read as a backtest reads them with what is odd about them said."""
    path = written(tmp_path / "past.csv", quotes(30))
    path.write_text(path.read_text() + "1700009999,GOOG,nothing\n")
    now = iter(range(0, 10_000, 2))
    past = FeedHistory([str(path)], {"start": "1700000600"}, clock=lambda: float(next(now)))
    warmed = engine(SmaCross, past)
    with caplog.at_level(logging.INFO):
        warmed.initialize({})
    assert f"warmed up with 20 quotes of {path}, 1700000600 to 1700001740;" in caplog.text
    assert "warm-up data: skipped row 31 of past" in caplog.text
    assert "3 quotes so far, at 1700000720" in caplog.text


def test_of_a_recording_the_channels_that_the_algorithm_asks_for_are_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What was recorded elsewhere is left out, and said; other channels can be named instead."""
    path = tmp_path / "recorded.jsonl"
    bars = [{**each, "channel": "bars/1m/GOOG", "quote": 1.0} for each in quotes(30, run="b")]
    both = [line for pair in zip(quotes(30), bars, strict=True) for line in pair]
    path.write_text("".join(f"{json.dumps(each)}\n" for each in both))

    def warmed(*channels: str) -> set[bool]:
        each = engine(SmaCross, FeedHistory([str(path)], {}, channels), slow=50)
        each.initialize({})
        return {price == 1.0 for price in prices(each._state)}

    with caplog.at_level(logging.WARNING):
        assert warmed() == {False}
    assert "these channels are not asked for: 30 on bars/1m/GOOG" in caplog.text
    assert warmed("bars/#") == {True}
    assert warmed("quotes", "bars/#") == {False, True}
    with pytest.raises(WarmUpError, match="there are 30 on quotes, 30 on bars/1m/GOOG"):
        warmed("prices/#")


def test_a_changed_file_is_read_again_before_the_first_quote(
    tmp_path: Path,
) -> None:
    """A file that has changed since is read again before the first quote."""
    path, journal = written(tmp_path / "past.csv", quotes(30)), tmp_path / "j"
    for count in (30, 30, 31):
        if count > 30:
            written(path, quotes(count))
        warmed = engine(SmaCross, FeedHistory([str(path)], {}), journal, slow=50)
        warmed.initialize({})
        assert len(prices(warmed._state)) == count
        close(warmed)


def test_the_password_of_a_database_is_not_in_the_journal() -> None:
    assert FeedHistory(["sqlite+pysqlite://me:secret@/x.db"], {}).sources.count("secret") == 0
