"""Publishes what a live source gives, as it comes."""

from __future__ import annotations

import json
from typing import Protocol

from market_data.feeds.quote import Quote, as_message
from market_data.live.lag import Lag
from market_data.live.progress import Progress
from market_data.live.pump import Pump
from market_data.live.reporting import Reporter
from market_data.live.silence import Silence

# Seconds to wait for quotes, between two turns of the network: an answer of the broker may wait so
# long while nothing is published, and a signal, too. A quote does not wait.
_SLICE = 0.05
_TURN = 0.001


class _Sink(Protocol):
    """What this needs of a Publisher."""

    def publish(self, text: str, mark: int) -> None: ...
    def wait(self, seconds: float) -> None: ...


def publish_live(
    pump: Pump,
    publisher: _Sink,
    progress: Progress,
    silence: Silence,
    lag: Lag,
    reporter: Reporter,
) -> None:
    """Publish quotes and reports, until `stop` of the publisher is requested, or an error ends it.

    While the broker is slow or away, `publish` waits, and the pump reads a few batches ahead and
    then no more: what is not published stays with the source.
    """
    silence.begin()
    while True:
        batch = pump.take(_SLICE)
        if batch is None:
            silence.check()
        else:
            if batch.quotes:
                silence.quotes()
            mark = progress.begin()
            for report in batch.reports:
                reporter.publish(report, mark)
            for quote in batch.quotes:
                publisher.publish(live_message(quote), mark)
            if batch.quotes:
                lag.published(batch.quotes)
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
