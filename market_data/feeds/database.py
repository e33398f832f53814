"""Databases by SQLAlchemy: how one is opened, and how its errors read."""

from __future__ import annotations

import sqlite3
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from market_data.errors import MissingPackageError, UnusableFileError
from telemetry.addresses import without_password

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine, TextClause


def name_of(url: str) -> str:
    """Return the name of a database, by its URL, for ids; that of its kind, if it has none."""
    scheme, _, rest = without_password(url).partition("://")
    return PurePosixPath(rest.partition("/")[2]).stem or scheme


def open_engine(url: str | Path, shown: str, *, may_create: bool = False) -> Engine:
    """Return what makes connections to a database; none is made yet.

    :param url: of a database, or the path of an SQLite file.
    :param shown: the database, as an error names it.
    :param may_create: whether a file of SQLite that is not there is created.
    :raises UnusableFileError: if no database has such a URL, its driver is not installed, or the
        file is not there.
    :raises MissingPackageError: without SQLAlchemy.
    """
    try:
        import sqlalchemy
    except ModuleNotFoundError:
        raise MissingPackageError(shown, "SQLAlchemy") from None
    try:
        if isinstance(url, Path):
            parsed = sqlalchemy.URL.create("sqlite", database=str(url))
        else:
            parsed = _with_driver(sqlalchemy.make_url(url))
        engine = sqlalchemy.create_engine(parsed)
    # its text may hold the URL, and that a password; the latter is of a port that is not a number
    except (sqlalchemy.exc.ArgumentError, ValueError):
        raise UnusableFileError(
            shown, "no database has such a URL", "sqlite:///FILE or DIALECT://…"
        ) from None
    except ModuleNotFoundError as error:
        raise UnusableFileError(
            shown, f"its driver {error.name} is not installed", "a driver that is"
        ) from None
    if engine.dialect.name != "sqlite":
        return engine
    is_file = parsed.database not in (None, "", ":memory:")
    # SQLite would create it
    if is_file and not may_create and not Path(str(parsed.database)).exists():
        raise UnusableFileError(shown, "there is no such file", "a database")
    if may_create and not is_file:
        found = "a database in memory is gone when the command ends"
        raise UnusableFileError(shown, found, "sqlite:///FILE")
    return engine


def _with_driver(url: URL) -> URL:
    """Return the same URL with the driver psycopg, where it names none and psycopg is there.

    The choice of SQLAlchemy before 2.1 is psycopg2.
    """
    if url.drivername in ("postgresql", "postgres") and find_spec("psycopg"):
        return url.set(drivername="postgresql+psycopg")
    return url


def verbatim(query: str) -> TextClause:
    """Return a user's query, of which nothing is a parameter: neither `%s` nor `:name`."""
    import sqlalchemy

    return sqlalchemy.text(query.replace(":", "\\:"))


def database_errors() -> tuple[type[Exception], ...]:
    """Return what a database raises when it refuses a statement, or is not there."""
    import sqlalchemy

    # the latter is how sqlite3 refuses a second statement
    return sqlalchemy.exc.SQLAlchemyError, sqlite3.Warning


def reason_of(error: Exception) -> str:
    """Return the first line of the database's own words."""
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
