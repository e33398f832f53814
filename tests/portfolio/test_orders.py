"""Orders and fills are built in one place each, and every field is where its name says."""

from __future__ import annotations

from portfolio import Fill, Order
from portfolio.accounting.orders import filled, placed

DATA = {"sid": "GOOG", "quote": 100.0, "id": "7", "channel": "quotes", "ts": "2024-01-10"}
ORDER = Order(
    id="algo:quotes:8:2", algo="algo", sid="IBM", side="buy", kind="market", quantity=3.0,
    price=100.0, amount=300.0, ts="2024-01-10", quote_id="7", asked=500.0, reason="max_order: …",
)  # fmt: skip


def test_an_order_has_every_field_by_its_name() -> None:
    order = placed(
        "algo:quotes:8", 2, "algo", DATA, "IBM", "buy", 3.0, 100.0, 300.0, 500.0, "max_order: …"
    )
    assert order == ORDER
    assert type(order) is Order
    plain = placed("algo:quotes:8", 2, "algo", {"sid": "IBM"}, "IBM", "buy", 3.0, 100.0, 300.0)
    assert plain == ORDER._replace(ts=None, quote_id="", asked=None, reason=None)


def test_a_fill_has_every_field_by_its_name() -> None:
    fill = filled(ORDER, "algo:quotes:9", 1, {**DATA, "id": "9"}, 2.0, 101.0, 202.0, 1.5)
    assert type(fill) is Fill
    assert fill == Fill(
        id="algo:quotes:9:1", order_id="algo:quotes:8:2", algo="algo", sid="IBM", side="buy",
        quantity=2.0, price=101.0, amount=202.0, fee=1.5, ts="2024-01-10", quote_id="9",
    )  # fmt: skip
