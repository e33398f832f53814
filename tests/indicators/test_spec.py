"""An indicator as a text, and what is wrong with one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from indicators import KINDS, SettingError, Sma, parse
from indicators.spec import usual


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_made_by_its_usual_spec_and_named_after_it(kind: str) -> None:
    spec = usual(KINDS[kind])
    indicator = parse(spec)
    assert type(indicator) is KINDS[kind]
    assert indicator.name == spec.replace(":", "-").replace(",", "-")


def test_spaces_around_a_spec_and_its_numbers_are_allowed() -> None:
    assert parse(" sma: 20 ").name == "sma-20"
    assert parse("sma:2e1").name == "sma-20"
    assert parse("bollinger:20,2.5").name == "bollinger-20-2.5"


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ("smaa:20", 'there is no indicator "smaa": did you mean sma:20?'),
        ("SMA:20", 'there is no indicator "SMA": did you mean sma:20?'),
        ("", 'there is no indicator ""; there is '),
        ("sma", '"sma" gives no number, and sma takes 1 (period): such as sma:20'),
        ("sma:20,3", '"sma:20,3" gives 2 numbers, and sma takes 1 (period): such as sma:20'),
        ("sma:", 'period of sma is "": it has to be a number'),
        ("sma:x", 'period of sma is "x": it has to be a number'),
        ("sma:nan", 'period of sma is "nan": it has to be a number'),
        ("sma:0", "period of sma is 0: it has to be a whole number from 1 to 10000"),
        ("sma:2.5", "period of sma is 2.5: it has to be a whole number from 1 to 10000"),
        ("bolinger:20,2", 'there is no indicator "bolinger": did you mean bollinger:20,2?'),
        (
            "macd:12,26",
            '"macd:12,26" gives 2 numbers, and macd takes 3 (fast, slow, signal): such as'
            " macd:12,26,9",
        ),
        ("macd:26,12,9", "fast of macd is 26, slow 12: fast has to be less"),
        ("bollinger:20,101", "deviations of bollinger is 101: it has to be from 0 to 100"),
        ("sma:1e400", "period of sma is inf: it has to be a whole number from 1 to 10000"),
    ],
)
def test_a_mistake_in_a_spec_is_a_sentence(spec: str, text: str) -> None:
    with pytest.raises(SettingError) as raised:
        parse(spec)
    assert str(raised.value).startswith(text)


def test_a_number_of_another_type_is_refused_by_name() -> None:
    with pytest.raises(SettingError, match=r"^period of sma is True: it has to be a number$"):
        KINDS["sma"](True)


@pytest.mark.parametrize("period", [3, 3.0, np.int64(3), np.float32(3)])
def test_a_whole_number_may_have_any_type(period: Any) -> None:
    indicator = Sma(period)
    assert (indicator.name, indicator.period, indicator.warm_up) == ("sma-3", 3, 3)
    values = [indicator.update({"sid": "A", "quote": price}) for price in (1, 2, 6)]
    assert values == [None, None, 3]
