"""Publishes what a live source gives, as it comes."""

from __future__ import annotations

import hashlib
import json
from typing import Protocol

from market_data.feeds.quote import Quote, as_message
from market_data.live.progress import Progress
from market_data.live.pump import Pump
from market_data.live.silence import Silence
from market_data.live.source import Gap

# Seconds to wait for quotes, between two turns of the network: an answer of the broker may wait so
# long while nothing is published, and a signal, too. A quote does not wait.
_SLICE = 0.05
_TURN = 0.001


class _Sink(Protocol):
    """What this needs of a Publisher."""

    def publish(
        self, text: str, mark: int, topic: str | None = None, *, is_awaited: bool = True
    ) -> None: ...
    def wait(self, seconds: float) -> None: ...


def publish_live(
    pump: Pump, publisher: _Sink, progress: Progress, silence: Silence, topic: str, errors: str
) -> None:
    """Publish each quote, until `stop` of the publisher is requested, or an error ends it.

    :param topic: of the quotes, without the prefix; a report about a gap names it.
    :param errors: the topic of these reports.

    While the broker is slow or away, `publish` waits, and the pump reads a few batches ahead and
    then no more: what is not published stays with the source.
    """
    while True:
        batch = pump.take(_SLICE)
        if batch is None:
            silence.check()
        else:
            if batch.quotes:
                silence.quotes()
            mark = progress.begin()
            for gap in batch.gaps:
                publisher.publish(gap_message(gap, topic), mark, errors, is_awaited=False)
            for quote in batch.quotes:
                publisher.publish(live_message(quote), mark)
            progress.end(batch.position)
        publisher.wait(_TURN)
        progress.advance()


def live_message(quote: Quote) -> str:
    """Return the JSON text of a quote, whose channel will be the topic that it is published on."""
    assert quote.recorded is not None, f"{quote} has no id"
    assert quote.recorded.id is not None, f"{quote} has no id"
    fields = as_message(quote, "")
    del fields["channel"]
    return json.dumps(fields, allow_nan=False)


def gap_message(gap: Gap, topic: str) -> str:
    """Return the JSON text of the report about a gap (contracts/error.schema.json)."""
    count = "quotes" if gap.missing is None else f"{gap.missing} quotes"
    return json.dumps(
        {
            "topic": topic,
            "code": "gap",
            "reason": f"{count} of {gap.sid} are missing between {gap.after['id']} and"
            f" {gap.before['id']}: the source does not have them",
            "length": 0,
            "sha256": hashlib.sha256(b"").hexdigest(),
            "payload_base64": "",
            "gap": gap._asdict(),
        },
        allow_nan=False,
    )
