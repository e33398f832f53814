"""Where quotes come from: price history in CSV files, replayed on MQTT."""

from market_data.address import BrokerAddress
from market_data.csv_feed import Quote, SkippedRow, read_csv
from market_data.errors import (
    AddressError,
    BrokerRefusedError,
    FeedError,
    SourceNotFoundError,
    StateFileError,
    TopicError,
    UnusableFileError,
)
from market_data.publisher import Publisher
from market_data.replay import Pace, messages, replay
from market_data.samples import SAMPLES, Sample, Source, find_source
from market_data.state import Cursor, Mark, State, read_state
from market_data.stopping import Interrupted, Stop

__all__ = [
    "SAMPLES",
    "AddressError",
    "BrokerAddress",
    "BrokerRefusedError",
    "Cursor",
    "FeedError",
    "Interrupted",
    "Mark",
    "Pace",
    "Publisher",
    "Quote",
    "Sample",
    "SkippedRow",
    "Source",
    "SourceNotFoundError",
    "State",
    "StateFileError",
    "Stop",
    "TopicError",
    "UnusableFileError",
    "find_source",
    "messages",
    "read_csv",
    "read_state",
    "replay",
]
