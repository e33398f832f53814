"""Opens a text file of any compression and encoding, which its first bytes tell."""

from __future__ import annotations

import codecs
import gzip
import io
from pathlib import Path
from typing import BinaryIO, NamedTuple, TextIO, cast

from market_data.errors import MissingPackageError, UnusableFileError

SUFFIXES = (".gz", ".zst")
"""Endings of compressed files, which stand behind the ending of their kind."""

_HEAD = 64 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What is taken for a table now and then, by its first bytes.
_OTHERS = (
    (b"PK\x03\x04", "an archive or an Excel workbook", "the CSV file in it, or its sheet as CSV"),
    (b"BZh", "compressed by bzip2", "a file compressed by gzip or Zstandard, or by nothing"),
    (b"\xfd7zXZ", "compressed by xz", "a file compressed by gzip or Zstandard, or by nothing"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook", "its sheet, saved as CSV"),
    (b"PAR1", "a Parquet file", "the ending .parquet"),
    (b"SQLite format 3\0", "an SQLite database", "the ending .db and --query"),
    (b"%PDF", "a PDF file", "a CSV file"),
    (b"<!doctype", "a web page", "the CSV file that it links to"),
    (b"<html", "a web page", "the CSV file that it links to"),
    (b"<?xml", "XML", "a CSV file"),
    (b"{", "JSON", "a CSV file, or the ending .jsonl for messages"),
    (b"[", "JSON", "a CSV file, or the ending .jsonl for messages"),
)


class Head(NamedTuple):
    """The beginning of a text file, and its encoding."""

    encoding: str
    text: str
    """The first 64 KiB."""
    is_cut: bool
    """Whether there is more."""


def open_bytes(path: Path) -> BinaryIO:
    """Open a file, decompressed if it is compressed by gzip or Zstandard.

    :raises OSError: if it cannot be read.
    :raises MissingPackageError: if Zstandard is not available.
    """
    file = path.open("rb")
    start = file.read(4)
    file.seek(0)
    if start.startswith(b"\x1f\x8b"):
        return cast(BinaryIO, gzip.GzipFile(fileobj=file))
    if start == b"\x28\xb5\x2f\xfd":
        return _zstd(file, path)
    return file


def _zstd(file: BinaryIO, path: Path) -> BinaryIO:
    # Python has a module for it from 3.14 on
    try:
        import pyarrow as pa
    except ModuleNotFoundError:
        file.close()
        raise MissingPackageError(str(path), "pyarrow") from None
    stream = pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd")
    return cast(BinaryIO, io.BufferedReader(stream))


def read_head(path: Path, encoding: str | None) -> Head:
    """Return the encoding and the beginning of a text file.

    :param encoding: the one to use; None to detect a mark of UTF-8 or UTF-16.
    :raises UnusableFileError: if it is not text in this encoding.
    """
    if encoding is not None:
        _check(path, encoding)
    with open_bytes(path) as file:
        start = file.read(_HEAD)
    for mark, what, instead in _OTHERS:
        if start.lstrip()[: len(mark)].lower() == mark.lower():
            raise UnusableFileError(str(path), f"it is {what}", instead)
    found = encoding or "utf-8"
    for mark, name in _MARKS:
        # the byte order mark is not part of the text, even where the caller names the encoding
        if start.startswith(mark) and (encoding is None or name[:5] == _plain_name(found)[:5]):
            found = name
    if found == "utf-8" and b"\0" in start:
        raise UnusableFileError(str(path), "it holds zero bytes", _instead_of_zeros(start))
    # the last character may have been cut
    text = codecs.getincrementaldecoder(found)().decode(start)
    return Head(found, text, len(start) == _HEAD)


def _instead_of_zeros(start: bytes) -> str:
    # every other byte of western text in UTF-16 is 0
    if 3 * start.count(b"\0") < len(start):
        return "a text file without them"
    order = "le" if start[1:2] == bytes(1) else "be"
    return f"--encoding utf-16-{order}"


def _plain_name(encoding: str) -> str:
    return codecs.lookup(encoding).name


def open_text(path: Path, encoding: str) -> TextIO:
    """Open a text file with its line ends as they are, for the module csv."""
    return io.TextIOWrapper(open_bytes(path), encoding=encoding, newline="")


def undecodable(path: Path, error: UnicodeError) -> UnusableFileError:
    """Return the refusal of bytes that are not text in the encoding."""
    found = str(error)
    if isinstance(error, UnicodeDecodeError):
        found = f"{error.object[error.start : error.end]!r} is not text in {error.encoding}"
    return UnusableFileError(
        str(path), found, "--encoding cp1252, or another one that the file is written in"
    )


def _check(path: Path, encoding: str) -> None:
    try:
        # there are codecs of other things than text, too
        "".encode(encoding)
    except LookupError:
        raise UnusableFileError(
            str(path), f'there is no encoding "{encoding}"', "--encoding utf-8, utf-16 or cp1252"
        ) from None
