"""Where the recorder keeps what it receives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from market_data.mqtt.subscriber import Received


class NotKeptError(Exception):
    """Messages cannot be kept now, as on a full disk; the text is the reason, half a sentence."""


class Destination(Protocol):
    """Keeps messages, in the order in which they came.

    `recorder.record` calls `keep` with what has arrived, acknowledges it when that returns, and
    calls `work` in between; `close` comes last, also after an error. All calls come on one thread.
    """

    def __str__(self) -> str:
        """Return how it is shown, without a password: a folder, a table."""
        ...

    def keep(self, messages: Sequence[Received]) -> int:
        """Keep messages so that no crash loses them once this returns.

        A message with an id that was kept before, with the same topic and payload, is a repeat,
        and left out: the broker sends again what was kept and not acknowledged when this process
        was killed.

        :return: how many were kept that are no repeats.
        :raises NotKeptError: if that is not possible now. The caller calls again, later, with the
            same messages first; those that were kept all the same are not kept twice.
        """
        ...

    def work(self) -> bool:
        """Do a part of what can wait, of some milliseconds; return whether there is more."""
        ...

    def missing(self) -> list[str]:
        """Return what fails besides, a sentence each; any thread may ask."""
        ...

    def close(self) -> None:
        """Finish what can wait, and release everything."""
        ...
