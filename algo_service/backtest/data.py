"""What a backtest takes as its data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import Any

from algo_service.errors import AlgoServiceError
from market_data import Feed, open_feed
from market_data.feeds.options import ReadOptions

Frame = Any
Source = str | PathLike[str] | Frame
Data = Source | Sequence[Source] | Feed | Iterable[Mapping[str, Any]]
"""Sources of `market_data.open_feed`: a sample's name, a file, a database's URL, a data frame of
pandas or polars, or a list of these; an open feed; or maps with `sid`, `quote` and any other field
of a quote, in the order of time."""


def opened(data: Data, options: ReadOptions) -> Any:
    """Return the feed of sources; a feed and maps as they are.

    :raises FeedError: if a source cannot be read.
    :raises AlgoServiceError: if there are options of reading, and nothing to be read.
    """
    if has_sources(data):
        return open_feed(data, **options)
    given = [name for name, value in options.items() if value not in (None, False)]
    if given:
        kind = "a feed that is open" if isinstance(data, Feed) else "maps"
        raise AlgoServiceError(
            f"{', '.join(given)} is given with {kind}: these are options of files, databases and"
            " data frames, for which market_data.open_feed takes them as well"
        )
    return data


def has_sources(data: Data) -> bool:
    """Whether data has to be opened: it names or is one source, or several."""
    return _is_source(data) or (
        isinstance(data, list | tuple) and bool(data) and _is_source(data[0])
    )


def holds_frame(data: Data) -> bool:
    """Whether data is a data frame of pandas or polars, or several sources with one among them."""
    return any(map(_is_frame, data if isinstance(data, list | tuple) else [data]))


def _is_source(data: Any) -> bool:
    return isinstance(data, str | PathLike) or _is_frame(data)


def _is_frame(data: Any) -> bool:
    return hasattr(data, "columns")  # so that neither package has to be there to be asked for
