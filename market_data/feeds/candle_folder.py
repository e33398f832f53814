"""The files of a download: which there are, what they are called, and what they hold.

    DIR/symbol=BTCUSDT/month=2024-01/20240101T000000Z.parquet    candles, by the first of them
    DIR/_download/download.json                                  of which exchange and interval
    DIR/_download/gaps.jsonl                                     what the exchange does not have
    DIR/_download/lock                                           held by the download

Readers of Parquet skip a folder whose name begins with `_`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, unquote

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def state_folder(folder: Path) -> Path:
    """Return the folder of what belongs to the download."""
    return folder / "_download"


def description_file(folder: Path) -> Path:
    """Return the file that makes a folder a download."""
    return state_folder(folder) / "download.json"


def gaps_file(folder: Path) -> Path:
    """Return the file of the gaps."""
    return state_folder(folder) / "gaps.jsonl"


def is_candle_folder(folder: Path) -> bool:
    """Tell whether a download writes, or has written, this folder."""
    return description_file(folder).is_file()


def symbol_folder(folder: Path, sid: str) -> Path:
    """Return the folder of the candles of one instrument."""
    return folder / f"symbol={quote(sid, safe='')}"


def sids(folder: Path) -> list[str]:
    """Return the instruments that have candles, in the order of their names."""
    found = (path for path in folder.glob("symbol=*") if any(path.glob("month=*/*.parquet")))
    return sorted(unquote(path.name.removeprefix("symbol=")) for path in found)


def candle_files(folder: Path) -> list[Path]:
    """Return the Parquet files of a symbol's folder in the order of time."""
    return sorted(folder.glob("month=*/*.parquet"), key=lambda path: path.name)


def candle_file(folder: Path, first: int) -> Path:
    """Return the file in a symbol's folder whose first candle opens at this time in ms."""
    at = _EPOCH + timedelta(milliseconds=first)
    return folder / f"month={at:%Y-%m}" / f"{at:%Y%m%dT%H%M%SZ}.parquet"
