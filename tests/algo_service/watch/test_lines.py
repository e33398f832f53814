"""Messages in, lines out."""

from __future__ import annotations

import json

import pytest
from rich.cells import cell_len

from algo_service import figures
from algo_service.watch.messages import Kind
from tests.algo_service.watch.wire import NOTHING, Watching, fill, order, snapshot

FLAT = "random  flat                                 equity   1,000.00  profit      0.00"


def started() -> Watching:
    """A watcher that saw the retained snapshot before the first quote."""
    watching = Watching().take("portfolios", snapshot(0, 1000.0), retained=True)
    assert watching.lines == [FLAT]
    watching.lines.clear()
    return watching.at(10)


def test_an_order_bears_the_figures_of_the_snapshot_of_its_quote() -> None:
    watching = started()
    watching.take("orders", order(1, "buy", 5, 100.0)).take("fills", fill(1, "buy", 5, 100.0))
    assert watching.lines == []
    watching.take("portfolios", snapshot(1, 500.0, ("GOOG", 5, 100.0)))
    assert watching.lines == [
        "random  buy           5 GOOG at 100.00       equity   1,000.00  profit      0.00"
    ]


def test_a_snapshot_of_before_the_order_does_not_count() -> None:
    """A snapshot of before the order does not count though its seq is higher."""
    watching = started()
    watching.take("portfolios", snapshot(1, 500.0, ("GOOG", 5, 100.0)))
    watching.lines.clear()
    watching.take("orders", order(4, "sell", 5, 80.0)).take("fills", fill(4, "sell", 5, 80.0))
    # was asked for before quote 4 was decided, and arrives after its order
    watching.take("portfolios", snapshot(3, 500.0, ("GOOG", 5, 200.0)))
    assert not any("sell" in line for line in watching.lines)
    watching.take("portfolios", snapshot(4, 900.0))
    assert watching.lines[-1] == (
        "random  sell          5 GOOG at 80.00        equity     900.00  profit   -100.00"
    )


def test_orders_that_share_a_snapshot_bear_the_figures_of_their_own_quotes() -> None:
    watching = started()
    watching.take("portfolios", snapshot(4, 1100.0))
    watching.lines.clear()
    for each in (
        ("orders", order(5, "buy", 5, 100.0)),
        ("fills", fill(5, "buy", 5, 100.0)),
        ("orders", order(6, "sell", 5, 120.0)),
        ("fills", fill(6, "sell", 5, 120.0)),
        ("portfolios", snapshot(7, 1200.0)),
    ):
        watching.take(*each)
    assert watching.lines == [
        "random  buy           5 GOOG at 100.00       equity   1,100.00  profit    100.00",
        "random  sell          5 GOOG at 120.00       equity   1,200.00  profit    200.00",
    ]


def test_a_snapshot_ahead_of_orders_does_not_change_their_figures() -> None:
    """A snapshot that is ahead of orders and fills does not make their figures wrong."""
    watching = started().take("portfolios", snapshot(9, 800.0, ("GOOG", 2, 100.0)))
    watching.lines.clear()
    # the snapshot shows the first of two equal buys
    for quote in (8, 12):
        watching.take("orders", order(quote, "buy", 2, 100.0))
        watching.take("fills", fill(quote, "buy", 2, 100.0))
    watching.take("portfolios", snapshot(13, 600.0, ("GOOG", 4, 110.0)))
    watching.take("portfolios", snapshot(14, 600.0, ("GOOG", 4, 110.0)))
    assert watching.lines == [
        "random  buy           2 GOOG at 100.00       equity   1,000.00  profit      0.00",
        "random  buy           2 GOOG at 100.00       equity   1,040.00  profit     40.00",
    ]


def test_a_snapshot_whose_cash_alone_fits_is_not_used() -> None:
    """A snapshot whose cash fits by chance and whose positions do not tells nothing."""
    watching = started().take("portfolios", snapshot(9, 800.0, ("GOOG", 2, 100.0)))
    watching.lines.clear()
    # the snapshot shows the first of two buys for the same amount
    for quote, quantity, price in ((8, 2, 100.0), (12, 4, 50.0)):
        watching.take("orders", order(quote, "buy", quantity, price))
        watching.take("fills", fill(quote, "buy", quantity, price))
    watching.take("portfolios", snapshot(13, 600.0, ("GOOG", 6, 50.0)))
    assert watching.lines == []
    watching.take("portfolios", snapshot(14, 600.0, ("GOOG", 6, 60.0)))
    assert [line[-35:] for line in watching.lines] == ["equity     960.00  profit    -40.00"] * 2


def test_without_fills_the_second_snapshot_after_an_order_counts() -> None:
    watching = started()
    watching.take("orders", order(1, "buy", 5, 100.0))
    watching.take("portfolios", snapshot(2, 1000.0))
    assert not any("buy" in line for line in watching.lines)
    watching.take("portfolios", snapshot(3, 500.0, ("GOOG", 5, 110.0)))
    assert watching.lines[-1] == (
        "random  buy           5 GOOG at 100.00       equity   1,050.00  profit     50.00"
    )


def test_an_order_without_a_snapshot_is_told_without_figures_in_the_end() -> None:
    watching = started().take("orders", order(1, "buy", 5, 100.0))
    watching.at(11.9)
    assert watching.lines == []
    watching.at(12)
    assert watching.lines == ["random  buy           5 GOOG at 100.00"]


def test_an_order_that_comes_again_is_not_told_again() -> None:
    watching = started()
    for _ in range(2):
        watching.take("orders", order(1, "buy", 5, 100.0)).take("fills", fill(1, "buy", 5, 100.0))
        watching.take("portfolios", snapshot(1, 500.0, ("GOOG", 5, 100.0)))
    assert len(watching.lines) == 1


def test_a_fill_at_a_later_quote_is_told_as_well() -> None:
    watching = started().take("orders", order(1, "buy", 5, 100.0))
    watching.take("portfolios", snapshot(1, 1000.0)).at(11)
    watching.take("fills", fill(2, "buy", 5, 101.0, of=1))
    watching.take("portfolios", snapshot(2, 495.0, ("GOOG", 5, 100.0)))
    assert watching.lines == [
        "random  buy           5 GOOG at 100.00       equity   1,000.00  profit      0.00",
        "random  bought        5 GOOG at 101.00       equity     995.00  profit     -5.00",
    ]


def test_a_refused_order_says_why_and_a_cut_one_that_it_is_cut() -> None:
    watching = started()
    reason = "max_drawdown: the equity of 890.00 is 11.00% below its peak of 1000.00"
    watching.take("orders", order(1, "buy", 0.0, 100.0, reason=reason))
    watching.take("orders", order(2, "buy", 1.0, 100.0, reason="max_order: 100.00"))
    watching.take("portfolios", snapshot(2, 900.0, ("GOOG", 1, 100.0)))
    assert watching.lines == [
        "random  no     buy of GOOG at 100.00: max_drawdown: the equity of 890.00 is 11.…",
        "random  buy           1 GOOG at 100.00       equity   1,000.00  profit      0.00",
        "random  cut    max_order: 100.00",
    ]


def test_an_error_says_its_code_and_reason() -> None:
    watching = started().take("errors", {"code": "not_json", "reason": "not JSON: garbage"})
    assert watching.lines == ["random  error  not_json: not JSON: garbage"]


def test_a_changing_portfolio_is_reported_once_a_second() -> None:
    """A portfolio that changes is told once a second and one that does not less often."""
    watching = started()
    for tenth in range(0, 30, 5):
        price = 100.0 + tenth
        watching.at(10 + tenth / 10)
        watching.take("portfolios", snapshot(tenth + 1, 500.0, ("GOOG", 5, price)))
    assert watching.lines == [
        "random  holds         5 GOOG at 100.00       equity   1,000.00  profit      0.00",
        "random  holds         5 GOOG at 110.00       equity   1,050.00  profit     50.00",
        "random  holds         5 GOOG at 120.00       equity   1,100.00  profit    100.00",
    ]
    watching.lines.clear()
    for second in range(20, 42):
        watching.at(second).take("portfolios", snapshot(second + 100, 1000.0))
    assert watching.lines == [FLAT] * 3


def test_several_positions_are_counted_and_the_largest_is_shown() -> None:
    watching = started()
    watching.take(
        "portfolios", snapshot(1, 0.0, ("BTC", 0.00012, 64000.0), ("GOOG", 9.9232, 100.0))
    )
    assert watching.lines == [
        "random  holds    9.9232 GOOG at 100.00 +1    equity   1,000.00  profit      0.00"
    ]


@pytest.mark.parametrize(
    ("sid", "price", "line"),
    [
        (
            "BTCUSDT",
            64123.4567,
            "random  buy 0.0077975 BTCUSDT at 64,123.457  equity 1,000.00  profit 0.00",
        ),
        (
            "1000000SHIBUSDT-PERPETUAL",
            0.000080123456,
            "random  buy 6,240,369.86 100000… at 0.000080123456  equity 1,000.00  profit 0.00",
        ),
    ],
)
def test_what_is_too_wide_for_its_columns_gives_them_up(sid: str, price: float, line: str) -> None:
    watching = started()
    quantity = 500 / price
    watching.take("orders", order(1, "buy", quantity, price, sid))
    watching.take("portfolios", snapshot(1, 500.0, (sid, quantity, price)))
    assert watching.lines == [line]


def test_orders_have_the_figures_of_the_snapshot_that_shows_them() -> None:
    """Orders of several instruments bear the figures of the snapshot that shows them."""
    watching = started().take("portfolios", snapshot(1, 500.0, ("AAPL", 5, 100.0)))
    watching.lines.clear()
    watching.take("portfolios", snapshot(2, 500.0, ("AAPL", 5, 100.0)))
    watching.take("orders", order(3, "buy", 1, 100.0)).take("fills", fill(3, "buy", 1, 100.0))
    # the price of AAPL has changed, before or after the order
    watching.take("portfolios", snapshot(5, 400.0, ("AAPL", 5, 110.0), ("GOOG", 1, 101.0)))
    assert watching.lines == [
        "random  buy           1 GOOG at 100.00       equity   1,051.00  profit     51.00"
    ]


def test_a_sale_of_a_flatten_is_told_when_it_is_placed_and_when_it_fills() -> None:
    watching = started().take("portfolios", snapshot(1, 500.0, ("GOOG", 5, 100.0)))
    watching.lines.clear()
    placed = {"id": "random:commands/random:f1:0", "quote_id": "f1"}
    watching.take("orders", {**order(1, "sell", 5, 100.0), **placed})
    watching.take("portfolios", snapshot(2, 500.0, ("GOOG", 5, 100.0), halt="halted by anna: out"))
    watching.take("fills", {**fill(3, "sell", 5, 110.0), "order_id": placed["id"]})
    watching.take("portfolios", snapshot(3, 1050.0, halt="halted by anna: out"))
    assert watching.lines == [
        "random  stop   halted by anna: out",
        "random  sell          5 GOOG at 100.00       equity   1,050.00  profit     50.00",
        "random  sold          5 GOOG at 110.00       equity   1,050.00  profit     50.00",
    ]


def test_a_fill_beside_its_order_is_told_once_whatever_quote_they_are_placed_at() -> None:
    watching = started()
    kept = {"quote_id": "1"}
    watching.take("orders", {**order(2, "buy", 5, 100.0), **kept})
    watching.take("fills", {**fill(2, "buy", 5, 100.0), **kept})
    watching.take("portfolios", snapshot(2, 500.0, ("GOOG", 5, 100.0)))
    watching.take("portfolios", snapshot(3, 500.0, ("GOOG", 5, 100.0)))
    assert [line.split()[1] for line in watching.lines] == ["buy"]


def test_a_halt_is_told_when_it_begins_and_ends() -> None:
    watching = started()
    watching.take("portfolios", snapshot(1, 900.0, halt="max_drawdown: too deep"))
    watching.take("portfolios", snapshot(1, 900.0))
    assert watching.lines[::2] == [
        "random  stop   max_drawdown: too deep",
        "random  stop   over: it may buy again",
    ]


def test_a_snapshot_with_a_lower_seq_is_ignored_and_reported_once() -> None:
    """A snapshot with a lower seq is ignored and told once where it is published now."""
    watching = started().take("portfolios", snapshot(9, 1100.0))
    watching.lines.clear()
    watching.take("portfolios", snapshot(5, 1.0), retained=True)
    assert watching.lines == []
    watching.take("portfolios", snapshot(5, 1.0)).take("portfolios", snapshot(6, 1.0))
    assert watching.lines == [
        "random  error  seq 5 after 9: an older portfolio is ignored",
    ]
    assert watching.board.algorithms["random"].snapshot.equity == 1100.0


def test_an_algorithm_without_a_portfolio_has_no_figures() -> None:
    watching = Watching().take("portfolios", {"seq": 1, "quote_id": None, **NOTHING})
    assert watching.lines == ["random                  no portfolio yet"]


GARBAGE = [
    b"",
    b"\xff\xfe",
    b"garbage",
    b"[]",
    b"null",
    b"1" * 5000,
    b"[" * 100_000,
    b'{"seq": NaN}',
    b'{"seq": "1"}',
    b'{"seq": true}',
    b'{"seq": 1e999}',
    b'{"seq": ' + b"9" * 400 + b"}",
    b'{"seq": 1, "positions": []}',
    b'{"seq": 1, "positions": {"A": null}}',
    b'{"seq": 1, "positions": {"A": {"quantity": 1}}}',
    b'{"seq": 1, "equity": "much"}',
    b'{"id": 1}',
    json.dumps({**order(1, "buy", 1, 1.0), "price": None}).encode(),
]


@pytest.mark.parametrize("kind", ["orders", "fills", "errors", "portfolios"])
@pytest.mark.parametrize("payload", GARBAGE, ids=lambda payload: repr(payload[:30]))
def test_garbage_is_counted_and_changes_nothing(payload: bytes, kind: str) -> None:
    watching = started().take(kind, payload)
    assert watching.lines == []
    assert watching.board.unreadable == 1


EVIL = "\x1b[2J\x9b1m\u202e\x07\r\n"


def test_nothing_from_the_wire_controls_the_terminal() -> None:
    watching = Watching()
    watching.take("orders", order(1, EVIL, 0.0, 1.0, sid=EVIL, reason=EVIL), EVIL)
    watching.take("orders", order(2, EVIL, 1.0, 1.0, sid=EVIL), EVIL)
    watching.take("fills", fill(3, EVIL, 1.0, 1.0, sid=EVIL, of=2), EVIL)
    watching.take("errors", {"code": EVIL, "reason": EVIL}, EVIL)
    watching.take("portfolios", snapshot(2, 1.0, (EVIL, 1, 1.0), halt=EVIL), EVIL)
    watching.at(100)
    assert len(watching.lines) >= 5
    for line in watching.lines:
        assert line.isprintable(), line


LONG = ["x" * 300, "名" * 100, "🐍" * 100]


@pytest.mark.parametrize("name", LONG, ids=["Latin", "Chinese", "emoji"])
@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e9, 1e14, 1e200])
def test_no_line_is_wider_than_80_columns_and_no_number_is_cut(name: str, scale: float) -> None:
    watching = Watching()
    watching.take("orders", order(1, "buy", scale / 3, scale / 7, sid=name), name)
    watching.take("portfolios", snapshot(1, scale / 9, (name, scale / 3, 1 / 7)), name)
    watching.take("orders", order(2, "buy", 0, scale / 7, sid=name, reason=name), name)
    watching.take("errors", {"reason": name}, name)
    assert len(watching.lines) >= 4
    for line in watching.lines:
        assert cell_len(line) <= 80, line
    text = "\n".join(watching.lines)
    assert figures.quantity(scale / 3) in text
    assert figures.price(scale / 7) in text
    equity = scale / 9 + scale / 3 / 7
    assert figures.money(equity, equity) in text


def test_without_a_position_a_line_shows_the_last_quote() -> None:
    watching = started()
    last = {"sid": "GOOG", "price": 101.5, "ts": None}
    watching.take("portfolios", snapshot(5, 1000.0) | {"last": last})
    assert watching.lines == [
        "random  flat            GOOG at 101.50       equity   1,000.00  profit      0.00"
    ]


def test_arrays_of_orders_and_fills_are_read_as_their_elements() -> None:
    """Arrays, as of a bridge with --batch-outputs, lead to the lines of single messages."""
    orders = [order(1, "buy", 5, 100.0), order(2, "sell", 5, 120.0)]
    fills = [fill(1, "buy", 5, 100.0), fill(2, "sell", 5, 120.0)]
    single, arrays = started(), started()
    for each in orders:
        single.take("orders", each)
    for each in fills:
        single.take("fills", each)
    arrays.take("orders", orders).take("fills", fills)
    for watching in (single, arrays):
        watching.take("portfolios", snapshot(2, 1100.0))
    assert len(single.lines) == 2
    assert arrays.lines == single.lines


@pytest.mark.parametrize(
    ("kind", "payload"),
    [("orders", [order(1, "buy", 5, 100.0), 7]), ("orders", [[]]), ("errors", [{"reason": "x"}])],
)
def test_an_array_with_anything_else_or_on_another_topic_is_not_read(
    kind: Kind, payload: list[object]
) -> None:
    watching = started().take(kind, payload)
    assert watching.board.unreadable == 1
    assert watching.lines == []
