"""The ports of a run: read from the environment, and reserved before anything starts."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import itertools
import os
import socket
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

DEFAULTS = {"MQTT_PORT": 1883, "RPC_PORT": 4242, "HTTP_PORT": 8080}
"""The variables that name a port, with its default."""

MAX_PORT = 65535


class PortError(Exception):
    """The ports cannot be used; the sentence names the variables."""


def read(environment: Mapping[str, str]) -> dict[str, int]:
    """Return the port of each variable.

    :raises PortError: if one is no port, or two are the same.
    """
    ports = {}
    for name, default in DEFAULTS.items():
        text = environment.get(name) or str(default)
        if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= MAX_PORT):
            raise PortError(
                f'{name} is "{text}": a port is a whole number from 1 to {MAX_PORT}, such as'
                f" {name}={default}"
            )
        ports[name] = int(text)
    for one, other in itertools.combinations(ports, 2):
        if ports[one] == ports[other]:
            raise PortError(
                f"{one} and {other} are both {ports[one]}, and each needs a port of its own:"
                f" {_command(ports, {other})}"
            )
    return ports


def reserve(ports: Mapping[str, int]) -> contextlib.ExitStack:
    """Reserve the ports for this process, until the stack that is returned is closed.

    A port is reserved by a lock on a file of the system's temporary folder: of two runs that start
    at the same moment, and both find the ports free, one gets them.

    :raises PortError: if one is in use or reserved, with a command that uses free ones.
    """
    try:
        # held for this function alone: a run that gets no port reserves none
        with _lock("start", wait=True), contextlib.ExitStack() as locks:
            reasons = {}
            for name, port in ports.items():
                if reason := _objection(port, locks):
                    reasons[name] = reason
            if not reasons:
                return locks.pop_all()
            locks.close()  # what this run has reserved is free for the suggestion
            raise PortError(_sentence(ports, reasons))
    except OSError as error:
        raise PortError(f"cannot reserve ports: {error.filename}: {error.strerror}") from error


def _objection(port: int, locks: contextlib.ExitStack) -> str:
    try:
        locks.enter_context(_lock(str(port)))
    except BlockingIOError:
        return "in use"
    with socket.socket() as probe:
        # a port whose last connections are still fading away can be listened on
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return "in use"
            return f"not to be had ({error.strerror})"
    return ""


def _sentence(ports: Mapping[str, int], reasons: Mapping[str, str]) -> str:
    said = [
        f"port {ports[name]} is {reason}"
        + (", perhaps by another run" if reason == "in use" else "")
        for name, reason in reasons.items()
    ]
    if len(said) > 1 and set(reasons.values()) == {"in use"}:
        *first, last = (str(ports[name]) for name in reasons)
        said = [f"ports {', '.join(first)} and {last} are in use, perhaps by another run"]
    return f"{'; '.join(said)}: {_command(ports, set(reasons))}"


def _command(ports: Mapping[str, int], unusable: set[str]) -> str:
    """Return the command that runs at free ports in place of the unusable ones."""
    taken = {port for name, port in ports.items() if name not in unusable}
    words = []
    for name, port in ports.items():
        if name in unusable:
            port = next(_free(max(port, 1023) + 1, taken))
            taken.add(port)
        if port != DEFAULTS[name]:
            words.append(f"{name}={port}")
    return " ".join([*words, "make run"])


def _free(start: int, taken: set[int]) -> Iterator[int]:
    for port in itertools.chain(range(start, MAX_PORT + 1), range(1024, start)):
        with contextlib.ExitStack() as locks:
            if port not in taken and not _objection(port, locks):
                yield port


@contextlib.contextmanager
def _lock(name: str, *, wait: bool = False) -> Iterator[None]:
    """Hold a lock that processes of all users share; BlockingIOError if it is held by another."""
    path = Path(tempfile.gettempdir()) / f"tickwire-run-{name}.lock"
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)  # with the lock; the file stays, for another may have it open already


def _open(path: Path) -> int:
    # Without O_CREAT first: with it Linux refuses a file of another user in a folder for all.
    for flags in (0, os.O_CREAT | os.O_EXCL, 0):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | flags, 0o666)
        except (FileNotFoundError, FileExistsError):
            continue
        if flags:
            os.fchmod(descriptor, 0o666)  # whatever the umask says
        return descriptor
    raise OSError(errno.ENOENT, "it comes and goes", str(path))
