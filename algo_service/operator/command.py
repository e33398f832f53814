"""The command that a person publishes, by the contract."""

from __future__ import annotations

import getpass
import json
import os
import socket
import uuid
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from algo_service.engine.commands import MAX_NAME_LENGTH, MAX_REASON_LENGTH
from algo_service.errors import OperatorError
from algo_service.names import objection

Verb = Literal["halt", "resume", "reset", "flatten"]

LIFETIME = 60.0
"""Seconds after which a resume and a flatten are refused: prices may have changed meanwhile."""

_EXPIRING: tuple[Verb, ...] = ("resume", "flatten")


class Command(NamedTuple):
    """A command of a person to one algorithm."""

    verb: Verb
    algo: str
    id: str
    by: str
    reason: str | None

    @property
    def expires(self) -> bool:
        """Whether it is refused once it is older than LIFETIME."""
        return self.verb in _EXPIRING

    def payload(self, now: datetime) -> str:
        """Return the message.

        :param now: when it is published for the first time, in UTC.
        """
        fields = {"command": self.verb, "id": self.id, "by": self.by}
        if self.reason is not None:
            fields["reason"] = self.reason
        fields["ts"] = _text(now)
        if self.expires:
            fields["expires"] = _text(now + timedelta(seconds=LIFETIME))
        return json.dumps(fields, ensure_ascii=False)


def command(verb: Verb, algo: str, reason: str | None, by: str | None) -> Command:
    """Make a command with an id of its own.

    :param by: who asks; without it the user and the host of this process.
    :raises OperatorError: if the contract does not allow a text.
    """
    if why := objection(algo):
        raise OperatorError(f'NAME is "{algo}": {why}')
    _check("--reason", reason, MAX_REASON_LENGTH)
    _check("--by", by, MAX_NAME_LENGTH)
    return Command(verb, algo, str(uuid.uuid4()), by or _person(), reason)


def _check(option: str, text: str | None, most: int) -> None:
    if text is not None and not 1 <= len(text) <= most:
        raise OperatorError(f"{option} has {len(text):,} characters; it has to have 1 to {most:,}")


def _person() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"[:MAX_NAME_LENGTH]


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
