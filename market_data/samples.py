"""The price history that is shipped, and the choice between a sample and a file."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import NamedTuple

from market_data.errors import SourceNotFoundError

_FOLDER = Path(__file__).parent / "data"


class Sample(NamedTuple):
    """One shipped file: `rows` quotes from the date `first` to the date `last`."""

    name: str
    description: str
    sid: str
    rows: int
    first: str
    last: str

    @property
    def path(self) -> Path:
        """Where the file is."""
        return _FOLDER / f"{self.name}.csv"


SAMPLES = {
    sample.name: sample
    for sample in [
        Sample("goog", "daily prices of Google", "GOOG", 2148, "2004-08-19", "2013-03-01"),
    ]
}


class Source(NamedTuple):
    """Where quotes are read from; `name` goes into their ids, `sample` is None for a file."""

    name: str
    path: Path
    sample: Sample | None


def find_source(text: str) -> Source:
    """Return the sample of this name or else the file at this path.

    A file that is named like a sample is reached as ./NAME. SourceNotFoundError where there
    is neither.
    """
    if sample := SAMPLES.get(text):
        return Source(sample.name, sample.path, sample)
    path = Path(text)
    # empty text would be the present folder
    if text and path.exists():
        return Source(path.stem, path, None)
    nearest = difflib.get_close_matches(text.lower(), SAMPLES, n=1)
    raise SourceNotFoundError(text, nearest[0] if nearest else None, sorted(SAMPLES))
