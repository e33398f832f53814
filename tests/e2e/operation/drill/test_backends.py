"""What is told when something is wrong with the algorithm, or with its journal."""

from __future__ import annotations

import os
import re
import resource

import pytest

from tests.deploy.monitoring import MISSING, PROMETHEUS
from tests.e2e.operation.drill.stand import Stand
from tests.support.parts import readiness
from tests.support.processes import eventually

pytestmark = pytest.mark.skipif(PROMETHEUS is None, reason=MISSING)

AS_ANYBODY = ("setpriv", "--bounding-set=-dac_override", "--") if os.geteuid() == 0 else ()
"""root could write what is read-only."""


def algorithm(stand: Stand, event: str) -> str:
    """The option of an algorithm of our own with this statement as its `event`."""
    code = f"""
        class Random:
            def initialize(self, params):
                return ["quotes"]

            def event(self, data):
                {event}
    """
    lines = [line[8:] for line in code.splitlines()]
    return f"{stand.parts.file('own.py', chr(10).join(lines))}:Random"


def test_a_backend_that_is_killed_is_told_and_why_it_cannot_be_started_again(stand: Stand) -> None:
    """With a journal that is read-only it ends with the reason, and what waits stays."""
    stand.begin()
    stand.service.kill()
    stand.await_told(
        alert="AlgorithmLost",
        ready=stand.bridge,
        reason=r"^backend tcp://\S+: ",
        log=stand.bridge,
        line=r"warning: backend tcp://\S+ is lost; waiting for it",
    )
    eventually(lambda: "PartDown" in stand.prometheus.firing(), "PartDown", 300)
    folder = stand.journal.parent
    for file in [*folder.iterdir(), folder]:
        file.chmod(file.stat().st_mode & ~0o222)
    try:
        ended = stand.start(
            *AS_ANYBODY, "algo-service", "serve", "--addr", stand.service.address,
            "--http", stand.http, "--journal", stand.journal,
        )  # fmt: skip
        assert ended.wait() == 2
        written = rf"cannot write {re.escape(str(stand.journal))}.*: Permission denied"
        assert re.search(written, ended.output)
        assert "AlgorithmLost" in stand.prometheus.firing()
        assert any(re.search(r"^backend tcp://\S+: ", why) for why in readiness(stand.bridge)[1])
    finally:
        for file in [folder, *folder.iterdir()]:
            file.chmod(file.stat().st_mode | 0o200)
    again = stand.serve(address=stand.service.address)
    stand.await_over("AlgorithmLost", stand.bridge, again)


def test_a_backend_that_hangs_is_told(stand: Stand) -> None:
    """After 30 s: an `event` may run for long."""
    event = "while data['id'] == 'slow': __import__('time').sleep(0.1)"
    stand.begin("--algo", algorithm(stand, event), "--name", "random")
    stand.quote(id="slow")
    stand.await_told(
        alert="BackendHanging",
        ready=stand.bridge,
        reason=r"it has not answered a call for \d+ seconds",
        log=stand.bridge,
        line=r"warning: backend tcp://\S+: it has not answered a call for 30 seconds",
        meanwhile=stand.quote,
    )
    stand.await_told(
        alert="BackendHanging",
        ready=stand.service,
        reason=r"^a call with .* has been under way for \d+ s: the algorithm may hang",
        log=stand.bridge,
        line="it has not answered a call",
    )


def test_a_backend_that_fails_at_every_quote_is_told(stand: Stand) -> None:
    stand.begin("--algo", algorithm(stand, "data['volume']"), "--name", "random")
    stand.await_told(
        alert="AlgorithmFailing",
        ready=stand.bridge,
        reason=r"the algorithm failed at each of the last \d+ quotes and data",
        log=stand.bridge,
        line=r"warning: .*KeyError: 'volume'",
        meanwhile=stand.quote,
    )
    stand.await_told(
        alert="AlgorithmFailing",
        ready=stand.service,
        reason=r"^the last \d+ inputs have failed, the latest by KeyError: 'volume'",
        log=stand.bridge,
        line="KeyError",
        meanwhile=stand.quote,
    )


def test_a_journal_whose_disk_is_full_is_told(stand: Stand) -> None:
    stand.begin()
    pid = stand.service.popen.pid
    # a limit of the size of files, which SQLite meets as it would a full disk
    size = max(file.stat().st_size for file in stand.journal.parent.iterdir())
    _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, most))
    stand.quote(note="x" * 100_000)
    stand.await_told(
        alert="JournalFailing",
        ready=stand.service,
        reason=r"^the last \d+ calls have failed, and the quotes wait: the journal ",
        log=stand.bridge,
        line=r"error: backend tcp://\S+: .*the journal .*; trying the same again",
    )
    stand.await_told(
        alert="JournalFailing",
        ready=stand.bridge,
        reason=r"a call has failed \d+ times and is tried again: .*the journal ",
        log=stand.bridge,
        line="trying the same again",
    )
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))
    stand.await_over("JournalFailing", stand.service, stand.bridge)
