"""`algo-service notify` as a process, with real brokers, a webhook and a mail server."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.algo_service.notify.test_observer import HALTED, record
from tests.algo_service.watch.test_watch import publish
from tests.algo_service.watch.wire import fill, order, snapshot
from tests.support.brokers import Broker
from tests.support.called import called
from tests.support.processes import ROOT, Process, eventually, free_port
from tests.support.receivers import MailServer, Webhook

Start = Callable[..., Process]


def notify(start: Start, broker: Broker, *options: object, **settings: Any) -> Process:
    """Start it, and await its subscription; it answers at `.http`."""
    http = free_port()
    process = start(
        "algo-service", "notify", "--mqtt", broker.url, "--http", http, *options, **settings
    )
    process.http = http
    eventually(lambda: ask(process, "/metrics")[1].count("tickwire_mqtt_connected 1"), "it runs")
    return process


def ask(process: Process, path: str, body: bytes | None = None) -> tuple[int, str]:
    """Status and text of an answer; 0 while it does not answer."""
    request = urllib.request.Request(f"http://127.0.0.1:{process.http}{path}", body)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()
    except OSError:
        return 0, ""


def test_what_happens_is_told_line_by_line(
    mosquitto: Broker, start: Start, webhook: Webhook
) -> None:
    publish(mosquitto.port, "algos/random", record("online"), retain=True)
    process = notify(start, mosquitto, "--to", webhook.url, "--pause", 0)
    publish(mosquitto.port, "orders/random", order(1, "buy", 2.5, 100.0))
    publish(mosquitto.port, "fills/random", fill(1, "buy", 2.5, 100.0))
    publish(mosquitto.port, "orders/random", order(2, "buy", 0, 100.0, reason="refused"))
    publish(mosquitto.port, "errors/random", {"code": "not_json", "reason": "it is not JSON"})
    publish(mosquitto.port, "algos/random", record("lost"), retain=True)
    halt = {**snapshot(3, 1000.0, halt="halted by Ann: news"), "halted": HALTED}
    publish(mosquitto.port, "portfolios/random", halt, retain=True)
    webhook.wait_for("random: buying is halted by Ann: news")
    assert webhook.lines == [
        "random: buy 2.5 GOOG at 100.00",
        "random: not_json: it is not JSON",
        "random is lost: the broker no longer hears of the service at tcp://algo:4242",
        "random: buying is halted by Ann: news",
    ]
    assert process.stop() == 0
    assert "s3cret" not in process.output
    assert "Traceback" not in process.output


def test_a_mail_and_a_webhook_get_the_same(
    mosquitto: Broker, start: Start, webhook: Webhook, mail_server: MailServer
) -> None:
    process = notify(start, mosquitto, "--to", webhook.url, "--to", mail_server.url)
    publish(mosquitto.port, "orders/random", order(1, "buy", 2.5, 100.0))
    eventually(lambda: mail_server.mails and webhook.messages, "both")
    assert mail_server.mails[0]["Subject"] == webhook.messages[0]["title"] == "Tickwire: 1 order"
    assert "random: buy 2.5 GOOG at 100.00" in mail_server.mails[0].as_string()
    assert process.stop() == 0


def test_only_what_is_named_is_told_and_names_may_come_from_the_environment(
    mosquitto: Broker, start: Start, webhook: Webhook, tmp_path: Path
) -> None:
    receivers = tmp_path / "receivers"
    receivers.write_text(f"# mine\n{webhook.url}\n")
    env = {"ONLY": "fills, refusals", "PAUSE": "0", "TO_FILE": str(receivers)}
    notify(start, mosquitto, env={f"ALGO_SERVICE_{name}": text for name, text in env.items()})
    publish(mosquitto.port, "orders/random", order(1, "buy", 2.5, 100.0))
    publish(mosquitto.port, "orders/random", order(2, "buy", 0, 100.0, reason="refused"))
    webhook.wait_for("random: buy of GOOG at 100.00 refused: refused")
    publish(mosquitto.port, "fills/random", fill(1, "buy", 2.5, 100.0))
    webhook.wait_for("random: bought 2.5 GOOG at 100.00")
    assert len(webhook.lines) == 2


def test_the_loss_of_the_broker_is_told_and_what_was_retained_meanwhile(
    mosquitto: Broker, start: Start, webhook: Webhook
) -> None:
    publish(mosquitto.port, "algos/random", record("online"), retain=True)
    notify(start, mosquitto, "--to", webhook.url, "--pause", 0)
    mosquitto.process.kill()
    webhook.wait_for(f"lost the broker at {mosquitto.url}")
    mosquitto.start()
    webhook.wait_for(f"the broker at {mosquitto.url} is back")
    publish(mosquitto.port, "algos/random", record("lost"), retain=True)
    webhook.wait_for("random is lost")


def test_alerts_of_prometheus_are_taken_on_the_port_of_its_metrics(
    mosquitto: Broker, start: Start, webhook: Webhook
) -> None:
    process = notify(start, mosquitto, "--to", webhook.url, "--pause", 0)
    labels = {"alertname": "PartDown", "severity": "critical"}
    alert = {"labels": labels, "annotations": {"summary": "The bridge is down."}}
    assert ask(process, "/api/v2/alerts", json.dumps([alert]).encode())[0] == 200
    webhook.wait_for("PartDown: The bridge is down.")
    status, text = ask(process, "/alerts", b"{}")
    assert status == 400
    assert "the body is neither a list of alerts nor a map with one" in text
    assert ask(process, "/alerts/other", b"[]")[0] == 405


def test_a_broken_receiver_is_a_reason_in_readyz_and_a_count_and_stops_nothing(
    mosquitto: Broker, start: Start, webhook: Webhook
) -> None:
    webhook.status = 503
    process = notify(start, mosquitto, "--to", webhook.url, "--pause", 0)
    assert ask(process, "/readyz")[0] == 200
    publish(mosquitto.port, "errors/random", {"reason": "first"})
    eventually(lambda: ask(process, "/readyz")[0] == 503, "the reason")
    (reason,) = json.loads(ask(process, "/readyz")[1])["reasons"]
    assert reason.startswith("receiver 1 (json) takes no message: ")
    metrics = ask(process, "/metrics")[1]
    assert "tickwire_notify_broken_receivers 1.0" in metrics
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text()
    listed = re.findall(r"^\| `(tickwire_notify_\w+)` \| (\w+)", page, re.MULTILINE)
    assert re.findall(r"^# TYPE (tickwire_notify_\w+) (\w+)", metrics, re.MULTILINE) == listed
    webhook.status = 200
    webhook.wait_for("first")
    eventually(lambda: ask(process, "/readyz")[0] == 200, "the end of it")
    metrics = ask(process, "/metrics")[1]
    assert "tickwire_notify_messages_total 1.0" in metrics
    assert 'tickwire_notify_notices_total{kind="errors"} 1.0' in metrics
    process.wait_for("receiver 1 .json. takes messages again")
    assert "s3cret" not in process.output


def test_a_test_message_goes_to_all_and_tells_which_do_not_take_it(
    start: Start, webhook: Webhook
) -> None:
    process = start("algo-service", "notify", "--test", env={"ALGO_SERVICE_TO": webhook.url})
    assert process.wait() == 0
    assert process.output == "receiver 1 (json) has the test"
    assert webhook.messages[0]["title"] == "Tickwire: a test"
    nobody = f"json://127.0.0.1:{free_port()}/s3cret"
    both = {"ALGO_SERVICE_TO": f"{nobody} {webhook.url}"}
    process = start("algo-service", "notify", "--test", env=both)
    assert process.wait() == 2
    first, second, last = process.output.splitlines()
    assert first.startswith("receiver 1 (json) takes no message: ")
    assert second == "receiver 2 (json) has the test"
    assert last == "algo-service: 1 of 2 receivers did not take the test"
    assert "s3cret" not in process.output


def test_a_port_that_is_taken_ends_it_with_a_sentence(start: Start, webhook: Webhook) -> None:
    port = webhook.url.split("/")[2].rpartition(":")[2]
    command = ("algo-service", "notify", "--http", port)
    to = {"ALGO_SERVICE_TO": webhook.url}
    process = start(*command, env={**to, "LOG_FORMAT": "json"})
    assert process.wait() == 2
    (line,) = map(json.loads, process.output.splitlines())
    assert line["event"] == f"--http 127.0.0.1:{port}: cannot listen there: Address already in use"
    assert (line["level"], "traceback" in line) == ("error", False)
    process = start(*command, env=to)
    assert process.wait() == 2
    assert process.output == f"Error: {line['event']}"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], "there is nobody to notify: --to and --to-file are not given"),
        (["--to", "json://x/", "--quiet", "22"], '--quiet: "22" is no period of the day: write'),
        (["--to", "json://x/", "--only", "order"], '"order" is nothing to tell: did you mean "or'),
        (["--to", "json://x/", "--timezone", "Europe/Zurch"], 'did you mean "Europe/Zurich"?'),
        (["--to-file", "/nowhere"], "--to-file /nowhere cannot be read: No such file"),
        (["--to", "jsn://x/s3cret"], "receiver 1 (jsn): there is no receiver of this kind"),
    ],
)
def test_a_mistake_ends_it_with_a_sentence(options: list[str], sentence: str) -> None:
    ended = called("notify", *options)
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "s3cret" not in ended.stdout + ended.stderr
