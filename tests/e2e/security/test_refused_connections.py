"""Who is refused, and whom we refuse: a sentence for the user, and a line in the broker's log."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.e2e.security.connecting import connect, refusal
from tests.support.processes import Process
from tests.support.secured import Authority, Secured, password_file

UNSIGNED = "no authority that we trust has signed its certificate; --ca FILE names the authority"
NOT_OURS = "it does not accept our certificate"
TLS_LINE = "OpenSSL Error|Protocol error|protocol error|failed: error"


class Case(NamedTuple):
    """A client that does not get in."""

    name: str
    listener: str
    reason: str
    """What both languages tell the user."""
    login: str = "ann:secret@"
    host: str = "127.0.0.1"
    files: tuple[str, ...] = ("ca",)
    """The authority, and whose certificate is shown."""
    scheme: str = "mqtts"
    line: str = TLS_LINE
    """What the broker logs."""


CASES = [
    Case("anonymous", "good", "Not authorized", login="", line="not authorised"),
    Case("wrong password", "good", "Not authorized", login="ann:guess@", line="not authorised"),
    Case("no such user", "good", "Not authorized", login="bob:secret@", line="not authorised"),
    Case("authority unknown", "good", UNSIGNED, files=()),
    Case("authority of others", "good", UNSIGNED, files=("other",)),
    Case("broker's certificate expired", "expired", "its certificate has expired"),
    Case("broker of another name", "away", "its certificate is not for localhost",
         host="localhost"),
    Case("broker of another address", "away", "its certificate is not for 127.0.0.1"),
    Case("plain to TLS", "good", "perhaps it speaks TLS at this port: mqtts://", files=(),
         scheme="mqtt"),
    Case("TLS to plain", "plain", "perhaps it does not speak TLS at this port"),
    Case("no certificate", "certified", "it requires a client certificate: --cert and --key",
         login=""),
    Case("expired certificate", "certified", f"{NOT_OURS}, which has expired: --cert", login="",
         files=("ca", "late")),
    Case("foreign certificate", "certified",
         f"{NOT_OURS}, which no authority that it trusts has signed: --cert", login="",
         files=("ca", "foreign")),
]  # fmt: skip


class Brokers:
    """One mosquitto with a listener for each way to be refused."""

    def __init__(self, folder: Path, start: Callable[..., Process]):
        self.folder = folder
        ours, others = Authority(folder, "ca"), Authority(folder, "other")
        ours.sign("good")
        ours.sign("client")
        ours.sign("expired", days=-1)
        ours.sign("late", days=-1)
        ours.sign("away", names="DNS:elsewhere.example")
        others.sign("foreign")
        broker = Secured(folder, start)
        passwords = f"password_file {password_file(folder, 'ann', 'secret')}"
        certified = ("require_certificate true", "use_identity_as_username true")
        self.ports = {
            "plain": broker.listen("allow_anonymous false", passwords),
            "good": self._listen(broker, "good", passwords),
            "expired": self._listen(broker, "expired", passwords),
            "away": self._listen(broker, "away", passwords),
            "certified": self._listen(broker, "good", *certified),
        }
        broker.start()
        self.process = broker.process

    def _listen(self, broker: Secured, name: str, *settings: str) -> int:
        path = self.folder / name
        files = (f"cafile {self.folder}/ca.crt", f"certfile {path}.crt", f"keyfile {path}.key")
        return broker.listen("allow_anonymous false", *files, *settings)

    def options(self, case: Case) -> dict[str, str]:
        """The options of a client, by the names of their values."""
        url = f"{case.scheme}://{case.login}{case.host}:{self.ports[case.listener]}"
        found = {"mqtt": url}
        for name in case.files[:1]:
            found["ca"] = f"{self.folder}/{name}.crt"
        for name in case.files[1:]:
            found |= {"cert": f"{self.folder}/{name}.crt", "key": f"{self.folder}/{name}.key"}
        return found


@pytest.fixture(scope="module")
def brokers(
    start_once: Callable[..., Process], tmp_path_factory: pytest.TempPathFactory
) -> Brokers:
    return Brokers(tmp_path_factory.mktemp("refused"), start_once)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_python_part_says_why_it_does_not_get_in_and_so_does_the_broker(
    brokers: Brokers, case: Case
) -> None:
    reason = refusal(brokers.process, case.line, **brokers.options(case))
    assert case.reason in reason
    assert not re.search("guess|secret|_ssl|error:", reason)


def test_the_bridge_says_the_same_in_one_line_each(brokers: Brokers) -> None:
    options: list[Any] = [brokers.options(case) for case in CASES]
    script = Path(__file__).parent / "attempts.mjs"
    ended = subprocess.run(
        ["node", script, json.dumps(options)], text=True, capture_output=True, check=True
    )
    for case, line in zip(CASES, json.loads(ended.stdout), strict=True):
        assert case.reason in line, case.name
        assert not re.search("guess|secret|error:|\n", line), case.name


def test_who_has_a_password_or_a_certificate_gets_in(brokers: Brokers) -> None:
    """The same two ways lead to no refusal, so that the refusals above are of what they name."""
    assert connect(**brokers.options(Case("", "good", ""))) == ""
    assert connect(**brokers.options(Case("", "certified", "", "", files=("ca", "client")))) == ""
