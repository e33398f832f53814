"""Removes an algorithm from a broker; its journal stays."""

from __future__ import annotations

import time

from paho.mqtt.enums import MQTTProtocolVersion

from algo_service.discovery.directory import PATIENCE, Claim, Directory
from algo_service.errors import OperatorError
from market_data.mqtt.access import BrokerAccess
from market_data.mqtt.connection import Connection
from market_data.mqtt.link import VERSIONS
from market_data.mqtt.short_lived import connect_until
from market_data.stopping import Stop
from portfolio.nearest import did_you_mean

MAX_SILENCE = 6.0
"""Seconds after which a bridge that does not answer counts as killed, as among bridges."""


def forget(access: BrokerAccess, name: str, stop: Stop) -> Claim | None:
    """Empty the record, have the route ended, delete the sessions, and empty the portfolio.

    :return: the claim of a bridge that goes on serving it, because it was told the address; its
        session and the portfolio stay then.
    :raises OperatorError: if nothing is known of it, or the broker is unavailable or refuses.
    :raises FeedError: if the broker will not take this client.
    :raises Interrupted: if `stop` is requested.
    """
    directory = Directory(access, stop)
    try:
        directory.read()
        if name not in directory.names:
            raise OperatorError(
                f'nothing is known of "{name}" at the broker at {access.address}'
                f"{did_you_mean(name, directory.names)}"
            )
        directory.publish("algos", name)
        if name in directory.claims:
            claim = _await_end(directory, name)
            if claim:
                return claim
        # the claim of a bridge that was killed, and where the backend was swapped to
        directory.publish("bridges", name)
        for session in (f"tickwire-bridge-{name}", f"tickwire-commands-{name}"):
            _delete_session(access, session, stop)
        directory.publish("portfolios", name)
    finally:
        directory.close()
    return None


def _await_end(directory: Directory, name: str) -> Claim | None:
    """Wait until its bridge has ended the route; return its claim if it does not."""
    directory.ask({name}, MAX_SILENCE)
    if name in directory.answered:
        deadline = time.monotonic() + PATIENCE
        while name in directory.claims and time.monotonic() < deadline:
            directory.turn()
        return directory.claims.get(name)
    return None


def _delete_session(access: BrokerAccess, session: str, stop: Stop) -> None:
    def make(version: MQTTProtocolVersion) -> Connection:
        return Connection(access, version, session=session)

    try:
        deadline = time.monotonic() + PATIENCE
        connect_until(access.address, deadline, make, [*VERSIONS], stop).close()
    except OSError as error:
        raise OperatorError(
            f"the broker at {access.address} is unavailable ({error}): forget it again"
        ) from error
