"""Each alert fires when it should, and no other does; by `promtool test rules`."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.deploy.monitoring import MISSING, MONITORING, PROMTOOL, RULES, rules

needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason=MISSING)

BRIDGE = 'job="tickwire",instance="bridge:8080"'
ALGO = 'algo="random",job="tickwire",instance="bridge:8080"'
SERVICE = 'algo="random",job="tickwire",instance="algo:9100"'
SERVICE_ITSELF = 'job="tickwire",instance="algo:9100"'
FEED = 'job="tickwire-by-choice",instance="live"'
GIB = 1024**3

# All is well, with ten quotes per second. In each row the value changes every 5 seconds as promtool
# writes it: `0+50x400` is 0, 50, 100 and so on.
HEALTHY = {
    f"up{{{BRIDGE}}}": "1x400",
    f"tickwire_ready{{{BRIDGE}}}": "1x400",
    f"tickwire_ready{{{SERVICE_ITSELF}}}": "1x400",
    f"tickwire_clock_shift_seconds{{{BRIDGE}}}": "0.1x400",
    f"tickwire_mqtt_connected{{{BRIDGE}}}": "1x400",
    f"tickwire_bridge_broker_dropped_total{{{BRIDGE}}}": "7x400",
    f"tickwire_bridge_session_taken_total{{{ALGO}}}": "1x400",
    f"tickwire_bridge_feed_gaps_total{{{ALGO}}}": "1x400",
    f"tickwire_bridge_backend_ready{{{ALGO}}}": "1x400",
    f'tickwire_bridge_inputs_received_total{{kind="quote",{ALGO}}}': "0+50x400",
    f'tickwire_bridge_inputs_decided_total{{kind="quote",{ALGO}}}': "0+50x400",
    f"tickwire_bridge_call_seconds_count{{{ALGO}}}": "0+10x400",
    f"tickwire_bridge_queue_inputs{{{ALGO}}}": "5 0x399",
    f"tickwire_bridge_budget_used_bytes{{{BRIDGE}}}": "1000x400",
    f"tickwire_bridge_budget_bytes{{{BRIDGE}}}": "16777216x400",
    f"tickwire_bridge_failures_total{{{ALGO}}}": "0x400",
    f'tickwire_bridge_refused_total{{code="not_json",{ALGO}}}': "3x400",
    f'tickwire_bridge_order_latency_seconds_bucket{{le="0.1",{ALGO}}}': "0+10x400",
    f'tickwire_bridge_order_latency_seconds_bucket{{le="2.5",{ALGO}}}': "0+10x400",
    f'tickwire_bridge_order_latency_seconds_bucket{{le="+Inf",{ALGO}}}': "0+10x400",
    f'tickwire_bridge_channel_last_input_timestamp_seconds{{channel="quotes",{ALGO}}}': "0+5x400",
    f"tickwire_algo_calls_failed_total{{{SERVICE}}}": "2x400",
    f"tickwire_algo_standby{{{SERVICE}}}": "0x400",
    f"tickwire_algo_drawdown_ratio{{{SERVICE}}}": "0.05x400",
    f"tickwire_algo_journal_free_bytes{{{SERVICE}}}": f"{50 * GIB}-17000x400",
    f"tickwire_feed_lag_seconds{{{FEED}}}": "2x400",
    f"tickwire_feed_quotes_published_total{{{FEED}}}": "0+50x400",
    f"tickwire_feed_gaps_total{{{FEED}}}": "0x400",
    f"tickwire_notify_broken_receivers{{{FEED}}}": "0x400",
}


class Case(NamedTuple):
    """What happens instead, and what fires then."""

    what: str
    instead: dict[str, str]
    """The beginning of a series' name, and its values."""
    fires: dict[str, str]
    """At these times: the alerts that fire, with their severities; all of them."""


STALLED = {
    "tickwire_bridge_inputs_decided": "0+50x60 3000x340",
    "tickwire_bridge_inputs_received": "0+50x61 3050x339",
    "tickwire_bridge_queue_inputs": "0x61 50x339",
}
CASES = [
    Case("all is well", {}, {"0s": "", "1m": "", "5m": "", "12m": ""}),
    Case("a part is down", {"up": "1x12 0x30 1x100"},
         {"1m20s": "", "1m35s": "PartDown critical", "4m": ""}),
    Case("a part is started again", {"up": "1x12 0x4 1x100"}, {"1m20s": "", "1m40s": "", "2m": ""}),
    Case("a part is of no use", {f"tickwire_ready{{{BRIDGE}}}": "1x12 0x100"},
         {"2m50s": "", "3m5s": "PartNotReady warning"}),
    Case("a standby waits for its journal",
         {f"tickwire_ready{{{SERVICE_ITSELF}}}": "0x400", "tickwire_algo_standby": "1x400"},
         {"3m": "", "10m": ""}),
    Case("the clock is set back", {"tickwire_clock_shift": "0.1x12 -3600x50"},
         {"1m": "", "1m10s": "ClockWrong warning"}),
    Case("the clock is set ahead", {"tickwire_clock_shift": "0.1x12 2.5x50"},
         {"1m10s": "ClockWrong warning"}),
    Case("the clock is slewed", {"tickwire_clock_shift": "0-0.005x400"}, {"1m": "", "10m": ""}),
    Case("the broker is lost", {"tickwire_mqtt_connected": "1x12 0x100"},
         {"1m30s": "", "1m35s": "BrokerLost critical"}),
    Case("the broker drops messages", {"tickwire_bridge_broker_dropped": "7x12 8x200"},
         {"1m": "", "1m10s": "BrokerDropsMessages critical", "7m": ""}),
    Case("another client has our id", {"tickwire_bridge_session_taken": "1x12 2x200"},
         {"1m": "", "1m10s": "AnotherClientWithOurId critical", "12m": ""}),
    Case("an algorithm is lost, and its quotes wait",
         STALLED | {"tickwire_bridge_backend_ready": "1x60 0x340",
                    "tickwire_bridge_call_seconds_count": "0+10x60 600x340"},
         {"5m25s": "", "5m35s": "AlgorithmLost critical", "8m": "AlgorithmLost critical"}),
    Case("a journal cannot be written",
         STALLED | {"tickwire_algo_calls_failed": "2x60 3+1x100",
                    f"tickwire_ready{{{SERVICE_ITSELF}}}": "1x60 0x340",
                    "tickwire_bridge_call_seconds_count": "0+10x60 600x340"},
         {"5m15s": "", "5m25s": "JournalFailing critical",
          "8m": "PartNotReady warning, JournalFailing critical"}),
    Case("one call fails, and succeeds at the second attempt",
         {"tickwire_algo_calls_failed": "2x60 3x100",
          f"tickwire_ready{{{SERVICE_ITSELF}}}": "1x60 0x1 1x300"},
         {"5m20s": "", "5m40s": "", "6m": ""}),
    Case("a backend hangs",
         STALLED | {"tickwire_bridge_call_seconds_count": "0+10x60 600x340"},
         {"5m45s": "", "6m10s": "BackendHanging critical", "8m": "BackendHanging critical"}),
    Case("a backend hangs at the only quote, and no other one comes",
         STALLED | {"tickwire_bridge_call_seconds_count": "0+10x60 600x340",
                    "tickwire_bridge_queue_inputs": "0x400"},
         {"8m": ""}),
    Case("calls return, and decide nothing", STALLED,
         {"6m": "", "7m10s": "PipelineStalled critical"}),
    Case("no quote comes, and none is decided",
         {"tickwire_bridge_inputs_decided": "3000x400",
          "tickwire_bridge_inputs_received": "3000x400",
          "tickwire_bridge_call_seconds_count": "600x400"},
         {"2m": "", "10m": ""}),
    Case("an algorithm fails at 2 of 100", {"tickwire_bridge_failures": "0+1x400"},
         {"20s": "", "5m": "AlgorithmFailing warning"}),
    Case("an algorithm fails at 1 of 1,000", {"tickwire_bridge_failures": "0+0.05x400"},
         {"5m": ""}),
    Case("an algorithm fails at every quote",
         {"tickwire_bridge_failures": "0+50x400", "tickwire_bridge_inputs_decided": "0x400"},
         {"20s": "", "5m": "AlgorithmFailing warning, AlgorithmFailing critical"}),
    Case("a queue grows", {"tickwire_bridge_queue_inputs": "0+30x400"},
         {"2m": "", "4m": "", "5m10s": "QueueGrowing warning"}),
    Case("a queue is long, and becomes shorter", {"tickwire_bridge_queue_inputs": "50000-30x400"},
         {"5m": ""}),
    Case("the memory for messages is nearly full", {"tickwire_bridge_budget_used": "15000000x400"},
         {"1m50s": "", "2m10s": "QueueGrowing warning"}),
    Case("orders are late",
         {'tickwire_bridge_order_latency_seconds_bucket{le="0.1"': "0+9x400"},
         {"4m": "", "6m": "OrdersLate warning"}),
    Case("a tenth of the money is lost", {"tickwire_algo_drawdown": "0.05x12 0.15x100"},
         {"1m5s": "", "1m25s": "Drawdown warning"}),
    Case("a fifth of the money is lost", {"tickwire_algo_drawdown": "0.05x12 0.25x100"},
         {"1m5s": "", "1m25s": "Drawdown warning, Drawdown critical"}),
    Case("the journal's disk is nearly full",
         {"tickwire_algo_journal_free": f"{GIB // 2}x400"},
         {"50s": "", "1m10s": "JournalDiskNearlyFull warning"}),
    Case("the journal's disk is full", {"tickwire_algo_journal_free": f"{GIB // 2}x20 1000x100"},
         {"1m10s": "JournalDiskNearlyFull warning",
          "1m50s": "JournalDiskNearlyFull warning, JournalDiskNearlyFull critical"}),
    Case("the journal's disk will be full in three hours",
         {"tickwire_algo_journal_free": f"{10 * GIB}-{10 * GIB // (3 * 720)}x400"},
         {"30s": "", "3m": "JournalDiskNearlyFull warning"}),
    Case("another form is published, too", {"tickwire_bridge_refused": "0+2x400"},
         {"20s": "", "5m": "QuotesRefused warning"}),
    Case("nothing that comes can be read",
         {"tickwire_bridge_refused": "0+50x400", "tickwire_bridge_inputs_received": "0x400",
          "tickwire_bridge_inputs_decided": "0x400", "tickwire_bridge_call_seconds_count": "0x400"},
         {"20s": "", "5m": "QuotesRefused warning, QuotesRefused critical"}),
    Case("a feed is silent",
         {"tickwire_bridge_channel_last": "0+5x12 60x200"},
         {"5m55s": "", "6m10s": "FeedSilent warning"}),
    Case("a feed has never published",
         {"tickwire_bridge_channel_last": "0x200"},
         {"4m50s": "", "5m10s": "FeedMissing warning"}),
    Case("a live source is behind", {"tickwire_feed_lag": "90x400"},
         {"1m": "", "1m20s": "FeedLagging warning"}),
    Case("a market is closed",
         {"tickwire_feed_lag": "0+5x400", "tickwire_feed_quotes_published": "50x400"},
         {"2m": "", "5m": ""}),
    Case("ids of a feed have a gap", {"tickwire_bridge_feed_gaps": "1x12 2x200"},
         {"1m": "", "1m10s": "FeedGap warning"}),
    Case("a live source cannot tell some quotes", {"tickwire_feed_gaps": "0x12 1x200"},
         {"1m": "", "1m10s": "FeedGap warning"}),
    Case("a receiver takes no messages", {"tickwire_notify_broken": "0x12 1x200"},
         {"5m": "", "6m10s": "ReceiverBroken warning"}),
]  # fmt: skip


def series(case: Case) -> dict[str, str]:
    """The series of a case: those of HEALTHY but for what happens instead."""
    found = dict(HEALTHY)
    for beginning, values in case.instead.items():
        (name,) = (name for name in HEALTHY if name.startswith(beginning))
        found[name] = values
    return found


def firing(text: str) -> list[dict[str, object]]:
    """The samples that promtool has to find."""
    names = Counter(text.split(", ")) if text else {}
    return [
        {"labels": f'{{alertname="{name}",severity="{severity}"}}', "value": count}
        for each, count in names.items()
        for name, severity in [each.split()]
    ]


@needs_promtool
def test_each_alert_fires_when_it_should_and_no_other_does(tmp_path: Path) -> None:
    expression = 'count by (alertname, severity) (ALERTS{alertstate="firing"})'
    tests = [
        {
            "name": case.what,
            "interval": "5s",
            "input_series": [{"series": name, "values": v} for name, v in series(case).items()],
            "promql_expr_test": [
                {"expr": expression, "eval_time": time, "exp_samples": firing(text)}
                for time, text in case.fires.items()
            ],
        }
        for case in CASES
    ]
    file = tmp_path / "rules.test.json"  # YAML contains JSON
    whole = {"rule_files": [str(RULES)], "evaluation_interval": "5s", "tests": tests}
    file.write_text(json.dumps(whole))
    ended = subprocess.run([PROMTOOL, "test", "rules", file], text=True, capture_output=True)  # type: ignore[list-item]
    assert ended.returncode == 0, ended.stdout + ended.stderr


@needs_promtool
def test_prometheus_accepts_the_configuration() -> None:
    ended = subprocess.run(
        [PROMTOOL, "check", "config", MONITORING / "prometheus.yml"],  # type: ignore[list-item]
        text=True,
        capture_output=True,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_cases_have_every_alert() -> None:
    fired = {
        each for case in CASES for text in case.fires.values() if text for each in text.split(", ")
    }
    assert fired == {f"{rule['alert']} {rule['labels']['severity']}" for rule in rules()}


def test_every_alert_says_what_is_wrong_and_what_to_do() -> None:
    for rule in rules():
        assert set(rule["annotations"]) == {"summary", "description"}, rule["alert"]
        assert all(text.endswith(".") for text in rule["annotations"].values()), rule["alert"]
