"""The price history that is shipped."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

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
