"""Notices that a live source is silent."""

from __future__ import annotations

from collections.abc import Callable


class Silence:
    """Reports once that no quote comes, and once that they come again.

    :param limit: in seconds; None to report nothing.
    :param name: of the source.
    """

    def __init__(
        self,
        limit: float | None,
        name: str,
        notify: Callable[[str], None],
        clock: Callable[[], float],
    ):
        self._limit = limit
        self._name = name
        self._notify = notify
        self._clock = clock
        self._since = clock()
        self._is_reported = False

    def begin(self) -> None:
        """Count from now on."""
        self._since = self._clock()

    def missing(self) -> list[str]:
        """Return a sentence if that is reported; any thread may ask."""
        if not self._is_reported:
            return []
        return [f"no quote of {self._name} for {self._clock() - self._since:.0f} s"]

    def check(self) -> None:
        """Report, if it is silent for longer than that."""
        apart = self._clock() - self._since
        if self._limit is not None and apart >= self._limit and not self._is_reported:
            self._notify(f"no quote of {self._name} for {apart:.0f} s")
            self._is_reported = True

    def quotes(self) -> None:
        """Take note that quotes have come."""
        now = self._clock()
        if self._is_reported:
            self._notify(f"quotes of {self._name} again, after {now - self._since:.0f} s")
        self._is_reported = False
        self._since = now
