"""Which topics a service may take quotes from, as the bridge refuses them."""

from __future__ import annotations

from collections.abc import Sequence

from market_data.errors import ReadOptionError
from market_data.mqtt.topic_filter import filter_fault, overlap

RESERVED_TOPICS = (
    *("orders", "fills", "portfolios", "algos", "errors", "bridges", "stats"),
    *("commands", "replies", "queries", "executions", "halts"),
)
"""As in bridge_node/src/messages/reserved_topics.js."""

_DATA = ("data", "indicators")


def check_channels(channels: Sequence[str], own: str) -> None:
    """Refuse channels that carry no quotes, overlap, or would receive what is published.

    :param channels: topics or topic filters, without the prefix of all topics.
    :param own: the filter of what the service publishes.
    :raises ReadOptionError: naming the channel.
    """
    for place, channel in enumerate(channels):
        fault = filter_fault(channel)
        if not fault and channel.startswith("$share/"):
            fault = "a shared subscription would deliver each quote to one of several services"
        for name in RESERVED_TOPICS:
            if not fault and overlap(channel, f"{name}/#"):
                fault = f"it would receive {name}/…, which is no channel"
        for name in _DATA:
            if not fault and overlap(channel, f"{name}/#"):
                fault = f"it would receive {name}/…, which carries data and no quotes"
        if not fault and overlap(channel, own):
            fault = f"it would receive {own}, which this command publishes"
        for other in channels[:place]:
            if not fault and overlap(channel, other):
                fault = f'it overlaps with "{other}": a quote would come twice'
        if fault:
            raise ReadOptionError("--channel", channel, fault)
