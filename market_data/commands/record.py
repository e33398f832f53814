"""`market-data record`."""

from __future__ import annotations

import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from market_data.errors import MissingPackageError
from market_data.mqtt.address import check_filters
from market_data.mqtt.options import mqtt_options, taken_access
from market_data.mqtt.subscriber import Subscriber
from market_data.record.claim import Claim
from market_data.record.folder import MAX_SEGMENT_BYTES, Folder
from market_data.record.progress import Progress
from market_data.record.recorder import Counts, record
from market_data.stopping import Interrupted, Stop

_MIB = 1024 * 1024


@click.command("record")
@click.option(
    "--channel",
    "channels",
    metavar="FILTER",
    multiple=True,
    envvar="MARKET_DATA_CHANNEL",
    show_envvar=True,
    default=["quotes/#"],
    show_default=True,
    help="What to record: topics, with + and # for any level; repeatable.",
)
@click.option(
    "--out",
    metavar="FOLDER",
    required=True,
    envvar="MARKET_DATA_OUT",
    show_envvar=True,
    help="Where to keep it; continued if a recorder has written it before.",
)
@click.option(
    "--session",
    metavar="NAME",
    envvar="MARKET_DATA_SESSION",
    show_envvar=True,
    help="The client's id at the broker, which keeps what comes while the recorder is away; by"
    " default one that the folder remembers.",
)
@click.option(
    "--part",
    metavar="MIB",
    type=click.FloatRange(min=0, min_open=True),
    envvar="MARKET_DATA_PART",
    show_envvar=True,
    default=MAX_SEGMENT_BYTES / _MIB,
    show_default=True,
    help="Begin a new Parquet file after so many MiB of messages; at the latest after 15 minutes,"
    " and for each day.",
)
@mqtt_options("MARKET_DATA")
def record_command(
    channels: tuple[str, ...], out: str, session: str | None, part: float, **options: Any
) -> None:
    """Record what is published, until SIGINT or SIGTERM.

    Each message is kept, with its topic and the time of its arrival, before it is acknowledged.
    The folder is read by `market-data replay` and `algo-service backtest`, and its Parquet files
    by DuckDB, Polars and pandas.
    """
    if find_spec("pyarrow") is None:
        raise MissingPackageError(out, "pyarrow", "recording to")
    stop, counts = Stop(), Counts()
    folder = Path(out)
    with stop.on_signals():
        access = taken_access(options)
        check_filters(channels)
        claim = Claim(folder, session or None)
        destination = Folder(folder, _report, int(part * _MIB) or 1)
        progress = Progress(lambda: destination.shown)

        def notify(text: str) -> None:
            progress.end()
            _report(text)

        subscriber = Subscriber(access, channels, stop, notify, session=claim.session)
        started = time.monotonic()
        try:
            subscriber.connect()
            click.echo(
                f"recording {', '.join(access.prefix + channel for channel in channels)} of"
                f" {access.address} to {folder}, in the session {claim.session}"
            )
            record(subscriber, destination, notify, progress.show, counts)
        except Interrupted:
            pass
        finally:
            subscriber.close()
            progress.end()
            destination.close()
            claim.release()
            click.echo(f"stopped after {time.monotonic() - started:.1f} s: {_described(counts)}")


def _described(counts: Counts) -> str:
    text = f"{counts.kept} messages recorded"
    if counts.repeats:
        text += f", {counts.repeats} that came again left out"
    if counts.retained:
        text += f", {counts.retained} that the broker had retained left out"
    return text


def _report(text: str) -> None:
    click.echo(text, err=True)
