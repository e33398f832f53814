"""`market-data live`."""

from __future__ import annotations

import time
from functools import cached_property
from pathlib import Path
from typing import Any

import click

from market_data.commands.telling import listen, stats_of
from market_data.durations import read_duration
from market_data.errors import FeedError, StateFileError
from market_data.live.kinds import find_kinds, make_source, options_of
from market_data.live.lag import Lag
from market_data.live.metrics import add_live_metrics
from market_data.live.progress import LiveState, Progress, read_live_state
from market_data.live.publishing import publish_live
from market_data.live.pump import Pump
from market_data.live.reporting import Reporter
from market_data.live.silence import Silence
from market_data.live.source import SourceKind
from market_data.mqtt.address import check_topic
from market_data.mqtt.options import mqtt_options, taken_access
from market_data.mqtt.publisher import Publisher
from market_data.mqtt.topic_level import topic_level
from market_data.stopping import Interrupted, Stop
from telemetry.options import HttpAddress, http_option
from telemetry.part import Part

# Seconds that a stopped command waits for the broker, and for the source.
_PATIENCE = 0.5


class _LiveCommand(click.Command):
    """A command with the options of all installed kinds of sources, which are looked up late."""

    @cached_property
    def kinds(self) -> dict[str, SourceKind]:
        """The kinds that are installed."""
        return find_kinds()

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the options of the sources, then its own."""
        return [*options_of(self.kinds), *super().get_params(ctx)]


def report(text: str) -> None:
    """Print a line to stderr."""
    click.echo(text, err=True)


@click.command("live", cls=_LiveCommand)
@mqtt_options("MARKET_DATA")
@click.option(
    "--topic",
    envvar="MARKET_DATA_TOPIC",
    show_envvar=True,
    default="quotes",
    show_default=True,
    help="Where to publish.",
)
@click.option(
    "--state",
    metavar="FILE",
    envvar="MARKET_DATA_STATE",
    show_envvar=True,
    help="Keeps how far the source is published: started again, it continues from there.",
)
@click.option(
    "--max-silence",
    metavar="DURATION",
    callback=read_duration,
    envvar="MARKET_DATA_MAX_SILENCE",
    show_envvar=True,
    help="Report when no quote has come for so long.",
)
@click.option(
    "--max-lag",
    metavar="DURATION",
    callback=read_duration,
    envvar="MARKET_DATA_MAX_LAG",
    show_envvar=True,
    help="Report when quotes come so long after their time.",
)
@http_option("MARKET_DATA")
@click.pass_context
def live_command(
    context: click.Context,
    /,
    topic: str,
    state: str | None,
    max_silence: float | None,
    max_lag: float | None,
    http: HttpAddress | None,
    **options: Any,
) -> None:
    """Publish quotes as they come, until SIGINT or SIGTERM.

    One source is given: a database, by --sql with --query and --cursor, whose new rows are
    published; an exchange, by --exchange with --symbol, whose trades are; Alpaca, by --alpaca with
    --symbol, whose trades of US equities are; or one of another package that is installed.
    """
    assert isinstance(context.command, _LiveCommand)
    stop = Stop()
    try:
        with stop.on_signals():
            access = taken_access(options)
            # the state keeps the topic without the prefix
            full_topic = check_topic(access.prefix + check_topic(topic))
            source = make_source(context.command.kinds, options, report)
            errors = check_topic(f"{access.prefix}errors/{topic_level(source.name)}")
            path = Path(state) if state else None
            before = read_live_state(path, source.name, topic) if path else None
            now = before or LiveState(source.name, topic)
            publisher: Publisher[int] = Publisher(access, full_topic, stop, report)
            pump = Pump(source, now.position, report)
            reporter = Reporter(publisher, errors, topic, report)
            progress = Progress(path, now, publisher, pump.acknowledge, time.monotonic)
            silence = Silence(max_silence, source.name, report, time.monotonic)
            lag = Lag(max_lag, source.name, report)

            def missing() -> list[str]:
                parts = (publisher, pump, silence, lag)
                return [reason for each in parts for reason in each.missing()]

            part = Part("live", source.name, missing, stop.stalled)
            add_live_metrics(part.registry, publisher, pump, reporter, lag)
            publisher.broadcast = stats_of(part, access.prefix)
            listen(part, http)
            verb = "publishing" if before is None else "continuing"
            click.echo(f"{verb} {source} as {source.name} to {full_topic} on {access.address}")
            _publish(publisher, pump, progress, silence, lag, reporter)
    except Interrupted:
        click.echo("stopped before the first quote")


def _publish(
    publisher: Publisher[int],
    pump: Pump,
    progress: Progress,
    silence: Silence,
    lag: Lag,
    reporter: Reporter,
) -> None:
    started = time.monotonic()
    try:
        pump.start()
        publisher.connect()
        publish_live(pump, publisher, progress, silence, lag, reporter)
    except (Interrupted, FeedError) as end:
        publisher.settle(_PATIENCE)
        reports = f" and {reporter.published} reports" if reporter.published else ""
        counts = (
            f"{publisher.published - reporter.published} quotes{reports} published,"
            f" {publisher.confirmed} confirmed"
        )
        click.echo(f"stopped after {time.monotonic() - started:.1f} s: {counts}")
        if not isinstance(end, StateFileError):
            progress.save()
        if isinstance(end, FeedError):
            raise
    finally:
        pump.close(_PATIENCE)
        publisher.close()
