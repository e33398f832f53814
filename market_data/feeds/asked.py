"""Which quotes of a recording are read: those on the channels that are asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from market_data.errors import UnusableFileError

MAX_SHOWN = 3
"""Channels that are named where many were not read."""


class Asked:
    """Tells which channels are asked for, and counts what is on others.

    A reader calls `takes` for each message, and `finish` at the end.

    :param is_asked: tells it of a channel; called once for each.
    :param source: the name of the recording.
    """

    def __init__(self, is_asked: Callable[[str], bool], source: str):
        self._is_asked = is_asked
        self._source = source
        self._taken: set[str | None] = {None}
        self._others: Counter[str] = Counter()

    def takes(self, channel: str | None) -> bool:
        """Return whether a message on this channel is to be read; one without a channel is."""
        if channel in self._taken:
            return True
        assert channel is not None
        if channel not in self._others and self._is_asked(channel):
            self._taken.add(channel)
            return True
        self._others[channel] += 1
        return False

    def finish(self, note: Callable[[str], None], has_quotes: bool) -> None:
        """Report what was not read.

        :param note: called with a sentence.
        :param has_quotes: whether any quote was read.
        :raises UnusableFileError: if none was, and others were on channels that are not asked for.
        """
        if not self._others:
            return
        if not has_quotes:
            raise UnusableFileError(
                self._source,
                f"no quote is on a channel that is asked for: there are {self._listed()}",
                f"--channel '{min(self._others)}', or an algorithm that asks for it",
            )
        note(
            f"not read, since these channels are not asked for: {self._listed()} of {self._source}"
        )

    def _listed(self) -> str:
        shown = self._others.most_common(MAX_SHOWN)
        listed = [f"{count:,} on {channel}" for channel, count in shown]
        more = len(self._others) - len(shown)
        if more:
            rest = self._others.total() - sum(count for _, count in shown)
            listed.append(f"{rest:,} on {more:,} other channel{'' if more == 1 else 's'}")
        return ", ".join(listed)
