"""`market-data replay`."""

from __future__ import annotations

import logging
import math
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from market_data.command_line import warn_if_listed
from market_data.commands.read_options import read_options, taken
from market_data.commands.skips import SkipReporter, report
from market_data.commands.telling import listen, stats_of
from market_data.errors import FeedError, StateFileError
from market_data.feeds.feed import Feed, open_feed
from market_data.feeds.quote import Quote
from market_data.mqtt.address import check_topic
from market_data.mqtt.options import mqtt_options, taken_access
from market_data.mqtt.publisher import Publisher
from market_data.replay.metrics import add_replay_metrics
from market_data.replay.readiness import await_ready
from market_data.replay.replay import Message, Pace, messages, read_ahead, replay
from market_data.replay.state import Cursor, Mark, State, read_state
from market_data.stopping import Interrupted, Stop
from market_data.url import check_url
from telemetry.addresses import holds_password
from telemetry.log_option import log_option
from telemetry.options import HttpAddress, http_option
from telemetry.part import Part

log = logging.getLogger(__name__)

_OWN_TOPICS = "the recorded topics"
_PAGE = "http://host[:port]/… or https://…"

# Seconds that a stopped replay waits for the broker to confirm what was sent.
_PATIENCE = 0.5


def _check_rate(_context: click.Context, _option: click.Parameter, rate: float) -> float:
    if not (math.isfinite(rate) and rate > 0):
        raise click.BadParameter(f"{rate:g} is not a number above 0.")
    return rate


@click.command("replay")
@click.argument("sources", metavar="FILE|SAMPLE|URL…", nargs=-1, required=True)
@read_options("MARKET_DATA")
@mqtt_options("MARKET_DATA")
@click.option(
    "--topic",
    envvar="MARKET_DATA_TOPIC",
    show_envvar=True,
    default="quotes",
    show_default=True,
    help="Where to publish; what a recorder has kept by default on the topics that it has.",
)
@click.option(
    "--rate",
    type=float,
    callback=_check_rate,
    envvar="MARKET_DATA_RATE",
    show_envvar=True,
    default=10.0,
    show_default=True,
    help="Quotes per second.",
)
@click.option(
    "--max",
    "at_most",
    is_flag=True,
    envvar="MARKET_DATA_MAX",
    show_envvar=True,
    help="As fast as it goes.",
)
@click.option(
    "--loop",
    is_flag=True,
    envvar="MARKET_DATA_LOOP",
    show_envvar=True,
    help="Start again at the end.",
)
@click.option(
    "--run",
    metavar="TEXT",
    envvar="MARKET_DATA_RUN",
    show_envvar=True,
    help="Part of every quote's id; by default the time of the start.",
)
@click.option(
    "--state",
    metavar="FILE",
    envvar="MARKET_DATA_STATE",
    show_envvar=True,
    help="Keeps how far the run has come: started again after a crash, it continues from there.",
)
@click.option(
    "--when-ready",
    metavar="URL",
    envvar="MARKET_DATA_WHEN_READY",
    show_envvar=True,
    help="Wait until this page answers 200 before the first quote; if it answers 409, the page"
    " belongs to another run, and the replay ends.",
)
@http_option("MARKET_DATA")
@log_option("replay")
@click.pass_context
def replay_command(
    context: click.Context,
    /,
    sources: tuple[str, ...],
    topic: str,
    rate: float,
    at_most: bool,
    loop: bool,
    run: str | None,
    state: str | None,
    when_ready: str | None,
    http: HttpAddress | None,
    **options: Any,
) -> None:
    """Publish price history as quotes, that of several sources in the order of time.

    A source is the name of a sample; a file that ends in .csv, .parquet, or .jsonl (a recording of
    quotes, one per line), with .gz or .zst behind it if it is compressed; a database, which is a
    file that ends in .db or .sqlite or a URL such as postgresql://HOST/NAME, with a --query. The
    layouts of yfinance, Yahoo, Binance, Alpha Vantage, Stooq, MetaTrader, HistData, NinjaTrader and
    CryptoDataDownload are recognised.
    """
    if at_most and _origin(context, "rate") is _origin(context, "at_most"):
        raise click.UsageError("--rate and --max exclude each other.")
    # an option of the command line wins over one of the environment
    unpaced = at_most and _origin(context, "rate") is not ParameterSource.COMMANDLINE
    stop = Stop()
    if any(map(holds_password, sources)):
        what = "the password in the URL of a database"
        warn_if_listed("sources", what, "a file of the database's client, such as ~/.pgpass")
    skips = SkipReporter(several=len(sources) > 1)
    feed: Feed | None = None
    reported = 0
    try:
        with stop.on_signals():
            access = taken_access(options)
            # the state keeps the topic without the prefix, and so do quotes
            full_topic = check_topic(access.prefix + check_topic(topic))
            publisher: Publisher[Mark] = Publisher(access, full_topic, stop, report)
            readiness = _Readiness(publisher)
            page = check_url(when_ready, ("http", "https"), _PAGE) if when_ready else None
            feed = open_feed(sources, on_skip=skips, **taken(options))
            recordings: frozenset[str] = frozenset()
            if _origin(context, "topic") is ParameterSource.DEFAULT:
                with stop.interruptible():
                    recordings = feed.recordings

            def topic_of(quote: Quote) -> str | None:
                if quote.recorded is None or quote.source not in recordings:
                    return None
                channel = quote.recorded.channel
                return None if channel is None else access.prefix + channel

            # a run whose quotes have topics of their own does not go on with one for all
            kept_topic = _OWN_TOPICS if recordings else topic
            before = read_state(Path(state), feed.name, kept_topic, run) if state else None
            now = before or State(feed.name, kept_topic, run or _time_of_start())
            part = Part("replay", now.run, readiness.missing, stop.stalled)
            add_replay_metrics(part.registry, publisher, skips.counts)
            publisher.broadcast = stats_of(part, access.prefix)
            listen(part, http)
            with stop.interruptible():
                published = messages(
                    feed, now.run, loop=loop, start=now.again_from, topic_of=topic_of
                )
                texts = read_ahead(published)
            speed = "as fast as it goes" if unpaced else f"{rate:g} per second"
            where = _OWN_TOPICS if recordings else full_topic
            destination = f"to {where} on {access.address}, {speed}"
            if before is None:
                log.info("replaying %s as run %s %s", _described(feed), now.run, destination)
            else:
                log.info("%s", _continuing(before, feed, str(state), destination, loop=loop))
            reported = len(feed.quality.report().notes)
            for note in feed.quality.report().notes:
                log.info("%s", note)
            cursor = Cursor(Path(state), now, publisher, time.monotonic) if state else None
            if page:
                readiness.holds = f"{page} is not ready"
                await_ready(page, stop, report)
            readiness.holds = ""
            publisher.connect()
            pace = None if unpaced else Pace(rate, time.monotonic)
            length = None if loop else _length(feed, now)
            _publish(texts, publisher, pace, stop, length, cursor, now.confirmed)
    except Interrupted:
        log.info("stopped before the first quote")
    finally:
        for line in feed.quality.report().lines()[reported:] if feed else ():
            report(line)


class _Readiness:
    """Why no quote can be published just now; `holds` is why the replay has not begun."""

    def __init__(self, publisher: Publisher[Mark]):
        self.holds = "the first quote is not read yet"
        self._publisher = publisher

    def missing(self) -> list[str]:
        return [holds] if (holds := self.holds) else self._publisher.missing()


def _origin(context: click.Context, parameter: str) -> ParameterSource | None:
    return context.get_parameter_source(parameter)


def _time_of_start() -> str:
    # to the millisecond, so that two replays started together have ids of their own
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}"[:-3] + "Z"


def _continuing(state: State, feed: Feed, file: str, destination: str, *, loop: bool) -> str:
    number, row = state.again_from
    where = f"{'row' if feed.is_in_rows else 'quote'} {row}"
    if number > 1:
        where += f" of pass {number}"
    if state.complete and not loop:
        return (
            f"run {state.run} of {feed.name} is complete (delete {file} to replay it again);"
            f" publishing again from {where}, which the broker may have forgotten, {destination}"
        )
    return f"continuing run {state.run} from {where} of {_described(feed)}, {destination}"


def _described(feed: Feed) -> str:
    sources = ", ".join(
        f"{source.name}: {source.sample.rows} quotes of {source.sample.sid}"
        if source.sample
        else str(source)
        for source in feed.sources
    )
    return f"{sources}, in bars of {feed.interval.name}," if feed.interval else sources


def _length(feed: Feed, state: State) -> int | None:
    samples = [source.sample for source in feed.sources if source.sample]
    if len(samples) < len(feed.sources) or feed.interval:
        return None
    return sum(sample.rows for sample in samples) - state.again_from.row + 1


def _publish(
    feed: Iterator[Message],
    publisher: Publisher[Mark],
    pace: Pace | None,
    stop: Stop,
    length: int | None,
    cursor: Cursor | None,
    known: Mark | None,
) -> None:
    started = time.monotonic()
    bar: AbstractContextManager[Iterator[Message]] = nullcontext(feed)
    if sys.stdout.isatty():
        # drawing a bar takes longer than publishing a quote
        steps = 100 if pace is None else 1
        bar = click.progressbar(feed, length=length, update_min_steps=steps, show_pos=True)
    advance = cursor.advance if cursor else lambda: None
    try:
        with bar as shown:
            replay(shown, publisher, pace, stop, known=known, on_progress=advance)
    except (Interrupted, FeedError) as end:
        publisher.settle(_PATIENCE)
        counts = f"{publisher.published} quotes published, {publisher.confirmed} confirmed"
        log.info("stopped after %.1f s: %s", time.monotonic() - started, counts)
        if cursor and not isinstance(end, StateFileError):
            cursor.save()
        if isinstance(end, FeedError):
            raise
    else:
        if cursor:
            cursor.save(complete=True)
        lasted = time.monotonic() - started
        log.info("sent %d quotes in %.1f s", publisher.confirmed, lasted)
    finally:
        publisher.close()
