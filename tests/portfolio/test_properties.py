"""Random quotes and orders never break the accounting, whatever the settings."""

import copy
import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as run
from hypothesis import strategies as st

from algo_service.engine.account import account_of, read_account
from algo_service.journal.codec import decode, encode
from portfolio import Fill, Order, OrderAccount, Portfolio, fold
from tests.portfolio.auditor import Auditor
from tests.portfolio.random_runs import (
    COSTS,
    DATA,
    LIMITS,
    STEPS,
    Step,
    begin_other,
    play,
    play_other,
    quotes,
    settings,
)

thorough = run(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("limits", [(), None], ids=["none", "any"])
@thorough
@given(data=st.data(), steps=STEPS)
def test_no_quotes_and_orders_break_the_accounting_or_a_limit(
    limits: tuple[str, ...] | None, data: st.DataObject, steps: list[Step]
) -> None:
    auditor = Auditor(data.draw(settings(limits)))
    for quote, step in zip(quotes(steps), steps, strict=True):
        auditor.play(quote, step)


@pytest.mark.parametrize("limit", LIMITS)
@run(thorough, max_examples=30)
@given(data=st.data(), steps=STEPS)
def test_no_quotes_and_orders_break_a_limit_that_is_alone(
    limit: str, data: st.DataObject, steps: list[Step]
) -> None:
    auditor = Auditor(data.draw(settings((limit,))))
    for quote, step in zip(quotes(steps), steps, strict=True):
        auditor.play(quote, step)


@thorough
@given(params=settings(), steps=STEPS)
def test_undo_leaves_the_portfolio_as_it_was_before_the_input(
    params: dict[str, Any], steps: list[Step]
) -> None:
    portfolio, undisturbed = Portfolio.from_params(params), Portfolio.from_params(params)
    for each in (portfolio, undisturbed):
        each.keep_times()
    for quote, step in zip(quotes(steps), steps, strict=True):
        at_quote = step._replace(others=[])
        for kind in (*step.others, None):
            before = copy.deepcopy(portfolio.save())
            told = []
            for each in (portfolio, portfolio, undisturbed):
                if kind is None:
                    told.append(copy.deepcopy(play(each, quote, at_quote)))
                else:
                    told.append(copy.deepcopy(play_other(each, kind, quote, step)))
                if len(told) == 1:
                    portfolio.undo()
                    assert portfolio.save() == before
                    assert portfolio.orders == portfolio.fills == portfolio.rejections == []
            assert told[0] == told[1] == told[2]
            assert portfolio.save() == undisturbed.save()


@thorough
@given(params=settings(), steps=STEPS, split=st.integers(0, 23))
def test_a_portfolio_that_was_saved_goes_on_as_if_it_had_not_stopped(
    params: dict[str, Any], steps: list[Step], split: int
) -> None:
    stopped, undisturbed = Portfolio.from_params(params), Portfolio.from_params(params)
    for each in (stopped, undisturbed):
        each.keep_times()
    for number, (quote, step) in enumerate(zip(quotes(steps), steps, strict=True)):
        if number == split:
            packed = encode(stopped.save())
            # another seed: the generator's state is among what is kept
            stopped = Portfolio.from_params({**params, "seed": 2})
            stopped.load(decode(packed))
            assert encode(stopped.save()) == packed
        assert play(stopped, quote, step) == play(undisturbed, quote, step)
        assert stopped.save() == undisturbed.save()
        assert stopped.snapshot() == undisturbed.snapshot()


def _returned(account: OrderAccount, data: dict[str, Any], step: Step) -> list[Order]:
    """Return orders as an algorithm without a portfolio does, some of them for too much."""
    price = account.prices.get(data["sid"])
    if price is None:
        return []
    orders = []
    for n, action in enumerate(step.actions):
        quantity = float(math.ceil(10_000 * action.size / price))
        side: Any = "sell" if action.kind.startswith("sell") else "buy"
        if quantity:
            orders.append(
                Order(
                    f"algo:{data['channel']}:{data['id']}:{n}", "algo", data["sid"], side,
                    "market", quantity, price, quantity * price, data.get("ts"), data["id"],
                )
            )  # fmt: skip
    return orders


def _quote_each(portfolio: Portfolio, quote: dict[str, Any]) -> set[str]:
    """Give a portfolio a trusted quote of each instrument; return whose orders did not fill."""
    unfilled = set()
    for n, (sid, price) in enumerate([*portfolio.prices.items()]):
        for number in (f"last {n}", f"last {n} again"):  # a price band trusts the second one
            last = {"sid": sid, "quote": price, "id": number, "ts": "2200-01-01"}
            last["channel"] = quote["channel"]
            portfolio.begin("algo", last)
            unfilled |= {each.sid for each in portfolio.rejections if each.code == "unfilled"}
    return unfilled


@thorough
@given(params=settings(), steps=STEPS)
def test_the_account_of_returned_orders_adds_up_and_a_flatten_empties_it(
    params: dict[str, Any], steps: list[Step]
) -> None:
    account, fills = OrderAccount.from_params(params), list[Fill]()
    cash = account.cash
    for quote, step in zip(quotes(steps), steps, strict=True):
        for kind in step.others:
            if kind in DATA:
                data = begin_other(account, kind, quote)
                account.take(data, _returned(account, data, step))
            else:
                play_other(account, kind, quote, step)
            assert account.fills == []
        account.begin("algo", quote)
        account.take(quote, _returned(account, quote, step))
        fills += account.fills
        if account.halted:
            assert not any(order.side == "buy" and order.quantity for order in account.orders)
        folded = fold(cash, fills)
        assert (folded.cash, folded.positions) == (account.cash, account.positions)
        assert account.cash >= 0
    play_other(account, "flatten", quote, step)
    unfilled = _quote_each(account, quote)
    assert set(account.positions) <= unfilled
    assert not account.positions or params.keys() & COSTS.keys()


@thorough
@given(params=settings(), steps=STEPS)
def test_after_a_flatten_and_a_trusted_quote_of_each_instrument_nothing_is_held(
    params: dict[str, Any], steps: list[Step]
) -> None:
    portfolio = Portfolio.from_params(params)
    for quote, step in zip(quotes(steps), steps, strict=True):
        play(portfolio, quote, step)
    play_other(portfolio, "flatten", quote, step)
    worthless = {sid for sid, held in portfolio.positions.items()
                 if not held.quantity * portfolio.prices[sid]}  # fmt: skip
    refused = _quote_each(portfolio, quote)
    assert set(portfolio.positions) <= worthless | refused
    assert portfolio.pending == ()
    assert not refused or params.keys() & COSTS.keys()


@run(thorough, max_examples=40)
@given(params=settings(), others=settings(), steps=STEPS)
def test_what_any_run_hands_over_is_taken_over_to_the_last_digit(
    params: dict[str, Any], others: dict[str, Any], steps: list[Step]
) -> None:
    """Also where whole floats became integers on the way, and whatever the settings of both."""
    old, new = Portfolio.from_params(params), Portfolio.from_params(others)
    half, inputs = len(steps) // 2, list(zip(quotes(steps), steps, strict=True))
    for quote, step in inputs[:half]:
        for kind in step.others:
            play_other(old, kind, quote, step)
        play(old, quote, step._replace(others=[]))
    account = {"algo": "algo", "seq": 1, **as_node(account_of(old))}
    new.take_over(read_account(account, "algo").portfolio)
    halt = {"halt": old._rules.halt and old._rules.halt.text}
    assert new.snapshot() == {**old.snapshot(), **halt}
    assert not new.pending
    for quote, step in inputs[half:]:
        play(new, quote, step._replace(others=[]))
        assert new.cash >= -1e-6 * abs(new.equity)


def as_node(value: Any) -> Any:
    """Return plain data as Node.js passes it on: it has one type of number."""
    if isinstance(value, dict):
        return {key: as_node(each) for key, each in reversed(value.items())}
    if isinstance(value, list):
        return [as_node(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
