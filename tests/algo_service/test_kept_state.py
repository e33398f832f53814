"""`SAVED` lists what is kept of an algorithm."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from algo_service import Engine
from algo_service.errors import InitializeError
from algo_service.journal.sqlite import SqliteStore
from indicators import Rsi, SettingError
from portfolio import Portfolio
from tests.indicators.history import goog


class Oversold:
    """Buys below an RSI of 40 and sells above one of 60, once in five quotes."""

    SAVED = ("rsi", "counts")

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        self.portfolio = Portfolio.from_params(params)
        self.rsi = Rsi(14)
        self.counts: dict[str, int] = {}
        return ["quotes"]

    def event(self, data: Any) -> None:
        sid = data["sid"]
        rsi = self.rsi.update(data)
        self.counts[sid] = self.counts.get(sid, 0) + 1
        if data.get("fail"):
            raise ValueError("told to fail")
        if rsi is None or self.counts[sid] % 5:
            return
        if rsi < 40:
            self.portfolio.optimize(data)
        elif rsi > 60:
            self.portfolio.sell(data)


def quote(n: int, **fields: Any) -> dict[str, Any]:
    return {**goog()[n // 2], "sid": "AB"[n % 2], "id": str(n), "channel": "quotes", **fields}


def test_what_is_listed_outlives_a_restart_and_a_failure(tmp_path: Path) -> None:
    """Indicators and plain attributes that are listed outlive restarts, and events that fail."""
    undisturbed = Engine(Oversold, "algo", {}, seed=7)
    undisturbed.initialize({})
    expected = [undisturbed.decide([quote(n)])[0] for n in range(600)]
    decided = []
    for first in range(0, 600, 100):
        journal = SqliteStore(tmp_path / "journal.db", "algo")
        engine = Engine(Oversold, "algo", {}, seed=7, store=journal)
        engine.initialize({})
        for n in range(first, first + 100, 10):
            failing = quote(n, fail=True, id=f"fails at {n}")
            answers = engine.decide([*(quote(k) for k in range(n, n + 10)), failing])
            assert "told to fail" in answers.pop()["error"]  # type: ignore[typeddict-item]
            decided += answers
        journal.close()
    assert decided == expected
    assert sum(bool(decision["orders"]) for decision in decided) > 5


def made(saved: Any, **methods: Any) -> type[Any]:
    return type("Mine", (Oversold,), {"SAVED": saved, **methods})


@pytest.mark.parametrize(
    ("create", "text"),
    [
        (
            made("rsi"),
            "SAVED is 'rsi': it has to be a tuple of names of attributes, such as (\"rsi\",)",
        ),
        (
            made((1,)),
            'SAVED is (1,): it has to be a tuple of names of attributes, such as ("rsi",)',
        ),
        (
            made(("rsj",)),
            'SAVED lists "rsj", and initialize has set no such attribute: did you mean "rsi"?',
        ),
        (made(("portfolio",)), 'SAVED lists "portfolio", which is kept anyway: leave it out'),
        (
            made(("rsi",), save=lambda self: {}, load=lambda self, data: None),
            "there is SAVED, and save or load as well: keep the state by one of them",
        ),
    ],
)
def test_a_mistake_in_the_list_is_a_sentence(create: type[Any], text: str) -> None:
    with pytest.raises(InitializeError) as raised:
        Engine(create, "algo", {}, seed=7).initialize({})
    assert str(raised.value) == text


def test_what_is_no_plain_data_cannot_be_listed() -> None:
    class Lists(Oversold):
        def initialize(self, params: Mapping[str, Any]) -> list[str]:
            channels = super().initialize(params)
            self.counts = [Rsi(14)]  # type: ignore[assignment]
            return channels

    with pytest.raises(Exception, match=r"Rsi .* is not plain data"):
        Engine(Lists, "algo", {}, seed=7).initialize({})


def test_what_an_earlier_version_did_not_list_begins_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = SqliteStore(tmp_path / "journal.db", "algo")
    engine = Engine(made(("rsi",)), "algo", {}, seed=7, store=journal)
    engine.initialize({})
    engine.decide([quote(n) for n in range(50)])
    journal.close()
    journal = SqliteStore(tmp_path / "journal.db", "algo")
    with caplog.at_level(logging.WARNING):
        Engine(Oversold, "algo", {}, seed=7, store=journal).initialize({})
    journal.close()
    assert "the state that was kept has no counts: it begins anew" in caplog.text


def test_a_number_that_an_indicator_does_not_allow_is_a_sentence() -> None:
    class Wrong(Oversold):
        def initialize(self, params: Mapping[str, Any]) -> list[str]:
            self.rsi = Rsi(1)
            return ["quotes"]

    with pytest.raises(SettingError, match=r"^period of rsi is 1: it has to be a whole number"):
        Engine(Wrong, "algo", {}, seed=7).initialize({})
