"""`market-data record`."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import click

from market_data.command_line import warn_if_listed
from market_data.commands.telling import listen, stats_of
from market_data.errors import MissingPackageError
from market_data.mqtt.address import check_filters
from market_data.mqtt.options import mqtt_options, taken_access
from market_data.mqtt.subscriber import Subscriber
from market_data.record.claim import Claim
from market_data.record.destination import Destination
from market_data.record.folder import MAX_SEGMENT_BYTES, Folder
from market_data.record.metrics import add_record_metrics
from market_data.record.progress import Progress
from market_data.record.recorder import Counts, record
from market_data.stopping import Interrupted, Stop
from telemetry.addresses import holds_password, without_password
from telemetry.log_option import log_option
from telemetry.options import HttpAddress, http_option
from telemetry.part import Part

log = logging.getLogger(__name__)

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
    envvar="MARKET_DATA_OUT",
    show_envvar=True,
    help="Keep it in this folder; continued if a recorder has written it before.",
)
@click.option(
    "--to",
    metavar="URL",
    envvar="MARKET_DATA_TO",
    show_envvar=True,
    help="Keep it in a table of this database: postgresql://HOST/NAME, or sqlite:///FILE.",
)
@click.option(
    "--table",
    metavar="NAME",
    envvar="MARKET_DATA_TABLE",
    show_envvar=True,
    default="messages",
    show_default=True,
    help="The table of --to; made if it is not there.",
)
@click.option(
    "--session",
    metavar="NAME",
    envvar="MARKET_DATA_SESSION",
    show_envvar=True,
    help="The client's id at the broker, which keeps what comes while the recorder is away; by"
    " default one that the folder remembers, or that is made of the database and the table.",
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
@http_option("MARKET_DATA")
@log_option("record")
def record_command(
    channels: tuple[str, ...],
    out: str | None,
    to: str | None,
    table: str,
    session: str | None,
    part: float,
    http: HttpAddress | None,
    **options: Any,
) -> None:
    """Record what is published, until SIGINT or SIGTERM.

    Each message is kept, with its topic and the time of its arrival, before it is acknowledged. A
    folder is read by `market-data replay` and `algo-service backtest`, and its Parquet files by
    DuckDB, Polars and pandas; a table by both with --query.
    """
    if bool(out) == bool(to):
        raise click.UsageError("expected one of --out FOLDER and --to URL.")
    stop, counts = Stop(), Counts()
    with stop.on_signals(), ExitStack() as stack:
        access = taken_access(options)
        check_filters(channels)
        if out:
            kept = stack.enter_context(_in_folder(Path(out), session or None, part))
        else:
            if holds_password(str(to)):
                warn_if_listed("to", "the password in --to", "the variable MARKET_DATA_TO")
            kept = stack.enter_context(_in_table(str(to), table or "messages", session or None))
        progress = Progress(kept.shown)

        def notify(text: str) -> None:
            progress.end()
            _report(text)

        subscriber = Subscriber(
            access,
            channels,
            stop,
            notify,
            session=kept.session,
            is_continued=kept.is_continued,
        )

        def missing() -> list[str]:
            faults = [counts.fault] if counts.fault else []
            return [*subscriber.link.missing(), *faults, *kept.destination.missing()]

        telling = Part("record", kept.session, missing, stop.stalled)
        add_record_metrics(telling.registry, subscriber, counts, Path(out) if out else None)
        subscriber.broadcast = stats_of(telling, access.prefix)
        listen(telling, http)
        started = time.monotonic()
        try:
            subscriber.connect()
            log.info(
                "recording %s of %s to %s, in the session %s",
                ", ".join(access.prefix + channel for channel in channels),
                access.address,
                kept.destination,
                kept.session,
            )
            record(subscriber, kept.destination, notify, progress.show, counts)
        except Interrupted:
            pass
        finally:
            subscriber.close()
            progress.end()
            kept.destination.close()
            log.info("stopped after %.1f s: %s", time.monotonic() - started, _described(counts))


class _Kept(NamedTuple):
    """Where messages are kept, in which session, and what a terminal shows of it."""

    destination: Destination
    session: str
    is_continued: bool
    """Whether an earlier start is known to have had this session."""
    shown: Callable[[], str]


@contextmanager
def _in_folder(folder: Path, session: str | None, part: float) -> Iterator[_Kept]:
    if find_spec("pyarrow") is None:
        raise MissingPackageError(str(folder), "pyarrow", doing="recording to")
    claim = Claim(folder, session)
    try:
        destination = Folder(folder, _report, int(part * _MIB) or 1)
        yield _Kept(destination, claim.session, claim.is_continued, lambda: destination.shown)
    finally:
        claim.release()


@contextmanager
def _in_table(url: str, name: str, session: str | None) -> Iterator[_Kept]:
    try:
        # the folder does without SQLAlchemy
        from market_data.record.table import Table
    except ModuleNotFoundError:
        raise MissingPackageError(
            without_password(url), "SQLAlchemy", doing="recording to"
        ) from None
    shown = without_password(url)
    # the same at every start, and another one of another table
    digest = blake2b(f"{shown} {name}".encode(), digest_size=4).hexdigest()
    yield _Kept(Table(url, shown, name, _report), session or f"record-{digest}", False, str)


def _described(counts: Counts) -> str:
    text = f"{counts.kept} messages recorded"
    if counts.repeats:
        text += f", {counts.repeats} that came again left out"
    if counts.retained:
        text += f", {counts.retained} that the broker had retained left out"
    return text


def _report(text: str) -> None:
    log.warning("%s", text)
