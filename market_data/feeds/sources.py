"""The choice between a sample, a file and a database."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from market_data.errors import SourceNotFoundError
from market_data.samples import SAMPLES, Sample

Kind = Literal["csv", "parquet", "jsonl", "sql"]

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

    A file has a `path`, which is of a sample if there is a `sample`; another database has a `url`.
    As text it is what an error names, without a password.
    """

    name: str
    kind: Kind
    path: Path | None
    sample: Sample | None = None
    url: str | None = None

    def __str__(self) -> str:
        if self.url is None:
            return str(self.path)
        scheme, rest = self.url.split("://", 1)
        # up to the last @, for a password may hold one; the query may hold one, too
        return f"{scheme}://{rest.split('?', 1)[0].rpartition('@')[2]}"


def find_source(text: str) -> Source:
    """Return the sample of this name, or else the file at this path, or the database of this URL.

    A file that is named like a sample is reached as ./NAME. What kind of file it is its ending
    tells: .parquet; .jsonl or .ndjson; .db, .sqlite or .sqlite3; any other is CSV.
    SourceNotFoundError where there is none of them.
    """
    if sample := SAMPLES.get(text):
        return Source(sample.name, "csv", sample.path, sample)
    if "://" in text:
        parts = urlsplit(text)
        return Source(PurePosixPath(parts.path).stem or parts.scheme, "sql", None, url=text)
    path = Path(text)
    # empty text would be the present folder
    if text and path.exists():
        return Source(path.stem, _KINDS.get(path.suffix.lower(), "csv"), path)
    nearest = difflib.get_close_matches(text.lower(), SAMPLES, n=1)
    raise SourceNotFoundError(text, nearest[0] if nearest else None, sorted(SAMPLES))


def find_sources(texts: Iterable[str]) -> list[Source]:
    """Return the source of each text, with a name of its own.

    Of several sources with the same name the second is named NAME.2, and so on, since the ids of
    their quotes must differ. SourceNotFoundError where there is none.
    """
    sources: list[Source] = []
    for source in map(find_source, texts):
        taken = {other.name for other in sources}
        name, number = source.name, 1
        while name in taken:
            number += 1
            name = f"{source.name}.{number}"
        sources.append(source._replace(name=name))
    return sources
