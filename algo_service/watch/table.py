"""What is known of all algorithms, as a table that fits the terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from algo_service import figures
from algo_service.watch.lines import fit
from algo_service.watch.state import Algorithm, Board

_MAX_POSITIONS = 3
_MAX_NAME = 24
_MAX_SID = 16
_UNKNOWN = "-"


class _Column(NamedTuple):
    title: str
    cell: Callable[[Algorithm], str]
    is_number: bool = False


def _last_quote(algorithm: Algorithm) -> str:
    last = algorithm.last_quote
    return f"{fit(last.sid, _MAX_SID)} {figures.price(last.price)}" if last else _UNKNOWN


def _time(algorithm: Algorithm) -> str:
    at = algorithm.last_quote.at if algorithm.last_quote else None
    return _UNKNOWN if at is None else time.strftime("%H:%M:%S", time.localtime(at))


def _positions(algorithm: Algorithm) -> str:
    snapshot = algorithm.snapshot
    if snapshot is None or snapshot.equity is None:
        return _UNKNOWN
    shown = [
        f"{figures.quantity(held.quantity)} {fit(held.sid, _MAX_SID)}"
        for held in snapshot.positions[:_MAX_POSITIONS]
    ]
    more = len(snapshot.positions) - len(shown)
    return "\n".join(shown + [f"+{more} more"] * bool(more)) or "flat"


def _equity(algorithm: Algorithm) -> str:
    equity = algorithm.snapshot.equity if algorithm.snapshot else None
    return _UNKNOWN if equity is None else figures.money(equity, equity)


def _profit(algorithm: Algorithm) -> str:
    snapshot = algorithm.snapshot
    if snapshot is None or snapshot.profit is None:
        return _UNKNOWN
    return figures.money(snapshot.profit, snapshot.equity or 0)


def _last_order(algorithm: Algorithm) -> str:
    order = algorithm.last_order
    if order is None:
        return _UNKNOWN
    what = figures.quantity(order.quantity)
    if order.reason and not order.quantity:
        what = "refused:"
    return f"{order.side} {what} {fit(order.sid, _MAX_SID)} at {figures.price(order.price)}"


_COLUMNS = (
    _Column("algorithm", lambda algorithm: fit(algorithm.name, _MAX_NAME)),
    _Column("last quote", _last_quote),
    _Column("at", _time),
    _Column("position", _positions),
    _Column("equity", _equity, is_number=True),
    _Column("profit", _profit, is_number=True),
    _Column("last order", _last_order),
    _Column("errors", lambda algorithm: str(algorithm.failures), is_number=True),
)
# What a narrow terminal does without, first the first. A column is left out whole: a number that
# is cut is another number.
_DISPENSABLE = ("at", "last order", "errors", "last quote", "position")
_PADDING = 2


def render(board: Board, status: str, width: int, height: int) -> RenderableType:
    """Return the table with a status line above, and what went wrong below.

    Rows that are too many for the height are counted instead.
    """
    algorithms = sorted(board.algorithms.values(), key=lambda algorithm: algorithm.name)
    remarks = _remarks(algorithms, board)
    heights = [1 + _positions(algorithm).count("\n") for algorithm in algorithms]
    # status, an empty line, the titles; half of what is left at most is for remarks
    room = max(height - 3, 1)
    remarks = remarks[: max(room - sum(heights) - 1, room // 2, 0)]
    room -= len(remarks) + bool(remarks)
    shown = _fitting(heights, room)
    lines: list[RenderableType] = [_line(status, width, "bold"), Text("")]
    if algorithms:
        lines.append(_table(algorithms[:shown], width))
    else:
        lines.append(_line("no algorithm has published anything yet", width, "dim"))
    if shown < len(algorithms):
        lines.append(_line(f"and {len(algorithms) - shown} more", width, "dim"))
    if remarks:
        lines.append(Text(""))
        lines += [_line(remark, width, "yellow") for remark in remarks]
    return Group(*lines)


def _fitting(heights: Sequence[int], room: int) -> int:
    if sum(heights) <= room:
        return len(heights)
    shown = 0
    room -= 1  # for how many there are more
    for height in heights:
        room -= height
        if room < 0:
            break
        shown += 1
    return shown


def _table(algorithms: Sequence[Algorithm], width: int) -> Table:
    cells = {column.title: [column.cell(each) for each in algorithms] for column in _COLUMNS}
    widths = {
        title: max(cell_len(line) for text in [title, *texts] for line in text.split("\n"))
        for title, texts in cells.items()
    }
    for title in _DISPENSABLE:
        if sum(widths.values()) + _PADDING * (len(widths) - 1) <= width:
            break
        del widths[title]
    table = Table(box=None, padding=(0, _PADDING, 0, 0), pad_edge=False, header_style="dim")
    columns = [column for column in _COLUMNS if column.title in widths]
    for column in columns:
        table.add_column(
            column.title, no_wrap=True, justify="right" if column.is_number else "left"
        )
    for row, algorithm in enumerate(algorithms):
        table.add_row(
            *(Text(cells[column.title][row], _style(column, algorithm)) for column in columns)
        )
    return table


def _style(column: _Column, algorithm: Algorithm) -> str:
    profit = algorithm.snapshot.profit if algorithm.snapshot else None
    if column.title == "profit" and profit:
        return "green" if profit > 0 else "red"
    return "yellow" if column.title == "errors" and algorithm.failures else ""


def _remarks(algorithms: Sequence[Algorithm], board: Board) -> list[str]:
    remarks = []
    for each in algorithms:
        if each.snapshot and each.snapshot.halt:
            remarks.append(f"{each.name} may not buy: {each.snapshot.halt}")
        if each.last_order and each.last_order.reason:
            remarks.append(f"{each.name}, last order: {each.last_order.reason}")
        if each.last_failure:
            count = "1 error" if each.failures == 1 else f"{each.failures} errors, the last"
            remarks.append(f"{each.name}, {count}: {each.last_failure.reason}")
        if each.showed_restart:
            remarks.append(f"{each.name}: portfolios with a lower seq come, and are ignored")
    if board.unreadable:
        remarks.append(f"messages that could not be read: {board.unreadable}")
    return remarks


def _line(text: str, width: int, style: str) -> Text:
    return Text(fit(text, width), style, no_wrap=True)
