"""The command `algo-service trace`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from algo_service.commands.curve import check_needs_rpc, curve_option, given_keys
from telemetry.terminal import say


@click.command()
@click.argument("quote_id")
@click.option(
    "--journal",
    metavar="FILE",
    envvar="ALGO_SERVICE_JOURNAL",
    show_envvar=True,
    type=click.Path(path_type=Path),
    help="The journal that it is in; a service may have it open.",
)
@click.option(
    "--rpc",
    metavar="ADDRESS",
    help="Ask the service at this address instead, such as tcp://127.0.0.1:4242.",
)
@curve_option("Reach the service at --rpc by CURVE alone, with the keys in this folder.")
@click.option("--channel", metavar="CHANNEL", help="Only the input that came on this channel.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one line for each channel.")
def trace(
    quote_id: str,
    journal: Path | None,
    rpc: str | None,
    curve_keys: Path | None,
    channel: str | None,
    as_json: bool,
) -> None:
    """Show what became of a quote: when it came and was decided, its orders, its fills.

    It shows data and commands, too. Each time is in UTC, with what passed since the one before.
    """
    from algo_service.errors import TraceError
    from algo_service.trace import command, text

    context = click.get_current_context()
    is_given = context.get_parameter_source("journal") is click.core.ParameterSource.COMMANDLINE
    if rpc is None and journal is None:
        raise click.UsageError("say where it was decided: --journal FILE, or --rpc ADDRESS")
    if rpc is not None and is_given:
        raise click.UsageError("--journal and --rpc say where it was decided: give one of them")
    check_needs_rpc(rpc)
    if rpc is not None:
        found = command.of_service(rpc, quote_id, given_keys(curve_keys))
    else:
        assert journal is not None
        found = command.of_journal(journal, quote_id)
    shown = [each for each in found if channel in (None, each["channel"])]
    if not shown:
        channels = ", ".join(each["channel"] for each in found)
        raise TraceError(f'"{quote_id}" did not come on {channel}, but on {channels}')
    for n, each in enumerate(shown):
        if as_json:
            say(json.dumps(each, ensure_ascii=False, default=repr))
            continue
        if n:
            click.echo()
        for line in text.lines(each):
            say(line)
    if len(shown) > 1 and not as_json:
        sys.stdout.flush()
        click.echo(f"{len(shown)} channels have this id; --channel shows one", err=True)
