"""One receiver by its URL: mail, a chat, a webhook and what else apprise knows.

No other module imports apprise. Its URLs hold secrets: a target is named by its number and the
scheme of its URL, and no sentence of this module shows more of it.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from algo_service.errors import NotifyError
from algo_service.notify.digest import Message
from portfolio.nearest import nearest

if TYPE_CHECKING:
    from apprise import Apprise

# What a sentence of apprise may show of a URL: shorter parts are parts of any word.
_MAX_SHOWN = 3
_MAX_REASON = 200


class Target:
    """One receiver.

    :param number: its place among all of them, from 1.
    :raises NotifyError: if there is no receiver of this form.
    """

    def __init__(self, number: int, url: str):
        scheme, colon, _ = url.partition("://")
        if not (colon and re.fullmatch(r"[A-Za-z0-9.+-]{1,32}", scheme)):
            raise NotifyError(
                f"receiver {number} is not a URL: expected one such as json://host/path or"
                " mailto://user:password@example.com"
            )
        self.name = f"receiver {number} ({scheme.lower()})"
        self._url = url
        self._sender = self._load(scheme.lower())

    def send(self, message: Message) -> str | None:
        """Send a message; return why it was not taken, None if it was.

        It takes some seconds at most, as apprise does not wait longer for an answer.
        """
        from apprise import NotifyFormat, NotifyType

        kind = NotifyType.WARNING if message.is_urgent else NotifyType.INFO
        try:
            result = self._sender.notify(
                message.body, message.title, kind, body_format=NotifyFormat.TEXT
            )
        except Exception as error:  # what it speaks to may answer anything
            return self._shown([f"{type(error).__name__}: {error}"])
        if result:
            return None
        entries = [entry for service in result for attempt in service for entry in attempt]
        return self._shown([str(entry.message) for entry in entries])

    def _load(self, scheme: str) -> Apprise:
        try:
            from apprise import Apprise, AppriseAsset, NotificationManager, OverflowMode
        except ModuleNotFoundError as error:
            raise NotifyError(
                f"notify needs the package {error.name}: pip install 'tickwire[notify]'"
            ) from error
        with _Capture() as said:
            asset = AppriseAsset(app_id="Tickwire", storage_mode="memory")
            receiver = Apprise.instantiate(self._url, asset=asset, suppress_exceptions=True)
        known = NotificationManager().schemas()  # type: ignore[no-untyped-call]
        if scheme not in known:
            near = nearest(scheme, known)
            raise NotifyError(
                f"{self.name}: there is no receiver of this kind"
                f"{f': did you mean {near}://?' if near else _LIST}"
            )
        if receiver is None:
            raise NotifyError(f"{self.name} has no valid URL: {self._shown(said[:1])}{_LIST}")
        if "overflow=" not in self._url:
            # what is too long for one message becomes several, and is not cut
            receiver.overflow_mode = OverflowMode.SPLIT
        sender = Apprise(asset=asset)
        sender.add(receiver)
        return sender

    def _shown(self, said: list[str]) -> str:
        """Return what apprise has said, without any part of the URL."""
        text = "; ".join(dict.fromkeys(said)) or "no reason is known"
        for part in sorted(_parts(self._url), key=len, reverse=True):
            text = text.replace(part, "***")
        text = "".join(each if each.isprintable() else " " for each in text).rstrip(" .")
        return f"{text[:_MAX_REASON]}…" if len(text) > _MAX_REASON else text


_LIST = "; https://appriseit.com/services/ has the forms of all"


def _parts(url: str) -> set[str]:
    """Return what a URL consists of, but for its scheme, as written and decoded."""
    rest = url.partition("://")[2]
    words = {word for text in (rest, unquote(rest)) for word in re.split(r"[/?&=:@#,+]", text)}
    return {word for word in words if len(word) > _MAX_SHOWN} | {rest}


class _Capture(logging.Handler):
    """Within its context, the sentences of apprise are a list, and go nowhere else."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append(record.getMessage())

    def __enter__(self) -> list[str]:
        logging.getLogger("apprise").addHandler(self)
        return self._said

    def __exit__(self, *_: object) -> None:
        logging.getLogger("apprise").removeHandler(self)


def silence_libraries() -> None:
    """Keep the lines of apprise, and of what it sends with, out of the log: they show URLs."""
    for name in ("apprise", "requests", "urllib3"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.WARNING)
        logger.propagate = False
        logger.addHandler(logging.NullHandler())
