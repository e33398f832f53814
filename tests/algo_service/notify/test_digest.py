"""What is put into one message, and what is only counted."""

from __future__ import annotations

from datetime import UTC

from algo_service.notify.digest import MAX_LINES, Digest
from algo_service.notify.notice import Kind, Notice


def notice(text: str, kind: Kind = "orders", at: float = 0.0, *, urgent: bool = False) -> Notice:
    return Notice(kind, text, at, urgent)


def test_lines_have_their_times_and_the_title_has_their_counts() -> None:
    digest = Digest(UTC)
    digest.add(notice("one", at=3600))
    digest.add(notice("two", at=3601.9))
    digest.add(notice("three", "halts", at=3600.5, urgent=True))
    message = digest.compose(urgent_only=False).message
    assert message.title == "Tickwire: 2 orders, 1 halt"
    assert message.body == "01:00:00  one\n01:00:00  three\n01:00:01  two"
    assert message.is_urgent


def test_what_is_beyond_the_lines_is_counted_by_kind() -> None:
    digest = Digest(UTC)
    kept = [digest.add(notice(f"{number}")) for number in range(MAX_LINES + 2)]
    assert kept == [True] * MAX_LINES + [False] * 2
    assert not digest.add(notice("bad", "errors"))
    assert digest.add(notice("halted", "halts", urgent=True))
    batch = digest.compose(urgent_only=False)
    assert batch.message.title == f"Tickwire: {MAX_LINES + 2} orders, 1 halt, 1 error"
    assert batch.message.body.splitlines()[-1] == "and 2 orders, 1 error more"
    assert len(batch.message.body.splitlines()) == MAX_LINES + 2


def test_in_quiet_hours_only_what_is_urgent_goes_and_the_rest_waits() -> None:
    digest = Digest(UTC)
    digest.add(notice("calm"))
    digest.add(notice("halted", "halts", urgent=True))
    batch = digest.compose(urgent_only=True)
    assert batch.message.body == "00:00:00  halted"
    digest.sent(batch)
    assert not digest.has(is_urgent=True)
    assert digest.compose(urgent_only=False).message.body == "00:00:00  calm"


def test_what_comes_while_a_message_is_sent_is_in_the_next_one() -> None:
    digest = Digest(UTC)
    for number in range(MAX_LINES + 1):
        digest.add(notice(f"{number}"))
    batch = digest.compose(urgent_only=False)
    digest.add(notice("later"))
    digest.sent(batch)
    assert digest.compose(urgent_only=False).message.body == "and 1 order more"


def test_a_message_that_is_given_up_leaves_its_counts() -> None:
    digest = Digest(UTC)
    digest.add(notice("one"))
    digest.add(notice("halted", "halts", urgent=True))
    digest.give_up(digest.compose(urgent_only=False))
    assert digest.has(is_urgent=True)
    assert digest.compose(urgent_only=False).message.body == "and 1 order, 1 halt more"
    digest.sent(digest.compose(urgent_only=False))
    assert not digest.has(is_urgent=True)
    assert not digest.has(is_urgent=False)
