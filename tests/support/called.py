"""A command that ends by itself, in this process: a process takes longer to start than it runs."""

from __future__ import annotations

import contextlib
import io
import subprocess
from unittest import mock

from algo_service.commands.main import main as algo_service


def called(*words: object) -> subprocess.CompletedProcess[str]:
    """Run `algo-service` with these words; return how it ended.

    Not for what starts an algorithm's thread: gevent's loop would go on with what other tests have
    left to it, such as calls that time out.
    """
    line = ["algo-service", *map(str, words)]
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in "oe"]
    status: object = 0
    with (
        contextlib.redirect_stdout(streams[0]),
        contextlib.redirect_stderr(streams[1]),
        mock.patch("sys.argv", line),
    ):
        try:
            algo_service()
        except SystemExit as ended:
            status = ended.code
    assert isinstance(status, int), status
    written = []
    for stream in streams:
        stream.seek(0)
        written.append(stream.read())
    return subprocess.CompletedProcess(line, status, *written)
