"""A person who gives commands during a chaotic run, and what has to hold of it then.

A command takes effect where it arrives, which no two runs have in common. So such a run is compared
with itself.
"""

from __future__ import annotations

import json
from pathlib import Path

import paho.mqtt.client as mqtt

from tests.e2e.recovery.chaos import (
    Outcome,
    Person,
    Pipeline,
    await_progress,
    spread,
)
from tests.e2e.recovery.subscriber import RUN, Subscriber
from tests.e2e.recovery.swap_trial import verify

SERVICE_OPTIONS = ("--param", "max_drawdown=0.2")
"""So that a limit stops buying, and there is something to reset."""
VERBS = ("halt", "resume", "reset", "flatten", "resume", "reset")


def commands(seed: int, count: int, quotes: int) -> Person:
    """Give `count` commands, one after the other, while quotes flow."""

    def give(pipeline: Pipeline, subscriber: Subscriber) -> None:
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, "chaos-person")
        client.reconnect_delay_set(0.1, 0.2)
        pipeline.broker.connect(client, "chaos-person")
        client.loop_start()
        pipeline.await_saved_sessions()  # as the kills do
        for n, row in enumerate(spread(subscriber.row, quotes, count)):
            await_progress(subscriber, row)
            command = {
                "command": VERBS[n % len(VERBS)],
                "id": f"{seed}-{n}",
                "by": "the schedule",
                "reason": f"number {n}",
                "expires": "2199-12-31",
            }
            # A broker that is killed forgets what it has confirmed, and a reply may be lost with
            # it: whoever has none gives the same command again.
            is_replied_to = False
            while not is_replied_to:
                client.publish("commands/random", json.dumps(command), qos=1)
                is_replied_to = subscriber.has("replies/random", command["id"], patience=2)
        client.disconnect()
        client.loop_stop()

    return give


def check(outcome: Outcome, journal: Path, seed: int, count: int, quotes: int) -> None:
    """AssertionError where a run with commands contradicts itself.

    What was published is what the journal holds; every quote and every command was decided once,
    both in their order; and the journal's inputs lead to its outputs.
    """
    kept = outcome.ledger
    assert outcome.published == kept.records
    assert kept.ids("quotes") == [f"{RUN}:{row}" for row in range(1, quotes + 1)]
    assert kept.ids("commands/random") == [f"{seed}-{n}" for n in range(count)]
    assert len(kept.inputs) == quotes + count
    for n in range(count):
        reply = json.loads(kept.records["replies/random", f"{seed}-{n}"])
        # a limit may have had nothing to stop
        expected = {"done", "unchanged"} if reply["command"] == "reset" else {"done"}
        assert reply["outcome"] in expected, reply
    verify(journal)
