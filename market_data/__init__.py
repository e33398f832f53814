"""Where quotes come from: price history from files and databases, replayed on MQTT."""

import sys
from typing import TYPE_CHECKING

from tickwire.checks import objection

__tickwire_internal__ = True  # see algo_service/engine/failure.py

# `python -m` imports this package first; __main__ then reports the same in one line
_reason = "" if sys.argv[:1] == ["-m"] else objection()
if _reason:
    raise ImportError(_reason)

if TYPE_CHECKING:
    from market_data.bars.aggregator import Aggregator as Aggregator
    from market_data.bars.bar import Bar as Bar
    from market_data.bars.interval import Interval as Interval
    from market_data.bars.interval import parse_interval as parse_interval
    from market_data.errors import AddressError as AddressError
    from market_data.errors import BarsError as BarsError
    from market_data.errors import BrokerOptionError as BrokerOptionError
    from market_data.errors import BrokerRefusedError as BrokerRefusedError
    from market_data.errors import ClientIdTakenError as ClientIdTakenError
    from market_data.errors import ColumnsError as ColumnsError
    from market_data.errors import FeedError as FeedError
    from market_data.errors import FilterError as FilterError
    from market_data.errors import MissingPackageError as MissingPackageError
    from market_data.errors import NotReadyError as NotReadyError
    from market_data.errors import PrefixError as PrefixError
    from market_data.errors import ReadOptionError as ReadOptionError
    from market_data.errors import RecordingError as RecordingError
    from market_data.errors import SessionTakenError as SessionTakenError
    from market_data.errors import SkippedRowError as SkippedRowError
    from market_data.errors import SourceNotFoundError as SourceNotFoundError
    from market_data.errors import StateFileError as StateFileError
    from market_data.errors import TopicError as TopicError
    from market_data.errors import UnknownColumnError as UnknownColumnError
    from market_data.errors import UnsortedError as UnsortedError
    from market_data.errors import UntimedError as UntimedError
    from market_data.errors import UntrustedBrokerError as UntrustedBrokerError
    from market_data.errors import UnusableFileError as UnusableFileError
    from market_data.errors import UnusableQuoteError as UnusableQuoteError
    from market_data.feeds.columns import parse_columns as parse_columns
    from market_data.feeds.feed import Feed as Feed
    from market_data.feeds.feed import open_feed as open_feed
    from market_data.feeds.invalid_quote import SkippedRow as SkippedRow
    from market_data.feeds.options import ReadOptions as ReadOptions
    from market_data.feeds.quality import Quality as Quality
    from market_data.feeds.quality_report import Gap as Gap
    from market_data.feeds.quality_report import Report as Report
    from market_data.feeds.quote import Quote as Quote
    from market_data.feeds.quote import Recorded as Recorded
    from market_data.feeds.quote import as_message as as_message
    from market_data.feeds.sources import Source as Source
    from market_data.feeds.sources import find_source as find_source
    from market_data.mqtt.access import BrokerAccess as BrokerAccess
    from market_data.mqtt.access import TlsFiles as TlsFiles
    from market_data.mqtt.address import BrokerAddress as BrokerAddress
    from market_data.mqtt.publisher import Publisher as Publisher
    from market_data.mqtt.subscriber import Received as Received
    from market_data.mqtt.subscriber import Subscriber as Subscriber
    from market_data.replay.replay import Pace as Pace
    from market_data.replay.replay import messages as messages
    from market_data.replay.state import Cursor as Cursor
    from market_data.replay.state import Mark as Mark
    from market_data.replay.state import State as State
    from market_data.replay.state import read_state as read_state
    from market_data.samples import SAMPLES as SAMPLES
    from market_data.samples import Sample as Sample
    from market_data.stopping import Interrupted as Interrupted
    from market_data.stopping import Stop as Stop
else:
    from importlib import import_module

    # imported on first use (PEP 562): a backtest imports no MQTT client
    _NAMES = {
        "market_data.bars.aggregator": ("Aggregator",),
        "market_data.bars.bar": ("Bar",),
        "market_data.bars.interval": ("Interval", "parse_interval"),
        "market_data.mqtt.access": ("BrokerAccess", "TlsFiles"),
        "market_data.mqtt.address": ("BrokerAddress",),
        "market_data.errors": (
            "AddressError",
            "BarsError",
            "BrokerOptionError",
            "BrokerRefusedError",
            "ClientIdTakenError",
            "ColumnsError",
            "FeedError",
            "FilterError",
            "MissingPackageError",
            "NotReadyError",
            "PrefixError",
            "ReadOptionError",
            "RecordingError",
            "SessionTakenError",
            "SkippedRowError",
            "SourceNotFoundError",
            "StateFileError",
            "TopicError",
            "UnknownColumnError",
            "UnsortedError",
            "UntimedError",
            "UntrustedBrokerError",
            "UnusableFileError",
            "UnusableQuoteError",
        ),
        "market_data.feeds.columns": ("parse_columns",),
        "market_data.feeds.feed": (
            "Feed",
            "open_feed",
        ),
        "market_data.feeds.invalid_quote": ("SkippedRow",),
        "market_data.feeds.options": ("ReadOptions",),
        "market_data.feeds.quality": ("Quality",),
        "market_data.feeds.quality_report": (
            "Gap",
            "Report",
        ),
        "market_data.feeds.quote": (
            "Quote",
            "Recorded",
            "as_message",
        ),
        "market_data.feeds.sources": (
            "Source",
            "find_source",
        ),
        "market_data.mqtt.publisher": ("Publisher",),
        "market_data.mqtt.subscriber": (
            "Received",
            "Subscriber",
        ),
        "market_data.replay.replay": (
            "Pace",
            "messages",
        ),
        "market_data.samples": (
            "SAMPLES",
            "Sample",
        ),
        "market_data.replay.state": (
            "Cursor",
            "Mark",
            "State",
            "read_state",
        ),
        "market_data.stopping": (
            "Interrupted",
            "Stop",
        ),
    }
    _MODULES = {name: module for module, names in _NAMES.items() for name in names}
    __all__ = sorted(_MODULES)

    def __getattr__(name):
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_MODULES[name]), name)
        return value

    def __dir__():
        return sorted({*globals(), *__all__})
