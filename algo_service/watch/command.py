"""Shows what algorithms do until a signal ends it: in a terminal a table, elsewhere lines."""

from __future__ import annotations

import math
import secrets
import sys
import time
from collections.abc import Iterable
from typing import Protocol

import click
from rich.console import Console
from rich.live import Live

from algo_service.watch.lines import Lines
from algo_service.watch.messages import KINDS, Kind
from algo_service.watch.state import Board, Event
from algo_service.watch.subscriber import Subscriber
from algo_service.watch.table import render
from market_data.mqtt.access import BrokerAccess
from market_data.mqtt.connection import SLICE
from market_data.mqtt.metrics import add_broker_metrics
from market_data.stopping import Interrupted, Stop
from telemetry.http import HttpServer
from telemetry.options import HttpAddress
from telemetry.part import Part
from telemetry.readings import Readings

# Seconds between two drawings of the table.
_REDRAW = 0.25


class _View(Protocol):
    """Shows events. `run` calls `begin` first and `end` last, all on one thread."""

    def begin(self) -> None: ...
    def notice(self, text: str) -> None: ...
    def show(self, events: Iterable[Event]) -> None: ...
    def refresh(self) -> None: ...
    def end(self) -> None: ...


class LineView:
    """Prints a line for each event."""

    def __init__(self) -> None:
        self._lines = Lines()

    def begin(self) -> None:
        """Print nothing: nothing has happened yet."""

    def notice(self, text: str) -> None:
        """Print a sentence about the broker."""
        click.echo(self._lines.notice(text))

    def show(self, events: Iterable[Event]) -> None:
        """Print the lines for events."""
        for event in events:
            for line in self._lines.of(event, time.time()):
                click.echo(line)

    def refresh(self) -> None:
        """Print nothing more."""

    def end(self) -> None:
        """Print nothing more."""


class TableView:
    """Draws the table on the terminal's other screen, and leaves its last state on the first."""

    def __init__(self, board: Board, status: str):
        self._board = board
        self._status = status
        self._console = Console(highlight=False, markup=False, emoji=False)
        self._live = Live(console=self._console, screen=True, auto_refresh=False)
        self._is_changed = True
        self._drawn_at = -math.inf
        self._size = self._console.size

    def begin(self) -> None:
        """Turn to the other screen."""
        self._live.start()
        self.refresh()

    def notice(self, text: str) -> None:
        """Show a sentence about the broker above the table, at once."""
        self._status = text
        self._draw()

    def show(self, events: Iterable[Event]) -> None:  # noqa: ARG002 - the board has it all
        """Draw the table again soon."""
        self._is_changed = True

    def refresh(self) -> None:
        """Draw what has changed, the size of the terminal included, but not too often."""
        is_due = self._is_changed and time.monotonic() >= self._drawn_at + _REDRAW
        if is_due or self._console.size != self._size:
            self._draw()

    def end(self) -> None:
        """Turn back to the first screen."""
        self._live.stop()
        width = self._console.width
        self._console.print(render(self._board, self._status, width, sys.maxsize))

    def _draw(self) -> None:
        self._size = self._console.size
        table = render(self._board, self._status, self._size.width, self._size.height)
        self._live.update(table, refresh=True)
        self._is_changed = False
        self._drawn_at = time.monotonic()


def run(access: BrokerAccess, http: HttpAddress | None) -> None:
    """Watch until SIGINT or SIGTERM.

    :param http: where it answers /metrics, /healthz and /readyz; None for nowhere.
    :raises ListenError: if one cannot listen there.
    :raises FeedError: if the broker will not take this client.
    """
    stop, board = Stop(), Board()
    # a name from the wire may hold what the encoding of stdout has not
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    view: _View = LineView()
    if sys.stdout.isatty() and not Console().is_dumb_terminal:
        view = TableView(board, f"watching {access.address}")

    def receive(kind: Kind, name: str, payload: bytes, retained: bool) -> None:
        view.show(board.take(kind, name, payload, time.time(), retained=retained))

    subscriber = Subscriber(access, KINDS, stop, view.notice, receive, name="watch")
    if http is not None:
        _listen(http, stop, subscriber)
    with stop.on_signals():
        view.begin()
        try:
            while True:
                subscriber.turn(SLICE)
                if overdue := board.overdue(time.time()):
                    view.show(overdue)
                view.refresh()
        except Interrupted:
            view.show(board.overdue(math.inf))
        finally:
            subscriber.close()
            view.end()


def _listen(http: HttpAddress, stop: Stop, subscriber: Subscriber[Kind]) -> None:
    # its name is its own: several may watch one broker
    part = Part("watch", secrets.token_hex(4), subscriber.link.missing, stop.stalled)
    add_broker_metrics(Readings(part.registry), subscriber.link)
    HttpServer(part, http)  # it ends with the process
