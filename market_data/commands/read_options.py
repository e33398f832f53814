"""The options of the commands that read history: `market-data replay`, `algo-service backtest`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from market_data.feeds.columns import parse_columns
from market_data.feeds.options import ReadOptions

Command = TypeVar("Command", bound=Callable[..., Any])

# The name of each option in ReadOptions, and its declaration for click.
_OPTIONS: dict[str, dict[str, Any]] = {
    "columns": {
        "metavar": "FIELD=NAME,…",
        "help": "Which columns hold what: sid=Ticker,ts=Date+Time,quote=Last. Without a header by"
        " position: ts=1,quote=5.",
    },
    "fields": {
        "metavar": "FIELD=NAME,…",
        "multiple": True,
        "help": "Where the messages of a recording have what a quote needs: sid=s,quote=data.p,"
        "ts=T,id=s+t, or 'trades/#:sid=s,…' for one channel.",
    },
    "symbols": {
        "metavar": "NAME,…",
        "help": "Take quotes of these instruments only: goog,aapl.",
    },
    "query": {"metavar": "SELECT", "help": "What to read from a database."},
    "sort": {"is_flag": True, "help": "Sort each source by time, with its quotes in memory."},
    "start": {"name": "--from", "metavar": "TIME", "help": "Read quotes from this time on."},
    "end": {
        "name": "--to",
        "metavar": "TIME",
        "help": "Read quotes before this time; of a date its whole day.",
    },
    "delimiter": {
        "metavar": "CHARACTER",
        "help": "The separator of the cells of a CSV file, if it is not detected; also `tab`.",
    },
    "encoding": {"metavar": "NAME", "help": "Encoding of a CSV file, if it is not detected."},
    "decimal": {
        "type": click.Choice([".", ","]),
        "help": "The decimal separator; by default a dot.",
    },
    "thousands": {
        "metavar": "CHARACTER",
        "help": "The separator of thousands; by default none.",
    },
    "no_header": {
        "is_flag": True,
        "help": "The CSV file has no header: its first row is a quote.",
    },
    "time_unit": {
        "type": click.Choice(["s", "ms", "us", "ns", "ticks", "excel"]),
        "help": "The unit of a time that is a number, if its magnitude is ambiguous: since 1970,"
        " the ticks of .NET, or the days of Excel.",
    },
    "time_format": {
        "metavar": "FORMAT",
        "help": "How a time is written, in the letters of strptime, such as '%d/%m/%Y %H:%M'.",
    },
    "timezone": {
        "metavar": "NAME",
        "help": "Zone of times without an offset, such as Europe/London; by default UTC.",
    },
    "bar_time": {
        "type": click.Choice(["open", "close"]),
        "help": "Whether a time opens or closes its bar, where the layout is not known.",
    },
    "bars": {
        "metavar": "INTERVAL",
        "help": "Make bars of the quotes, such as 1m, 5m, 1h, 1d or 1w, by their times in UTC.",
    },
    "empty": {
        "type": click.Choice(["skip", "fill"]),
        "help": "Of --bars: whether an interval without a quote gets no bar, which is the default,"
        " or one of the last close.",
    },
    "strict": {"is_flag": True, "help": "Stop at the first row that is not a valid quote."},
}


def read_options(environment: str | None = None) -> Callable[[Command], Command]:
    """Add the options; the command receives them as keywords, for `taken`.

    :param environment: what the names of environment variables begin with, if there are any.
    """

    def decorate(command: Command) -> Command:
        for name, declared in reversed(_OPTIONS.items()):
            settings = dict(declared)
            flag = settings.pop("name", f"--{name.replace('_', '-')}")
            if environment:
                variable = flag.removeprefix("--").replace("-", "_").upper()
                settings |= {"envvar": f"{environment}_{variable}", "show_envvar": True}
            if not settings.get("multiple"):
                settings["default"] = None
            command = click.option(flag, name, **settings)(command)
        return command

    return decorate


def taken(options: dict[str, Any]) -> ReadOptions:
    """Remove the options of reading from a command's keywords, and return them.

    :raises ColumnsError: if `--columns` cannot be understood.
    """
    given = {name: options.pop(name) for name in _OPTIONS}
    # an option or a variable that is empty counts as not given
    read: Any = {name: value for name, value in given.items() if value not in (None, "", ())}
    if read.pop("no_header", False):
        read["header"] = False
    if "columns" in read:
        read["columns"] = parse_columns(read["columns"])
    return read  # type: ignore[no-any-return]
