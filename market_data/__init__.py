"""Where quotes come from: price history from files and databases, replayed on MQTT."""

from market_data.access import BrokerAccess, TlsFiles
from market_data.address import BrokerAddress
from market_data.errors import (
    AddressError,
    BarsError,
    BrokerOptionError,
    BrokerRefusedError,
    ColumnsError,
    FeedError,
    MissingPackageError,
    NotReadyError,
    PrefixError,
    ReadOptionError,
    SkippedRowError,
    SourceNotFoundError,
    StateFileError,
    TopicError,
    UnknownColumnError,
    UnsortedError,
    UntimedError,
    UnusableFileError,
)
from market_data.feeds.columns import parse_columns
from market_data.feeds.feed import Feed, open_feed
from market_data.feeds.options import ReadOptions
from market_data.feeds.quality import Quality
from market_data.feeds.quality_report import Gap, Report
from market_data.feeds.quote import Quote, Recorded, SkippedRow, as_message
from market_data.feeds.sources import Source, find_source
from market_data.publisher import Publisher
from market_data.replay import Pace, messages, replay
from market_data.samples import SAMPLES, Sample
from market_data.state import Cursor, Mark, State, read_state
from market_data.stopping import Interrupted, Stop

__all__ = [
    "SAMPLES",
    "AddressError",
    "BarsError",
    "BrokerAccess",
    "BrokerAddress",
    "BrokerOptionError",
    "BrokerRefusedError",
    "ColumnsError",
    "Cursor",
    "Feed",
    "FeedError",
    "Gap",
    "Interrupted",
    "Mark",
    "MissingPackageError",
    "NotReadyError",
    "Pace",
    "PrefixError",
    "Publisher",
    "Quality",
    "Quote",
    "ReadOptionError",
    "ReadOptions",
    "Recorded",
    "Report",
    "Sample",
    "SkippedRow",
    "SkippedRowError",
    "Source",
    "SourceNotFoundError",
    "State",
    "StateFileError",
    "Stop",
    "TlsFiles",
    "TopicError",
    "UnknownColumnError",
    "UnsortedError",
    "UntimedError",
    "UnusableFileError",
    "as_message",
    "find_source",
    "messages",
    "open_feed",
    "parse_columns",
    "read_state",
    "replay",
]
