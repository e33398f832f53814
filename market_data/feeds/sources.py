"""The choice between a sample, a file, a database and a data frame."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Literal, NamedTuple

from market_data.errors import SourceNotFoundError, UnusableFileError
from market_data.feeds.bounds import MAX_SID
from market_data.feeds.candle_folder import is_candle_folder, sids, symbol_folder
from market_data.feeds.database import name_of
from market_data.feeds.frame_feed import is_frame
from market_data.feeds.opening import SUFFIXES
from market_data.feeds.recording.layout import is_recording
from market_data.samples import SAMPLES, Sample
from portfolio.nearest import nearest
from telemetry.addresses import without_password, without_passwords

Kind = Literal["csv", "parquet", "jsonl", "recording", "sql", "frame"]

_KINDS: dict[str, Kind] = {
    ".parquet": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".db": "sql",
    ".sqlite": "sql",
    ".sqlite3": "sql",
}


class Source(NamedTuple):
    """Where quotes are read from; `name` goes into their ids.

    A file has a `path`, which is of a sample if there is a `sample`; another database has a `url`,
    and a data frame is the `frame` itself. As text it is what an error names, without a password.
    """

    name: str
    kind: Kind
    path: Path | None
    sample: Sample | None = None
    url: str | None = None
    frame: Any = None
    sid: str | None = None
    """The only instrument of a part of a folder of candles."""

    @property
    def symbol(self) -> str:
        """The instrument of a table that has no column for it."""
        return (self.name if self.path is None else _stem(self.path)).upper()[:MAX_SID]

    def __str__(self) -> str:
        if self.kind == "frame":
            return "the data frame"
        if self.url is None:
            return str(self.path)
        return without_password(self.url)


def find_source(given: str | PathLike[str] | Any) -> Source:
    """Return the sample of this name, the file or folder at this path, or the database of this URL.

    A file that is named like a sample is reached as ./NAME. What kind of file it is its ending
    tells, before .gz or .zst if there is one: .parquet; .jsonl or .ndjson; .db, .sqlite or
    .sqlite3; any other is CSV. A folder is one that a recorder writes.

    :raises SourceNotFoundError: if there is none of them.
    :raises UnusableFileError: if it is a folder of another kind.
    """
    if is_frame(given):
        return Source("frame", "frame", None, frame=given)
    if not isinstance(given, str | PathLike):
        found = f"a {type(given).__module__.partition('.')[0]} {type(given).__name__}"
        raise UnusableFileError("a source", f"it is {found}", "a name, a path or a data frame")
    text = fspath(given)
    if sample := SAMPLES.get(text):
        return Source(sample.name, "csv", sample.path, sample)
    if "://" in text:
        return Source(name_of(text), "sql", None, url=text)
    path = Path(text)
    # empty text would be the present folder
    if text and path.is_dir():
        return _recording(path)
    if text and path.exists():
        return Source(_stem(path), _KINDS.get(_uncompressed(path).suffix.lower(), "csv"), path)
    shown = without_passwords(text)
    raise SourceNotFoundError(shown, nearest(text.lower(), SAMPLES), sorted(SAMPLES))


def _recording(path: Path) -> Source:
    if not is_recording(path):
        expected = "a file, or a folder that market-data record or market-data download writes"
        raise UnusableFileError(str(path), "it is a folder", expected)
    # a folder may be given as "." or "..", or with a slash behind it
    return Source(path.resolve().name or "recording", "recording", path)


def _sources_of(given: str | PathLike[str] | Any) -> list[Source]:
    if isinstance(given, str | PathLike) and is_candle_folder(Path(given)):
        return _candles(Path(given))
    return [find_source(given)]


def _candles(folder: Path) -> list[Source]:
    found = [
        Source(f"{folder.resolve().name}.{sid}", "parquet", symbol_folder(folder, sid), sid=sid)
        for sid in sids(folder)
    ]
    if not found:
        expected = "one with candles: run its market-data download again"
        raise UnusableFileError(str(folder), "it is a folder without candles", expected)
    return found


def _uncompressed(path: Path) -> Path:
    return path.with_suffix("") if path.suffix.lower() in SUFFIXES else path


def _stem(path: Path) -> str:
    return _uncompressed(path).stem


def find_sources(given: Iterable[str | PathLike[str] | Any]) -> list[Source]:
    """Return the source of each, with a name of its own.

    A folder of candles, which `market-data download` writes, is a source for each of its symbols:
    FOLDER.SYMBOL. Of several sources with the same name the second is named NAME.2, and so on,
    since the ids of their quotes must differ.

    :raises SourceNotFoundError: if there is none of a name.
    :raises UnusableFileError: if a folder is of another kind, or holds no candles yet.
    """
    sources: list[Source] = []
    for source in chain.from_iterable(map(_sources_of, given)):
        taken = {other.name for other in sources}
        name, number = source.name, 1
        while name in taken:
            number += 1
            name = f"{source.name}.{number}"
        sources.append(source._replace(name=name))
    return sources
