"""What one receiver is still to be told: a bounded number of lines, and counts of all others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import tzinfo
from typing import NamedTuple

from algo_service.notify.notice import KINDS, Kind, Notice, counted
from algo_service.notify.quiet_hours import local

MAX_LINES = 20
"""Lines of a message; as many for what is urgent. What is beyond is counted."""


class Message(NamedTuple):
    """What is sent at once."""

    title: str
    body: str
    is_urgent: bool


class Batch(NamedTuple):
    """A message, and what is in it."""

    message: Message
    notices: tuple[Notice, ...]
    more: Counter[tuple[Kind, bool]]
    """Those that are counted alone, by kind and urgency."""


class Digest:
    """Gathers notices; `sent` and `give_up` take those of a batch out.

    :param zone: whose clock the lines show; None is that of this computer.
    """

    def __init__(self, zone: tzinfo | None):
        self._zone = zone
        self._notices: list[Notice] = []
        self._more: Counter[tuple[Kind, bool]] = Counter()

    def add(self, notice: Notice) -> bool:
        """Gather a notice; return False if it is counted alone."""
        alike = sum(each.is_urgent == notice.is_urgent for each in self._notices)
        if alike < MAX_LINES:
            self._notices.append(notice)
            return True
        self._more[notice.kind, notice.is_urgent] += 1
        return False

    def has(self, *, is_urgent: bool) -> bool:
        """Return whether anything that is urgent, or that is not, waits."""
        return any(each.is_urgent == is_urgent for each in self._notices) or any(
            urgency == is_urgent for _, urgency in self._more
        )

    def compose(self, *, urgent_only: bool) -> Batch:
        """Return what waits as a message; it keeps waiting."""
        notices = tuple(each for each in self._notices if each.is_urgent or not urgent_only)
        more = Counter(
            {key: count for key, count in self._more.items() if key[1] or not urgent_only}
        )
        lines = [
            f"{local(each.at, self._zone):%H:%M:%S}  {each.text}"
            for each in sorted(notices, key=lambda each: each.at)
        ]
        if more:
            lines.append(f"and {_counted((kind, count) for (kind, _), count in more.items())} more")
        all_of_it = [(each.kind, 1) for each in notices]
        all_of_it += [(kind, count) for (kind, _), count in more.items()]
        is_urgent = any(each.is_urgent for each in notices)
        title = f"Tickwire: {_counted(all_of_it)}"
        return Batch(Message(title, "\n".join(lines), is_urgent), notices, more)

    def sent(self, batch: Batch) -> None:
        """Take out what a message holds."""
        held = {id(each) for each in batch.notices}
        self._notices = [each for each in self._notices if id(each) not in held]
        self._more -= batch.more

    def give_up(self, batch: Batch) -> None:
        """Count the lines of a message alone: the receiver does not take them."""
        self.sent(batch)
        self._more += batch.more
        self._more.update((each.kind, each.is_urgent) for each in batch.notices)


def _counted(kinds: Iterable[tuple[Kind, int]]) -> str:
    total: Counter[Kind] = Counter()
    for kind, count in kinds:
        total[kind] += count
    return ", ".join(counted(kind, total[kind]) for kind in KINDS if total[kind])
