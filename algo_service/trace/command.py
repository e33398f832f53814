"""Where `algo-service trace` reads: a journal, or a service that has one open."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import zerorpc

from algo_service.errors import AddressError, AlgoServiceError, JournalError, TraceError
from algo_service.journal.folder import listing
from algo_service.journal.reading import open_to_read
from algo_service.rpc.client import Client
from algo_service.rpc.curve.keys import ClientKeys
from algo_service.trace.reading import Trace, read_traces

_PATIENCE = 30
"""Seconds within which a service has to answer."""


def of_journal(path: Path, name: str) -> list[Trace]:
    """Return the traces of an id, from a journal; also while a service writes it.

    :raises JournalError: if it cannot be read.
    :raises TraceError: if it has no such input.
    """
    if path.is_dir():
        raise JournalError(
            f"{path} is a folder: name one of its journals; there is {'; '.join(listing(path))}"
        )
    with closing(open_to_read(path)) as database:
        return read_traces(database, path, name)


def of_service(address: str, name: str, keys: ClientKeys | None = None) -> list[Trace]:
    """Return the traces of an id, from a service.

    :param keys: with them it is reached by CURVE alone.
    :raises AddressError: if no service answers there.
    :raises CurveError: if one of the two has keys and the other none, or does not accept them.
    :raises TraceError: if it has decided on no such input.
    :raises AlgoServiceError: if it has no journal, or refuses.
    """
    client = Client(address, keys, timeout=_PATIENCE)
    try:
        found: list[Trace] = client.trace(name)
        return found
    except (zerorpc.LostRemote, zerorpc.TimeoutExpired) as error:
        raise AddressError(f"no service answers at {address}: see its --addr") from error
    except zerorpc.RemoteError as error:
        if error.name == TraceError.__name__:
            raise TraceError(error.msg) from error
        if error.name == NameError.__name__:
            raise AlgoServiceError(
                f"the service at {address} has no journal, and keeps no times: start it with"
                " --journal"
            ) from error
        raise AlgoServiceError(f"the service at {address}: {error.msg}") from error
    finally:
        client.close()
