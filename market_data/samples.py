"""The price history that is shipped; data/README.md says where each file is from."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

_FOLDER = Path(__file__).parent / "data"


class Sample(NamedTuple):
    """One shipped file: `rows` quotes from the date `first` to the date `last` (UTC)."""

    name: str
    description: str
    sid: str
    rows: int
    first: str
    last: str
    interval: str
    """Between two quotes, as `--bars` names it, but for the days without trading."""
    source: str
    """Who published the data, and on which terms it may be passed on."""

    @property
    def path(self) -> Path:
        """Where the file is."""
        return _FOLDER / f"{self.name}.csv"


_WIKI = "Quandl WIKI prices, public domain"

SAMPLES = {
    sample.name: sample
    for sample in [
        Sample(
            "goog",
            "daily prices of Google",
            *("GOOG", 2148, "2004-08-19", "2013-03-01", "1d", _WIKI),
        ),
        Sample(
            "aapl",
            "daily prices of Apple, with two splits",
            *("AAPL", 3270, "2000-03-01", "2013-03-01", "1d", _WIKI),
        ),
        Sample(
            "ibm",
            "daily prices of IBM",
            *("IBM", 3270, "2000-03-01", "2013-03-01", "1d", _WIKI),
        ),
        Sample(
            "cfund",
            "daily prices of an index fund",
            *("CFUND", 132, "2020-05-15", "2020-11-23", "1d"),
            "US Thrift Savings Plan, public domain",
        ),
        Sample(
            "eurusd",
            "daily rates of the euro in US dollars",
            *("EURUSD", 6913, "1999-01-04", "2025-12-31", "1d"),
            "European Central Bank, free with this source",
        ),
        Sample(
            "btcusdt",
            "five minutes of bitcoin in Tether each",
            *("BTCUSDT", 2576, "2023-03-20", "2023-03-28", "5m"),
            "Binance Public Data, MIT",
        ),
        Sample(
            "btcusd",
            "minutes of bitcoin in US dollars",
            *("BTCUSD", 250, "2025-01-07", "2025-01-07", "1m"),
            "Bitstamp, collected by ff137, CC BY 4.0",
        ),
        Sample(
            "wti",
            "daily spot prices of crude oil",
            *("WTI", 8321, "1986-01-02", "2019-01-03", "1d"),
            "US Energy Information Administration, public domain",
        ),
    ]
}
