"""The table fits its terminal, and no number in it is cut."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from algo_service.watch.table import render
from tests.algo_service.watch.wire import NOTHING, Watching, fill, order, snapshot


def drawn(watching: Watching, width: int = 120, height: int = 40) -> list[str]:
    console = Console(width=width, height=height, color_system=None, legacy_windows=False)
    with console.capture() as captured:
        console.print(render(watching.board, "connected", width, height))
    return [line.rstrip() for line in captured.get().splitlines()]


def test_each_algorithm_has_its_figures_last_order_and_errors() -> None:
    """Each algorithm has its quote position figures last order and errors."""
    watching = Watching().at(1_700_000_000)
    watching.take("orders", order(1, "buy", 5.5, 100.0)).take("fills", fill(1, "buy", 5.5, 100.0))
    watching.take("portfolios", snapshot(1, 450.0, ("GOOG", 5.5, 100.0), ("BTC", 0.00012, 64000.0)))
    watching.take("errors", {"code": "not_json", "reason": "not JSON: x"}, "random")
    watching.take("portfolios", {"seq": 1, "quote_id": None, **NOTHING}, "idle")
    watching.take("portfolios", snapshot(1, 990.0, halt="max_drawdown: deep"), "sma_cross")
    lines = drawn(watching)
    titles, idle, random, more, cross = lines[2:7]
    assert re.split(" {2,}", titles) == [
        *("algorithm", "last quote", "at", "position", "equity", "profit", "last order", "errors"),
    ]
    assert idle.split() == ["idle", "-", "-", "-", "-", "-", "-", "0"]
    for text in ("GOOG 100.00", "5.5 GOOG", "1,007.68", "7.68", "buy 5.5 GOOG at 100.00"):
        assert text in random
    assert random.endswith("1")
    assert more.strip() == "0.00012 BTC"
    assert cross.split()[3:6] == ["flat", "990.00", "-10.00"]
    assert lines[-2:] == [
        "random, 1 error: not_json: not JSON: x",
        "sma_cross may not buy: max_drawdown: deep",
    ]


def test_before_the_first_message_the_table_says_that_there_is_none() -> None:
    assert drawn(Watching()) == ["connected", "", "no algorithm has published anything yet"]


@pytest.mark.parametrize("width", [10, 20, 40, 60, 80, 100, 200])
@pytest.mark.parametrize("height", [1, 4, 8, 24])
def test_it_is_never_wider_or_higher_than_the_terminal(width: int, height: int) -> None:
    watching = Watching()
    for number in range(30):
        name = f"名{number}" * (number % 5 + 1)
        watching.take("orders", order(1, "buy", 0.0, 123456.789, reason="too large" * 9), name)
        watching.take("portfolios", snapshot(1, 123456.78, ("GOOG", 12345.678, 100.0)), name)
        watching.take("errors", {"reason": "because " * 50}, name)
    lines = drawn(watching, width, height)
    assert len(lines) <= max(height, 4)
    assert all(cell_len(line) <= width for line in lines)


@pytest.mark.parametrize("width", [40, 50, 60, 70, 80, 90, 100, 120])
def test_a_narrow_terminal_does_without_columns_and_cuts_no_number(width: int) -> None:
    watching = Watching()
    watching.take("orders", order(1, "buy", 12345.678, 109.4))
    watching.take("portfolios", snapshot(1, 1234567.89, ("GOOG", 12345.678, 109.4)))
    lines = drawn(watching, width)
    assert "2,585,185.06" in lines[3]
    assert "2,584,185.06" in lines[3]
    assert "…" not in lines[3]


def test_algorithms_that_have_no_room_are_counted() -> None:
    watching = Watching()
    for number in range(30):
        watching.take("portfolios", snapshot(1, 1.0), f"algo{number:02}")
    lines = drawn(watching, 80, 10)
    assert len(lines) == 10
    assert lines[-1] == "and 24 more"


def test_a_snapshot_of_before_an_order_does_not_bring_back_an_older_price() -> None:
    watching = Watching().take("portfolios", snapshot(1, 500.0, ("GOOG", 5, 100.0)))
    watching.take("orders", order(4, "sell", 5, 80.0))
    watching.take("portfolios", snapshot(3, 500.0, ("GOOG", 5, 200.0)))
    assert watching.board.algorithms["random"].last_quote[:2] == ("GOOG", 80.0)
    watching.take("portfolios", snapshot(4, 900.0))
    assert watching.board.algorithms["random"].last_quote[:2] == ("GOOG", 80.0)


def test_a_repeated_snapshot_keeps_the_time_of_the_quote() -> None:
    """A snapshot that comes again after a reconnect keeps the time of the quote."""
    message = snapshot(1, 500.0, ("GOOG", 5, 100.0))
    watching = Watching().at(7).take("portfolios", message)
    watching.at(99).take("portfolios", message, retained=True)
    assert watching.board.algorithms["random"].last_quote == ("GOOG", 100.0, 7)


def test_more_algorithms_than_a_person_can_watch_are_not_kept() -> None:
    watching = Watching()
    for number in range(1_010):
        watching.take("portfolios", snapshot(1, 1.0), f"algo{number}")
    assert len(watching.board.algorithms) == 1_000
    assert watching.board.unreadable == 10
