"""What the bridge makes of inputs: one process of Node.js answers for thousands of them."""

from __future__ import annotations

import base64
import json
import select
import subprocess
from typing import Any

from tests.support.processes import ROOT

PATIENCE = 30.0
"""Seconds for one input; one that takes longer is as bad as one that ends the process."""

_SCRIPT = ROOT / "bridge_node" / "test" / "fuzz" / "judge.js"


class Judge:
    """Asks bridge_node/test/fuzz/judge.js; it is started at the first question."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, kind: str, payload: bytes) -> tuple[str, Any]:
        """Return `read` and the value, or `refused` and the code; AssertionError for a fault."""
        process = self._process
        if process is None:
            process = self._process = subprocess.Popen(
                ["node", str(_SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
            )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"%b %b\n" % (kind.encode(), base64.b64encode(payload)))
        answer = b""
        while not answer.endswith(b"\n"):
            if not select.select([process.stdout], [], [], PATIENCE)[0]:
                self.close()
                raise AssertionError(f"the bridge takes more than {PATIENCE:g} s for a {kind}")
            answer += (some := process.stdout.read(1 << 20) or b"")
            if not some:
                self.close()
                raise AssertionError(f"the bridge has ended at a {kind}")
        # as JavaScript has them, all numbers are doubles
        outcome, value = json.loads(answer, parse_int=float)
        assert outcome != "failed", value
        return outcome, value

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
