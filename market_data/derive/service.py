"""The machine of both services: takes quotes in order, and publishes what comes of them once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import NoReturn

from market_data.derive.content import digest
from market_data.derive.intake import Intake, Taken
from market_data.derive.store import Store
from market_data.derive.transformation import Output, Transformation
from market_data.error_record import error_record
from market_data.feeds.invalid_quote import InvalidQuoteError
from market_data.mqtt.connection import SLICE
from market_data.mqtt.publisher import Publisher
from market_data.mqtt.subscriber import Received, Subscriber
from market_data.mqtt.topic_level import topic_level

MAX_BATCH = 1_000
"""Quotes after which a transaction is committed; the rest of a message goes with them."""

_FORGET_EVERY = 1.0
"""Seconds between two looks for outputs to forget: each goes through all of the last 20 seconds."""

_MAX_REPORTED = 1_000
"""Channels and codes of which the first refusal is reported."""

_MAX_MIXED = 100
"""Pairs of channels of which an instrument that comes on both is reported."""

_MANY = 20
"""Refusals in a row that are more than some odd messages."""

_OF_A_QUOTE = "algorithm"
"""The code of a valid quote of which nothing could be made."""


class Service:
    """Takes quotes in the broker's order and publishes a transformation's outputs in theirs.

    What arrives while a batch is processed is the next batch: there is no timer. The keys of a
    batch, the state after it and its outputs are committed together. Only then the broker hears
    that its messages are taken; and an output is forgotten when the broker has confirmed it, and
    can no longer lose it. Whatever is killed, a quote with an id is taken once, and its outputs are
    published, perhaps again, with the same ids.

    :param publisher: for all of its texts a topic is given.
    :param prefix: of all topics.
    :param name: of this service, for `errors/<name>`.
    :param notify: called with a sentence at the first refusal of each kind, and where an
        instrument comes on two channels.
    """

    def __init__(
        self,
        transformation: Transformation,
        store: Store,
        subscriber: Subscriber,
        publisher: Publisher[int],
        prefix: str,
        name: str,
        notify: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ):
        self.quotes = 0
        """Taken by this process, duplicates not among them."""
        self.duplicates = 0
        self.refused: Counter[str] = Counter()
        """Messages that are no quotes, and quotes of which nothing could be made, by code."""
        self.retained = 0
        """Copies that the broker had retained, which were dropped."""
        self.last_at = 0.0
        """When the last message came, in seconds since 1970; 0 before the first."""
        self._refused_in_a_row = 0
        self._last_refusal = ""
        self._transformation = transformation
        self._store = store
        self._subscriber = subscriber
        self._publisher = publisher
        self._prefix = prefix
        self._errors = f"errors/{topic_level(name)}"
        self._notify = notify
        self._clock = clock
        self._forget_at = clock()
        self._intake = Intake()
        self._reported: set[tuple[str, str]] = set()
        self._channel_of: dict[str, str] = {}
        self._mixed: set[tuple[str, str]] = set()

    @property
    def summary(self) -> str:
        """What was taken and published, for people."""
        counts = [f"{self.quotes} quotes taken", f"{self.duplicates} duplicates"]
        if self.retained:
            counts.append(f"{self.retained} retained copies dropped")
        counts.append(f"{self.refused.total()} refused")
        counts.append(f"{self._publisher.published} messages published")
        return ", ".join([*counts, f"{self._publisher.confirmed} confirmed"])

    def missing(self) -> list[str]:
        """Return why nothing is made of quotes just now, a sentence each; any thread may ask."""
        found = [*self._subscriber.link.missing(), *self._publisher.missing()]
        if (count := self._refused_in_a_row) >= _MANY:
            found.append(f"each of the last {count} quotes was refused: {self._last_refusal}")
        return list(dict.fromkeys(found))

    def run(self) -> NoReturn:
        """Publish what an earlier process left, then serve; the subscriber is connected before.

        :raises Interrupted: when `stop` is requested; `Publisher.settle` is up to the caller.
        :raises FeedError: if waiting cannot help.
        """
        for number, output in self._store.outputs():
            self._publish(number, output)
        while True:
            received = self._subscriber.receive(SLICE)
            if received:
                self._take_all(received)
            self._publisher.turn(0)

    def _take_all(self, received: list[Received]) -> None:
        outputs: list[Output] = []
        first = self.quotes
        self._store.begin()
        for message in received:
            outputs += self._take(message)
            if self.quotes - first >= MAX_BATCH:
                self._commit(message, outputs)
                self._publisher.turn(0)
                outputs = []
                first = self.quotes
                self._store.begin()
        self._commit(received[-1], outputs)
        self.last_at = received[-1].arrived / 1e9

    def _commit(self, last: Received, outputs: list[Output]) -> None:
        parts = self._transformation.changed()
        numbers = self._store.commit(parts, outputs, self._oldest())
        self._subscriber.acknowledge(last)
        for number, output in zip(numbers, outputs, strict=True):
            self._publish(number, output)

    def _oldest(self) -> int | None:
        now = self._clock()
        if now < self._forget_at:
            return None
        self._forget_at = now + _FORGET_EVERY
        return self._publisher.oldest

    def _publish(self, number: int, output: Output) -> None:
        self._publisher.publish(output.text, number, self._prefix + output.topic)

    def _take(self, message: Received) -> list[Output]:
        # no quote, but the copy that a broker sends to every new subscription
        if message.retain:
            self.retained += 1
            return []
        try:
            quotes = self._intake.read(message.topic, message.payload)
        except InvalidQuoteError as error:
            return [self._refusal(message, error.code, str(error))]
        outputs: list[Output] = []
        for quote in quotes:
            outputs += self._outputs_of(quote, message)
        return outputs

    def _outputs_of(self, quote: Taken, message: Received) -> list[Output]:
        fields = quote.message
        if quote.has_id:
            known = self._store.note(message.topic, fields["id"], digest(fields))
            if known == "again":
                self.duplicates += 1
                return []
            if known == "other":
                used = f'id used before: "{fields["id"]}" on {message.topic}, with other content'
                return [self._refusal(message, _OF_A_QUOTE, used)]
        self.quotes += 1
        channel = self._channel_of.setdefault(fields["sid"], message.topic)
        if channel != message.topic:
            self._tell_mixed(fields["sid"], channel, message.topic)
        refusals: list[str] = []
        outputs = self._transformation.update(fields, quote.at, refusals.append)
        if not refusals:
            self._refused_in_a_row = 0
        for reason in refusals:
            outputs.append(self._refusal(message, _OF_A_QUOTE, reason))
        return outputs

    def _tell_mixed(self, sid: str, first: str, other: str) -> None:
        pair = first, other
        if pair not in self._mixed and len(self._mixed) < _MAX_MIXED:
            self._mixed.add(pair)
            self._notify(
                f"{sid} comes on {first} and on {other}: its quotes make one series; to keep them"
                " apart, start a service for each --channel"
            )

    def _refusal(self, message: Received, code: str, reason: str) -> Output:
        self.refused[code] += 1
        self._refused_in_a_row += 1
        self._last_refusal = reason
        kind = message.topic, code
        if kind not in self._reported and len(self._reported) < _MAX_REPORTED:
            self._reported.add(kind)
            self._notify(f"refused a message on {message.topic}: {reason}")
        record = error_record(message.topic, message.payload, code, reason)
        return Output(self._errors, record)
