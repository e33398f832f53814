"""The options of the commands that read history: `market-data replay`, `algo-service backtest`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from market_data.feeds.columns import parse_columns
from market_data.feeds.options import ReadOptions

Command = TypeVar("Command", bound=Callable[..., Any])

# Of each option its name in ReadOptions, and how click declares it.
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
        "help": "What separates the cells of a CSV file, where it is not detected; `tab` is one.",
    },
    "encoding": {"metavar": "NAME", "help": "Encoding of a CSV file, where it is not detected."},
    "decimal": {
        "type": click.Choice([".", ","]),
        "help": "What separates the fraction of a number; by default a dot.",
    },
    "thousands": {
        "metavar": "CHARACTER",
        "help": "What separates the thousands of a number; by default nothing.",
    },
    "no_header": {
        "is_flag": True,
        "help": "The first row of a CSV file is a quote already.",
    },
    "time_unit": {
        "type": click.Choice(["s", "ms", "us", "ns", "excel"]),
        "help": "What a number means as a time, where its magnitude does not tell: since 1970, or"
        " the days of Excel.",
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
        "help": "Whether a time opens or closes its bar, where the file does not tell.",
    },
    "strict": {"is_flag": True, "help": "Stop at the first row that is no quote."},
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
    """Take the options of reading out of a command's keywords.

    :raises ColumnsError: if `--columns` cannot be understood.
    """
    given = {name: options.pop(name) for name in _OPTIONS}
    # an option, or a variable, that is empty or not given says nothing
    read: Any = {name: value for name, value in given.items() if value not in (None, "", ())}
    if read.pop("no_header", False):
        read["header"] = False
    if "columns" in read:
        read["columns"] = parse_columns(read["columns"])
    return read  # type: ignore[no-any-return]
