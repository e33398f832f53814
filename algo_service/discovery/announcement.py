"""Where a service is announced."""

from __future__ import annotations

from typing import NamedTuple

from market_data.mqtt.access import BrokerAccess


class Announcement(NamedTuple):
    """A broker, and the address at which others reach the service."""

    access: BrokerAccess
    address: str
