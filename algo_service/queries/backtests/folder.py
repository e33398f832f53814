"""What a backtest can be run over: samples, and the files of one folder."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from algo_service.errors import QueryError
from market_data.samples import SAMPLES
from portfolio.nearest import did_you_mean

MAX_FILES = 200
"""Names that are listed, the first ones of the alphabet."""

_MAX_ENTRIES = 10_000
"""Of the folder, among which they are looked for."""

_KINDS = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson")
_PACKED = (".gz", ".zst")


class Chosen(NamedTuple):
    """What a backtest reads."""

    source: str
    """As `market_data.open_feed` takes it."""
    rows: int | None
    """How many quotes it has, if that is known."""


def listing(folder: Path | None) -> dict[str, Any]:
    """Return what can be chosen; `folder` is whether there is one.

    :raises QueryError: if the folder cannot be read.
    """
    samples = [
        {"name": each.name, "about": each.description, "rows": each.rows, "first": each.first,
         "last": each.last, "interval": each.interval}
        for each in SAMPLES.values()
    ]  # fmt: skip
    names: list[str] = []
    if folder is not None:
        try:
            entries = list(islice(folder.iterdir(), _MAX_ENTRIES))
            names = sorted(each.name for each in entries if _objection(folder, each.name) is None)
        except OSError as error:
            raise QueryError(f"the folder {folder} cannot be read: {error.strerror}") from error
    return {
        "samples": samples,
        "folder": folder is not None,
        "files": names[:MAX_FILES],
        "more": len(names) > MAX_FILES,
    }


def find(folder: Path | None, name: str) -> Chosen:
    """Return the sample of this name, or the file of the folder.

    :raises QueryError: if there is none, or it is not one of the folder's own.
    """
    if sample := SAMPLES.get(name):
        return Chosen(name, sample.rows)
    if folder is None:
        raise QueryError(
            f'"data" is {name!r:.80}, which is no sample{did_you_mean(name, SAMPLES)}; a'
            " service with --data-folder reads files, too"
        )
    if objection := _objection(folder, name):
        raise QueryError(f'"data" is {name!r:.80}: {objection}')
    return Chosen(str((folder / name).resolve()), None)


def _objection(folder: Path, name: str) -> str | None:
    """Return why this cannot be read, if it cannot."""
    if name in ("", ".", "..") or "/" in name or "\\" in name or "\0" in name:
        return "it has to be a sample, or the name of a file in the data folder, without a path"
    path = folder / name
    try:
        if not path.is_file():
            return "there is no such sample, and no such file in the data folder"
        if not path.resolve().is_relative_to(folder.resolve()):
            return "it leads out of the data folder"
    except (OSError, ValueError):  # a name that is too long, a link to itself
        return "it cannot be a file of the data folder"
    kind = path.with_suffix("") if path.suffix.lower() in _PACKED else path
    if kind.suffix.lower() not in _KINDS:
        return f"a file of prices ends in {', '.join(_KINDS)}, or in one of these and .gz or .zst"
    return None
