"""What a command that runs for long tells of itself: over HTTP, and on `stats/<part>`."""

from __future__ import annotations

from market_data.mqtt.address import check_topic
from market_data.mqtt.broadcast import Broadcast
from market_data.mqtt.topic_level import topic_level
from telemetry.http import HttpServer
from telemetry.options import HttpAddress
from telemetry.part import Part
from telemetry.stats import INTERVAL, stats_message


def listen(part: Part, http: HttpAddress | None) -> None:
    """Answer over HTTP until the process ends, if there is an address.

    :raises ListenError: if one cannot listen there.
    """
    if http is not None:
        HttpServer(part, http)


def stats_of(part: Part, prefix: str) -> Broadcast:
    """Return what the part's connection has to publish on `stats/<part>`.

    :param prefix: of all topics.
    :raises TopicError: if one cannot publish on a topic of such a name.
    """
    topic = check_topic(f"{prefix}stats/{topic_level(str(part))}")
    return Broadcast(topic, lambda: stats_message(part), INTERVAL)
