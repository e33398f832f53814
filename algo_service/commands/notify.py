"""The command `algo-service notify`."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING, Any

import click

from algo_service.errors import AlgoServiceError, NotifyError
from algo_service.notify.notice import BY_CHOICE, KINDS, Kind
from algo_service.notify.quiet_hours import QuietHours, QuietHoursError
from market_data.command_line import warn_if_listed
from market_data.mqtt.options import mqtt_options, taken_access
from portfolio.nearest import did_you_mean
from telemetry.log_option import log_option
from telemetry.options import http_option

if TYPE_CHECKING:
    from telemetry.options import HttpAddress


def _kinds(_ctx: click.Context, _param: click.Parameter, value: str | None) -> list[Kind]:
    if not value:
        return [kind for kind in KINDS if kind not in BY_CHOICE]
    words = [word.strip() for word in value.split(",") if word.strip()]
    for word in words:
        if word not in KINDS:
            raise click.BadParameter(f'"{word}" is nothing to tell{did_you_mean(word, KINDS)}')
    if not words:
        raise click.BadParameter(f"it names nothing; there is {', '.join(KINDS)}")
    return [kind for kind in KINDS if kind in words]


@click.command(context_settings={"show_default": True})
@mqtt_options("ALGO_SERVICE")
@click.option(
    "--to",
    "urls",
    metavar="URL",
    multiple=True,
    envvar="ALGO_SERVICE_TO",
    show_envvar=True,
    help="A receiver, by its URL for apprise: mailto://user:password@example.com, tgram://..., "
    "slack://..., json://host/path and many others. Give it several times for several.",
)
@click.option(
    "--to-file",
    metavar="FILE",
    envvar="ALGO_SERVICE_TO_FILE",
    show_envvar=True,
    help="A file with such URLs, one a line, so that their secrets are in no list of processes.",
)
@click.option(
    "--only",
    "kinds",
    metavar="KINDS",
    callback=_kinds,
    envvar="ALGO_SERVICE_ONLY",
    show_envvar=True,
    help=f"What it reports, with commas between: {', '.join(KINDS)}. By default all but"
    f" {' and '.join(BY_CHOICE)}.",
)
@click.option(
    "--pause",
    metavar="SECONDS",
    type=click.FloatRange(0, 86_400),
    default=60.0,
    envvar="ALGO_SERVICE_PAUSE",
    show_envvar=True,
    help="At least so long between two messages to a receiver: what happens meanwhile goes into one"
    " message. What is urgent waits 5 seconds at most.",
)
@click.option(
    "--quiet",
    metavar="HH:MM-HH:MM",
    envvar="ALGO_SERVICE_QUIET",
    show_envvar=True,
    help="Hours in which it reports only what is urgent, such as 22:00-07:00; the rest comes after"
    " them.",
)
@click.option(
    "--timezone",
    metavar="ZONE",
    envvar="ALGO_SERVICE_TIMEZONE",
    show_envvar=True,
    help="The zone of --quiet and of the times in messages, such as Europe/Zurich; without it, that"
    " of this computer.",
)
@http_option("ALGO_SERVICE")
@click.option("--test", is_flag=True, help="Send each receiver a message, and end.")
@log_option("notify")
def notify(
    urls: tuple[str, ...],
    to_file: str | None,
    kinds: list[Kind],
    pause: float,
    quiet: str | None,
    timezone: str | None,
    http: HttpAddress | None,
    test: bool,
    **options: Any,
) -> None:
    """Tell people what happens, by mail, chat or a webhook.

    Urgent are halts, the stops of limits, algorithms that are lost, the loss of the broker, and
    alerts whose severity is critical.

    Alerts come from Prometheus, for which --http is an Alertmanager, or from the webhook of one.
    """
    from algo_service.notify import command
    from algo_service.notify.urls import read_urls
    from market_data import FeedError

    try:
        warn_if_listed("urls", "what is secret in --to", "--to-file, or a variable")
        receivers = read_urls(urls, to_file or None)
        if test:
            for sentence in command.test(receivers):
                click.echo(sentence)
            return
        access = taken_access(options)
        zone = _zone(timezone)
        settings = command.Settings(receivers, kinds, pause, _quiet(quiet, zone), zone, http)
        command.run(access, settings)
    except FeedError as error:
        raise AlgoServiceError(str(error)) from error


def _zone(name: str | None) -> tzinfo | None:
    from market_data.feeds.zones import find_zone

    return find_zone(name) if name else None


def _quiet(text: str | None, zone: tzinfo | None) -> QuietHours | None:
    try:
        return QuietHours.parse(text, zone) if text else None
    except QuietHoursError as error:
        raise NotifyError(f"--quiet: {error}") from error
