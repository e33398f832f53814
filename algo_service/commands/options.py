"""Options that several commands take: which algorithm, and its parameters."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click
import msgpack
from click.core import ParameterSource

from algo_service.errors import AlgoServiceError
from market_data.commands.read_options import read_options, taken
from market_data.feeds.options import ReadOptions, flag
from portfolio import Parameter, ParameterError
from portfolio.settings import COMMISSION, FILL, SIZING, SLIPPAGE, STARTING_CASH, UNITS

Command = TypeVar("Command", bound=Callable[..., Any])

SHORT: Mapping[str, Parameter] = {
    "cash": STARTING_CASH,
    **{each.name: each for each in (SIZING, UNITS, COMMISSION, SLIPPAGE, FILL)},
}
"""Options that are short for `--param NAME=...`."""


class _Param(click.ParamType[tuple[str, Any]]):
    name = "name=value"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Any]:
        if isinstance(value, tuple):
            return value
        key, equals, text = value.partition("=")
        if not equals or not key:
            self.fail(
                f'"{value}" is not a parameter: write name=value, such as threshold=0.5', param, ctx
            )
        return key, _read(key, text)


def _read(key: str, text: str) -> Any:
    try:
        parsed = json.loads(text)
        msgpack.packb(parsed)  # as it has to travel
    except (ValueError, RecursionError):
        return text
    except OverflowError:
        raise click.BadParameter(f"{key} is {text}: a whole number has at most 64 bits") from None
    return parsed


PARAM = _Param()
"""The type of `--param`: a name and its value."""


class _Algo(click.ParamType[str]):
    name = "name|module:class|file.py:class"

    def split_envvar_value(self, rv: str) -> list[str]:
        return [rv]  # one, for a path may have spaces


def _one(ctx: click.Context, _param: click.Parameter, value: tuple[str, ...]) -> str:
    if len(value) > 1:
        raise AlgoServiceError(
            f"--algo names {' and '.join(value)}: {ctx.info_name} takes one algorithm; start one"
            " for each, at addresses of their own"
        )
    return value[0]


def algorithm_options(command: Command) -> Command:
    """Add `--algo`, given once, `--param` and the options in `SHORT`."""
    return _algorithm_options(command, callback=_one, help=_ALGO)


def several_algorithms_options(command: Command) -> Command:
    """Add the same, where `--algo` may be given several times; the command gets a tuple."""
    return _algorithm_options(command, help=f"{_ALGO} Given several times, they are compared.")


def _filters(
    _ctx: click.Context, _param: click.Parameter, value: tuple[str, ...]
) -> tuple[str, ...]:
    if value:
        from market_data.mqtt.topic_filter import filter_fault

        for channel in value:
            if fault := filter_fault(channel):
                raise AlgoServiceError(f'--channel "{channel}" is not a topic filter: {fault}')
    return value


channel_option = click.option(
    "--channel",
    metavar="FILTER",
    multiple=True,
    callback=_filters,
    help="Of a recording, read the quotes of these channels, such as 'prices/#', in place of those"
    " that the algorithm asks for; repeatable.",
)
"""Adds `--channel`; the command gets a tuple."""


def hidden_read_options(command: Command) -> Command:
    """Add the options of reading history, which the help of `algo-service backtest` lists."""
    before = len(getattr(command, "__click_params__", ()))
    command = read_options("ALGO_SERVICE")(command)
    for option in command.__click_params__[before:]:  # type: ignore[attr-defined]
        option.hidden = True
    return command


def taken_for_warm_up(
    options: dict[str, Any], is_given: bool
) -> tuple[ReadOptions, tuple[str, ...]]:
    """Take them out of a command's keywords, where a history is given to be read.

    :return: the options of reading, and the channels.
    :raises UsageError: if one is given on the command line, and no history is.
    """
    context = click.get_current_context()
    for name in options:
        # a variable may be meant for other commands
        if not is_given and context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"{flag(name)} reads the history of --warm-up: give that, too")
    channels = options.pop("channel")
    return taken(options), channels


_ALGO = (
    "A built-in name (see `algo-service algos`), package.module:Class or path/to/file.py:Class. A"
    " module or a file is code, and runs with all your rights."
)


def _algorithm_options(command: Command, **algo: Any) -> Command:
    for name, parameter in reversed(list(SHORT.items())):
        command = click.option(
            f"--{name}",
            metavar="|".join(parameter.choices) or "NUMBER",
            envvar=f"ALGO_SERVICE_{name.upper()}",
            show_envvar=True,
            help=f"Short for --param {name}=...: {parameter.help}",
        )(command)
    command = click.option(
        "--param",
        "params",
        type=PARAM,
        multiple=True,
        envvar="ALGO_SERVICE_PARAM",
        show_envvar=True,
        help="A parameter, which wins over the caller's; its value is read as JSON, else as text."
        " The variable may hold several, with spaces between them.",
    )(command)
    return click.option(
        "--algo",
        type=_Algo(),
        metavar="NAME",
        multiple=True,
        default=["random"],
        envvar="ALGO_SERVICE_ALGO",
        show_envvar=True,
        **algo,
    )(command)


def merge_params(params: tuple[tuple[str, Any], ...], short: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of `--param` and of the options in `SHORT` together.

    :raises ParameterError: if both name a parameter, with different values.
    """
    merged = dict(params)
    for name, text in short.items():
        if text is None:
            continue
        value = _read(name, text)
        for given in {name, SHORT[name].name} & merged.keys():
            if merged[given] != value:
                raise ParameterError(
                    f"parameter {name} is given twice: --{name} {text}, and"
                    f" --param {given}={merged[given]}"
                )
        merged[name] = value
    return merged
