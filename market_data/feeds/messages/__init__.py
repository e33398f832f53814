"""Messages of live quotes, read as the bridge reads them.

The files, their names and their rules are those of bridge_node/src/messages: what is changed in one
language is changed in the other, and tests/e2e/parity/test_message_parity.py compares them.
"""

from market_data.feeds.messages.fields import Fields, parse_fields
from market_data.feeds.messages.quote import Rules, read

__all__ = ["Fields", "Rules", "parse_fields", "read"]
