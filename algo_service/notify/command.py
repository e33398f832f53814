"""Tells people what happens, until a signal ends it."""

from __future__ import annotations

import logging
import secrets
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import NamedTuple

from algo_service.errors import NotifyError
from algo_service.notify.alerts import PATHS, Alerts
from algo_service.notify.digest import Message
from algo_service.notify.metrics import add_metrics
from algo_service.notify.notice import Kind, Notice
from algo_service.notify.observer import TOPICS, TOPICS_OF, Observer, Topic
from algo_service.notify.pacing import Pacing
from algo_service.notify.quiet_hours import QuietHours
from algo_service.notify.receiver import Receiver
from algo_service.notify.target import Target, silence_libraries
from algo_service.watch.subscriber import Subscriber
from market_data.mqtt.access import BrokerAccess
from market_data.mqtt.broadcast import Broadcast
from market_data.mqtt.connection import SLICE
from market_data.mqtt.metrics import add_broker_metrics
from market_data.mqtt.topic_level import topic_level
from market_data.stopping import Interrupted, Stop
from telemetry.http import HttpServer
from telemetry.options import HttpAddress
from telemetry.part import Part
from telemetry.readings import Readings
from telemetry.stats import INTERVAL, stats_message

log = logging.getLogger(__name__)

# Seconds that all receivers have at the end for what may be sent then: Docker kills after ten.
_LAST_PATIENCE = 5.0


class Settings(NamedTuple):
    """What is told to whom, and when."""

    urls: Sequence[str]
    kinds: Sequence[Kind]
    pause: float
    """Seconds at least between two messages to a receiver that are not urgent."""
    quiet: QuietHours | None
    zone: tzinfo | None
    """Whose clock the lines show; None is that of this computer."""
    http: HttpAddress | None
    """Where alerts are taken, too."""


class _Notifier:
    """Brings notices to all receivers. Any thread may call `tell`."""

    def __init__(self, settings: Settings):
        self.told: Counter[Kind] = Counter()
        """The number of notices, by kind."""
        self._kinds = frozenset(settings.kinds)
        self.receivers = [
            Receiver(target, Pacing(settings.pause, settings.quiet), settings.zone)
            for target in _targets(settings.urls)
        ]

    def tell(self, notices: Iterable[Notice]) -> None:
        """Have notices of the chosen kinds told."""
        for notice in notices:
            if notice.kind in self._kinds:
                self.told[notice.kind] += 1
                log.debug("told: %s", notice.text)
                for receiver in self.receivers:
                    receiver.offer(notice)

    def missing(self) -> list[str]:
        """Return which receivers take no messages, as sentences."""
        return [each.trouble for each in self.receivers if each.trouble]

    def end(self) -> None:
        """Send what may be sent now, and say what is left."""
        latest = time.monotonic() + _LAST_PATIENCE
        for receiver in self.receivers:
            receiver.end()
        for receiver in self.receivers:
            if not receiver.has_sent_all(latest - time.monotonic()):
                log.warning("%s was not sent all: ask it for what is left", receiver.name)


def run(access: BrokerAccess, settings: Settings) -> None:
    """Notify until SIGINT or SIGTERM.

    :raises FeedError: if the broker will not take this client.
    :raises NotifyError: if a receiver cannot be used, or one cannot listen for alerts.
    """
    silence_libraries()
    stop, observer, alerts = Stop(), Observer(), Alerts()
    notifier = _Notifier(settings)

    def notify(sentence: str) -> None:
        notifier.tell([Notice("broker", sentence, time.time(), is_urgent=True)])

    def receive(topic: Topic, name: str, payload: bytes, _retained: bool) -> None:
        notifier.tell(observer.take(topic, name, payload, time.time()))

    def take_alerts(body: bytes) -> None:
        notifier.tell(alerts.take(body, time.time()))

    wanted = {topic for kind in settings.kinds for topic in TOPICS_OF[kind]}
    topics = [topic for topic in TOPICS if topic in wanted]
    subscriber = Subscriber(access, topics, stop, notify, receive, name="notify")
    link = subscriber.link

    def missing() -> list[str]:
        return [*link.missing(), *notifier.missing()]

    # its name is its own: there may be several, with other receivers
    part = Part("notify", secrets.token_hex(4), missing, stop.stalled)
    readings = Readings(part.registry)
    add_broker_metrics(readings, link)
    add_metrics(readings, notifier.told, notifier.receivers, observer)
    topic = f"{access.prefix}stats/{topic_level(str(part))}"
    subscriber.broadcast(Broadcast(topic, lambda: stats_message(part), INTERVAL))
    server: HttpServer | None = None
    with stop.on_signals():
        try:
            if settings.http:
                server = HttpServer(part, settings.http, dict.fromkeys(PATHS, take_alerts))
            for receiver in notifier.receivers:
                receiver.start()
            while True:
                subscriber.turn(SLICE)
        except Interrupted:
            pass
        finally:
            subscriber.close()
            if server:
                server.close()
            notifier.end()


def test(urls: Sequence[str]) -> Iterable[str]:
    """Send each receiver a message; yield what came of it, as sentences.

    :raises NotifyError: at the end, if one did not take it.
    """
    silence_libraries()
    message = Message(
        "Tickwire: a test",
        "This is a test: what `algo-service notify` tells comes here.",
        is_urgent=False,
    )
    failed = 0
    targets = _targets(urls)
    for target in targets:
        reason = target.send(message)
        failed += reason is not None
        yield f"{target.name} {f'takes no message: {reason}' if reason else 'has the test'}"
    if failed:
        raise NotifyError(f"{failed} of {len(targets)} receivers did not take the test")


def _targets(urls: Sequence[str]) -> list[Target]:
    return [Target(number, url) for number, url in enumerate(urls, 1)]
