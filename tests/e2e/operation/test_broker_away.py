"""Commands of a person wait for a broker that is away, and say so."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.processes import Process, free_port


@pytest.mark.parametrize(
    "command",
    [
        ("algo-service", "halt", "random"),
        ("algo-service", "algos"),
        ("bridge-node", "algos"),
        ("bridge-node", "swap", "random", "--to", "tcp://127.0.0.1:4243"),
    ],
    ids=" ".join,
)
def test_a_command_says_that_it_waits_for_the_broker(
    start: Callable[..., Process], command: tuple[str, ...]
) -> None:
    url = f"mqtt://127.0.0.1:{free_port()}"
    process = start(*command, "--mqtt", url)
    process.wait_for(rf"^waiting for the broker at {url}: .*(refused|ECONNREFUSED)")
