"""The options of `market-data live --sql`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from market_data.command_line import warn_if_listed
from market_data.durations import read_duration
from market_data.errors import FeedError, MissingPackageError
from market_data.feeds.columns import parse_columns
from market_data.feeds.options import ReadOptions, check_options
from market_data.feeds.sources import find_source
from market_data.live.options import EVERY, source_option
from market_data.live.source import Source, SourceKind
from telemetry.addresses import holds_password

_READING = ("columns", "time_unit", "time_format", "timezone")

_OPTIONS = [
    source_option(
        "--sql",
        metavar="URL|FILE",
        help="Publish rows of this database: postgresql://HOST/NAME, or a file of SQLite.",
    ),
    source_option(
        "--query",
        metavar="SELECT",
        help="What to read from a database, with a column for the cursor.",
    ),
    source_option(
        "--cursor",
        metavar="COLUMN",
        help="The column that grows from row to row, such as id: a number, a time or a text.",
    ),
    EVERY,
    source_option(
        "--settle",
        metavar="DURATION",
        callback=read_duration,
        default="10s",
        show_default=True,
        help="How long a row may become visible after one with a higher cursor.",
    ),
    source_option(
        "--name",
        metavar="TEXT",
        help="The first part of every quote's id; by default the name of the database.",
    ),
    source_option(
        "--columns",
        metavar="FIELD=NAME,…",
        help="Which columns hold what: sid=ticker,ts=traded_at,quote=last.",
    ),
    source_option(
        "--time-unit",
        type=click.Choice(["s", "ms", "us", "ns", "ticks"]),
        help="The unit of a time that is a number, if its magnitude is ambiguous.",
    ),
    source_option(
        "--time-format",
        metavar="FORMAT",
        help="How a time is written, in the letters of strptime.",
    ),
    source_option(
        "--timezone",
        metavar="NAME",
        help="Zone of times without an offset, such as Europe/London; by default UTC.",
    ),
]


def _make(values: Mapping[str, Any], notify: Callable[[str], None]) -> Source:
    for name, example in (("query", "SELECT id, sid, ts, quote FROM …"), ("cursor", "id")):
        if not values[name]:
            raise FeedError(f'--sql needs --{name}, such as --{name} "{example}"')
    given = {name: values[name] for name in _READING if values[name]}
    if "columns" in given:
        given["columns"] = parse_columns(given["columns"])
    reading: ReadOptions = given  # type: ignore[assignment]
    check_options(reading, {"sql"})
    if holds_password(values["sql"]):
        warn_if_listed("sql", "the password in --sql", "the variable MARKET_DATA_SQL")
    found = find_source(values["sql"])
    if found.kind != "sql":
        raise FeedError(f"--sql {found}: it is no database; expected a URL, or a file of SQLite")
    # what needs SQLAlchemy is imported here: the other sources do without
    try:
        from market_data.live.sql.source import Settings, SqlSource
    except ModuleNotFoundError as error:
        raise MissingPackageError(str(found), "SQLAlchemy") from error
    settings = Settings(
        found.path or str(found.url),
        str(found),
        values["name"] or found.name,
        values["query"],
        values["cursor"],
        values["every"],
        values["settle"],
        reading,
    )
    return SqlSource(settings, notify)


KIND = SourceKind(_OPTIONS, _make)
