"""A connection as the Python parts make it, and why it is refused."""

from __future__ import annotations

import re

from market_data import BrokerAccess, BrokerAddress, BrokerRefusedError, Stop, TlsFiles
from market_data.mqtt.connection import Connection
from market_data.mqtt.link import VERSIONS, attempt
from tests.support.processes import Process


def connect(mqtt: str, **files: str) -> str:
    """Connect, and return why that fails; nothing if it does not.

    :param mqtt: the URL.
    :param files: `ca`, `cert` and `key`.
    """
    access = BrokerAccess(BrokerAddress.parse(mqtt), TlsFiles(**files))
    try:
        connection = attempt(lambda version: Connection(access, version), [*VERSIONS], Stop())
    except (OSError, BrokerRefusedError) as error:
        return str(error)
    connection.close()
    return ""


def refusal(broker: Process, line: str, mqtt: str, **files: str) -> str:
    """Do the same, and await that the broker logs a line more with this pattern."""
    told = sum(bool(re.search(line, each)) for each in broker.output.splitlines())
    reason = connect(mqtt, **files)
    broker.wait_for(line, count=told + 1)
    return reason
