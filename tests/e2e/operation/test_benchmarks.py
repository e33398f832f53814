"""Every benchmark that needs no environment of its own runs, and each order comes once."""

from __future__ import annotations

from pathlib import Path

import pytest

from algo_service.journal import report
from benchmarks import growth, indicators, live, record
from benchmarks.backtest import run as backtest
from benchmarks.pipeline import (
    averages,
    catch_up,
    floods,
    latency,
    memory,
    parties,
    ten,
    throughput,
)
from benchmarks.pipeline.lab import QUICK, Lab
from benchmarks.pipeline.parties import Party
from indicators import KINDS
from tests.support.brokers import MOSQUITTO

QUOTES = 200
MEASURED = [
    *((party, qos) for party in (parties.TICKWIRE, parties.PAHO, parties.ECHO) for qos in (0, 1)),
    *((party, 0) for party in (parties.ARRAYS, parties.ORDERS_ONLY, parties.ARTICLE)),
    *((party, 1) for party in (parties.JOURNAL, parties.JOURNAL_ARRAYS, parties.CURVE_AND_TLS)),
]
"""The parties, each with the QoS at which a benchmark has it."""

needs_mosquitto = pytest.mark.skipif(
    MOSQUITTO is None,
    reason="mosquitto is not installed: `apt-get install mosquitto` to run this test",
)


@needs_mosquitto
@pytest.mark.parametrize(
    ("party", "qos"), MEASURED, ids=[f"{party.name}-{qos}" for party, qos in MEASURED]
)
def test_every_order_of_a_party_comes_once_and_in_order(party: Party, qos: int) -> None:
    assert throughput.run(party, QUOTES, qos).rate > 0


@needs_mosquitto
def test_every_quote_comes_to_the_receiver_once_and_in_order() -> None:
    assert throughput.receive(QUOTES, 1).rate > 0


@needs_mosquitto
def test_the_other_cases_of_the_pipeline_run() -> None:
    assert catch_up.run(QUOTES, journal=True) > 0
    for program in averages.PROGRAMS.values():
        assert averages.run(program, QUOTES).rate > 0
    assert latency.run(parties.TICKWIRE, {1_000: 0.1})[1_000]["worst"] > 0
    for count, has_one_bridge in ((1, True), (2, False)):
        assert ten.run(count, QUOTES, has_one_bridge).slowest > 0
    held = memory.run(Lab(1, QUICK._replace(quotes=QUOTES, parked=QUOTES)))
    assert held["service"]["waiting"] > 0
    assert floods.run(floods.FLOODS[-1]._replace(messages=1), is_blocked=True, routes=2) > 0


@needs_mosquitto
def test_the_recorder_keeps_what_a_bare_client_receives(
    capsys: pytest.CaptureFixture[str],
) -> None:
    record.run(QUOTES)
    printed = capsys.readouterr().out
    assert "bare paho" in printed
    assert "market-data record" in printed


@needs_mosquitto
def test_a_live_exchange_is_measured_beside_a_bare_client(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("websockets")
    live.run(QUOTES)
    printed = capsys.readouterr().out
    assert "bare websockets" in printed
    assert "market-data live" in printed


def test_the_cost_of_a_decision_is_measured_with_an_order_on_every_second_quote(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with growth.Run(tmp_path, 10) as run:
        run.decide(500)
    assert len(list(report.orders(tmp_path / "growth.journal"))) == 250
    monkeypatch.setattr(growth, "MEASURED", 500)
    monkeypatch.setattr(growth, "INSTRUMENTS", (1, 10))
    growth.by_instruments()
    growth.by_quotes((500, 1_000))
    assert len(capsys.readouterr().out.splitlines()) == 2 * 4


def test_a_backtest_ends_with_the_fills_and_the_equity_of_the_loop_by_hand() -> None:
    ours = [party for party in backtest.PARTIES if party.requirements is None]
    results, errors = backtest.measure(ours, 1)
    rows = backtest.table(results)
    assert errors + backtest.disagreements(rows) == []
    assert len(rows) == len(ours) == 2


def test_each_indicator_is_measured_beside_those_that_have_it() -> None:
    measured = indicators.run(turns=1, rounds=1)
    assert list(measured) == list(KINDS)
    for kind, (own, by_talipp, by_talib) in measured.items():
        assert own > 0
        assert (by_talipp is not None) == (kind in indicators.TALIPP)
        assert (by_talib is not None) == (kind in indicators.TALIB)
    assert len(indicators.table(measured).splitlines()) == 2 + len(KINDS)
