"""Which bars of tables may be merged, and which longer bars may be made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from market_data.bars.interval import Interval
from market_data.errors import BarsError, ReadOptionError
from market_data.feeds import bars
from market_data.feeds.sources import Source
from market_data.feeds.table import TableReader
from portfolio.times import DAY


def check_merge(sources: Sequence[Source], readers: Mapping[str, TableReader]) -> None:
    """Refuse to merge bars of different lengths if the end of some is not known.

    Their times might be those of the beginnings: then the closing price of a day would be known in
    its first minute.

    :raises BarsError: if they are such bars.
    """
    names = [source.name for source in sources]
    unknown = [name for name, reader in readers.items() if not reader.is_end_known]
    lengths = {name: readers[name].length if name in readers else 0 for name in names}
    days = {name in readers and readers[name].names_days for name in names}
    known = {length for length in lengths.values() if length is not None}
    if unknown and (len(known) > 1 or len(days) > 1):
        shown = {name: bars.name(length) for name, length in lengths.items()}
        raise BarsError(shown, unknown[0])


def check_interval(interval: Interval, readers: Mapping[str, TableReader]) -> None:
    """Refuse to make bars of an interval of tables that do not tell what happened in it.

    :raises ReadOptionError: if one of them has dates alone and the interval is shorter than a day,
        or bars of unknown ends, longer ones, or ones that do not fit into the interval.
    """
    for name, reader in readers.items():
        reason = _reason(interval, reader)
        if reason:
            raise ReadOptionError("--bars", interval.name, f"{name} {reason}")


def _reason(interval: Interval, reader: TableReader) -> str:
    if reader.names_days and interval.length < DAY:
        return "has dates without a time of day; expected 1d or longer"
    if reader.length == 0:
        return ""  # quotes of single instants
    has = f"has {bars.name(reader.length)}"
    if not (reader.names_days or reader.is_end_known):
        if reader.is_open_time:
            return "has times that open bars of different lengths, so that their ends are unknown"
        return (
            f"{has}, and does not tell whether its times open or close them; say it by"
            " --bar-time open or --bar-time close"
        )
    if reader.length is None:
        return ""
    is_longer = reader.length > interval.length and (reader.is_constant or reader.names_days)
    if is_longer or (reader.is_constant and interval.length % reader.length):
        return f"{has}; expected a multiple of that"
    return ""
