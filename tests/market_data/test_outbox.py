"""What is sent again, and for how long it is remembered."""

from __future__ import annotations

import pytest

from market_data import Mark
from market_data.mqtt.outbox import Outbox


class Sender:
    """An outbox whose texts are their numbers, and ids, too."""

    def __init__(self) -> None:
        self.now = 0.0
        self.outbox = Outbox(lambda: self.now)

    def send(self, number: int, at: float) -> None:
        self.now = at
        self.outbox.add("quotes", str(number), Mark(1, number))
        self.outbox.sent(number)

    def deliver(self, number: int, at: float) -> None:
        self.now = at
        self.outbox.delivered(number)

    def waiting(self) -> list[int]:
        return [int(item.text) for item in self.outbox.waiting]


@pytest.mark.parametrize(
    ("events", "again"),
    [
        # for each text when it was sent and when it was confirmed, if at all
        ([], []),
        ([(0, None)], [1]),
        ([(0, 0)], [1]),
        ([(0, 0), (20, 20)], [1, 2]),
        ([(0, 0), (20.1, 20.1)], [2]),
        # the confirmation counts
        ([(0, 5), (25, 25)], [1, 2]),
        # confirmed long ago, but read late by a process that was stopped: no sign of life
        ([(0, 0), (1, 60)], [1, 2]),
        # whatever was not confirmed is sent again, and nothing moves before it
        ([(0, 0), (0, None), (30, 30)], [2, 3]),
    ],
)
def test_what_the_broker_may_have_forgotten_waits_again(
    events: list[tuple[float, float | None]], again: list[int]
) -> None:
    sender = Sender()
    for number, (sent, confirmed) in enumerate(events, start=1):
        sender.send(number, sent)
        if confirmed is not None:
            sender.deliver(number, confirmed)
    oldest = sender.outbox.oldest
    assert oldest == (Mark(1, again[0]) if again else None)
    sender.outbox.connection_lost()
    assert sender.waiting() == again
    assert sender.outbox.oldest == oldest


def test_what_is_confirmed_again_is_remembered_anew_and_counted_once() -> None:
    sender = Sender()
    sender.send(1, at=0)
    sender.deliver(1, at=0)
    for moment in (10, 25, 40):
        sender.outbox.connection_lost()
        assert sender.waiting() == [1]
        sender.now = moment
        sender.outbox.sent(1)
        sender.deliver(1, at=moment)
    assert sender.outbox.confirmed == sender.outbox.published == 1


def test_what_reached_nobody_waits_with_all_after_it_once_all_are_answered() -> None:
    sender = Sender()
    for number in (1, 2, 3, 4):
        sender.send(number, at=0)
    sender.deliver(1, at=0)
    sender.outbox.undelivered(2)
    sender.deliver(3, at=0)
    assert sender.waiting() == []
    sender.outbox.undelivered(4)
    assert sender.waiting() == [2, 3, 4]
    assert sender.outbox.confirmed == 2
    # without duplicates
    sender.outbox.connection_lost()
    assert sender.waiting() == [1, 2, 3, 4]


def test_a_refused_text_is_not_left_behind() -> None:
    sender = Sender()
    sender.send(1, at=0)
    sender.outbox.refused(1)
    sender.send(2, at=0)
    sender.deliver(2, at=0)
    assert sender.outbox.oldest == Mark(1, 1)
