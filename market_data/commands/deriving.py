"""What `market-data indicators` and `market-data bars` share: their options, and their run."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from market_data.commands.telling import listen, stats_of
from market_data.derive.channels import check_channels
from market_data.derive.metrics import add_derive_metrics
from market_data.derive.service import Service
from market_data.derive.store import Store
from market_data.derive.transformation import Transformation
from market_data.errors import FeedError, StateFileError
from market_data.mqtt.access import BrokerAccess
from market_data.mqtt.address import check_topic
from market_data.mqtt.options import mqtt_options
from market_data.mqtt.publisher import Publisher
from market_data.mqtt.subscriber import Subscriber
from market_data.mqtt.topic_level import topic_level
from market_data.stopping import Interrupted, Stop
from telemetry.options import HttpAddress, http_option
from telemetry.part import Part

Command = TypeVar("Command", bound=Callable[..., Any])

# Seconds that a stopped service waits for the broker to confirm what was sent.
_PATIENCE = 0.5

_OPTIONS: dict[str, dict[str, Any]] = {
    "channel": {
        "metavar": "FILTER",
        "multiple": True,
        "default": ("quotes",),
        "show_default": True,
        "help": "Where quotes come from: a topic, or a filter such as 'quotes/#'; repeatable.",
    },
    "state": {
        "metavar": "FILE",
        "help": "Keeps what was taken and what is still to be published: started again after a"
        " crash, it continues from there.",
    },
    "session": {
        "metavar": "NAME",
        "help": "The session at the broker, which keeps quotes while this is away; a name of its"
        " own for each service.",
    },
}


def deriving_options(session: str) -> Callable[[Command], Command]:
    """Add the options; the command receives them as keywords.

    :param session: how the help describes the session's default.
    """

    def decorate(command: Command) -> Command:
        command = http_option("MARKET_DATA")(mqtt_options("MARKET_DATA")(command))
        for name, declared in reversed(_OPTIONS.items()):
            settings = declared
            if name == "session":
                settings = {**declared, "help": f"{declared['help']} By default {session}."}
            command = click.option(
                f"--{name}",
                name,
                envvar=f"MARKET_DATA_{name.upper()}",
                show_envvar=True,
                **settings,
            )(command)
        return command

    return decorate


def report(text: str) -> None:
    """Print a line to stderr."""
    click.echo(text, err=True)


def serve(
    component: str,
    transformation: Transformation,
    what: str,
    own: str,
    access: BrokerAccess,
    channel: Sequence[str],
    session: str,
    state: str | None,
    http: HttpAddress | None,
) -> None:
    """Take quotes and publish what comes of them, until SIGINT or SIGTERM.

    :param component: the kind of part that this is.
    :param what: is published, for people: `sma-20`.
    :param own: the filter of what is published.
    :raises FeedError: if an option cannot be used, or waiting cannot help.
    """
    channels = tuple(dict.fromkeys(channel))
    check_channels(channels, own)
    check_topic(f"{access.prefix}errors/{topic_level(session)}")
    stop = Stop()
    with stop.on_signals():
        store = Store(Path(state) if state else None, transformation.kind)
        try:
            parts = store.parts()
            notes = _loaded(transformation, parts, state)
            of = ", ".join(channels)
            click.echo(f"publishing {what} of {of} on {access.address}, session {session}")
            if not state:
                click.echo("without --state FILE: after a restart it begins again from nothing")
            elif parts:
                count = f"{len(parts)} instrument{'s' if len(parts) > 1 else ''}"
                click.echo(f"continuing from {state}, with {count}")
            for note in notes:
                click.echo(note)
            subscriber = Subscriber(
                access, channels, stop, report, session=session, is_continued=bool(parts)
            )
            publisher: Publisher[int] = Publisher(
                access, own, stop, report, awaits_subscriber=False
            )
            service = Service(
                transformation, store, subscriber, publisher, access.prefix, session, report
            )
            part = Part(component, session, service.missing, stop.stalled)
            add_derive_metrics(part.registry, service, transformation, subscriber, publisher)
            publisher.broadcast = stats_of(part, access.prefix)
            listen(part, http)
            _run(service, subscriber, publisher)
        finally:
            store.close()


def _loaded(transformation: Transformation, parts: dict[str, str], state: str | None) -> list[str]:
    try:
        return transformation.load(parts)
    except (ValueError, TypeError, LookupError) as error:
        found = f"what is in it cannot be read ({type(error).__name__}: {error})"
        expected = "a state of this version: continue with the one that wrote it, or delete it"
        raise StateFileError(str(state), found, expected) from error


def _run(service: Service, subscriber: Subscriber, publisher: Publisher[int]) -> None:
    started = time.monotonic()
    try:
        subscriber.connect()
        publisher.connect()
        click.echo("subscribed")
        service.run()
    except (Interrupted, FeedError) as end:
        publisher.settle(_PATIENCE)
        click.echo(f"stopped after {time.monotonic() - started:.1f} s: {service.summary}")
        if isinstance(end, FeedError):
            raise
    finally:
        subscriber.close()
        publisher.close()
