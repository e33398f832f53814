"""Which rows are new, whatever the order in which transactions commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_data.live.sql import follower as module
from market_data.live.sql.cursor import Cursor
from market_data.live.sql.follower import CursorError, Follower, Row
from market_data.live.sql.queries import Transactions


class Table:
    """Rows of a cursor and an instrument, and what a database answers about them."""

    def __init__(self, *rows: tuple[Any, str]):
        self.rows = list(rows)
        self.now = 0.0
        self.under_way: Transactions | None = None
        self.repeated: list[Row] = []
        self.asked = 0

    def follower(self, settle: float, settled: Cursor | None = None) -> Follower:
        made = Follower(self, settled, settle, self.repeated.append, lambda: self.now)
        made.at = 0, 1
        return made

    def page(self, after: Any, up_to: Any, limit: int) -> Sequence[Sequence[Any]]:
        found = sorted(
            row
            for row in self.rows
            if (after is None or row[0] > after) and (up_to is None or row[0] <= up_to)
        )
        self.asked += len(found[:limit])
        return found[:limit]

    def highest(self) -> Any:
        return max((row[0] for row in self.rows), default=None)

    def transactions(self) -> Transactions | None:
        return self.under_way


def cursors(follower: Follower) -> list[str]:
    return [row.cursor for step in follower.sweep() for row in step.rows]


@pytest.fixture
def pages_of_four(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 4)


@given(
    # of each row how much later than its predecessor it begins, and how long its transaction takes
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), max_size=40),
    st.integers(1, 4),
)
def test_every_row_is_read_once_if_its_transaction_takes_no_longer_than_settle(
    rows: list[tuple[int, int]], every: int
) -> None:
    table = Table()
    follower = table.follower(settle=9)
    begun, visible_at = 0, []
    for pause, takes in rows:
        begun += pause
        visible_at.append(begun + takes)
    read: list[str] = []
    for now in range(0, max(visible_at, default=0) + 2 * every, every):
        table.now = now
        table.rows = [(number, "A") for number, at in enumerate(visible_at) if at <= now]
        read += cursors(follower)
    assert sorted(read, key=int) == [str(number) for number in range(len(rows))]


@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from("AB")), unique=True, max_size=24))
def test_rows_of_one_value_are_not_torn_by_a_page(rows: list[tuple[int, str]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PAGE", 4)
        table = Table(*rows)
        follower = table.follower(settle=1)
        read = [row.key for step in follower.sweep() for row in step.rows]
        table.now = 2
        settled = [step.settled for step in follower.sweep()]
        again = table.follower(1, settled[-1] if settled else None)
        assert sorted(read) == sorted((sid, str(cursor)) for cursor, sid in rows)
        assert cursors(follower) == cursors(again) == []


def test_a_transaction_that_writes_within_settle_is_awaited_however_long_it_takes() -> None:
    table = Table((2, "A"))
    follower = table.follower(settle=10)
    # it has taken 1 from a sequence, and no number of its own yet
    table.under_way = Transactions(oldest=100, next=100)
    assert cursors(follower) == ["2"]
    table.now, table.under_way = 9, Transactions(oldest=100, next=101)
    assert cursors(follower) == []
    table.now = 11
    assert cursors(follower) == []
    table.now = 500
    assert cursors(follower) == []
    # it ends, while a later one is under way, which was none of those to wait for
    table.rows.append((1, "A"))
    table.under_way = Transactions(oldest=101, next=106)
    assert cursors(follower) == ["1"]
    table.rows.append((0, "A"))  # later than promised
    assert cursors(follower) == []


def test_a_transaction_that_never_ends_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_UNSETTLED", 8)
    monkeypatch.setattr(module, "PAGE", 4)
    table = Table()
    table.under_way = Transactions(oldest=1, next=2)
    follower = table.follower(settle=1)
    read: list[str] = []
    for second in range(30):
        table.now = second
        table.rows += [(3 * second + n, "A") for n in range(3)]
        read += cursors(follower)
        assert len(follower._read) <= 12
    assert len(read) == len(set(read)) >= 80


def test_a_long_history_is_read_once_and_not_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_UNSETTLED", 8)
    monkeypatch.setattr(module, "PAGE", 4)
    table = Table(*((number, "A") for number in range(1000)))
    follower = table.follower(settle=10)
    read: list[str] = []
    for second in range(20):
        table.now = second
        read += cursors(follower)
    assert read == [str(number) for number in range(1000)]
    # of four rows the last one is asked for again, since more of its value might follow
    assert table.asked < 1400


@pytest.mark.usefixtures("pages_of_four")
def test_two_rows_of_one_instrument_and_value_are_one_and_the_other_is_reported() -> None:
    table = Table((1, "A"), (1, "A"), (1, "B"))
    assert cursors(table.follower(settle=1)) == ["1", "1"]
    assert [row.key for row in table.repeated] == [("A", "1")]


@pytest.mark.usefixtures("pages_of_four")
@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([(1, name) for name in "ABCD"], "4 rows or more have the value 1"),
        ([(b"x", "A")], "it has b'x', a bytes"),
        ([(True, "A")], "it has True, a bool"),
        ([(float("inf"), "A")], "it has inf, a float"),
    ],
)
def test_a_column_that_cannot_be_a_cursor_is_a_sentence(
    rows: list[tuple[Any, str]], found: str
) -> None:
    with pytest.raises(CursorError) as caught:
        cursors(Table(*rows).follower(settle=1))
    assert found in str(caught.value)
