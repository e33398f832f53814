"""Quotes of several instruments in one table never become those of one."""

from __future__ import annotations

from pathlib import Path

import pytest

from market_data import UnusableFileError, open_feed
from market_data.feeds.columns import RECOGNISED
from tests.market_data.feeds.suggested import options_of

# Trades, each at a time of its own.
TRADES = [("A", 100 + n % 3 / 10, f"09:{n:02}:00") for n in range(20)]
OTHERS = [("B", 30 + n % 4 / 10, f"09:{n:02}:30") for n in range(20)]


def write(path: Path, header: str, row: str) -> Path:
    both = (trade for pair in zip(TRADES, OTHERS, strict=True) for trade in pair)
    rows = (row.format(sid=sid, price=price, clock=clock) for sid, price, clock in both)
    path.write_text("\n".join([header, *rows, ""]))
    return path


@pytest.mark.parametrize("name", [*RECOGNISED["sid"], "#RIC", "Product ID", "PERMNO"])
def test_a_column_of_a_known_name_tells_the_instruments(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "mine.csv", f"{name},time,price", "{sid},2024-03-05T{clock}Z,{price}")
    assert {(q.sid, round(q.quote, -1)) for q in open_feed(path)} == {("A", 100), ("B", 30)}


@pytest.mark.parametrize(
    "row", ["{sid},2024-03-05T{clock}Z,{price},buy", "17{sid},2024-03-05T{clock}Z,{price},buy"]
)
def test_trades_of_several_instruments_by_turns_are_refused(tmp_path: Path, row: str) -> None:
    path = write(tmp_path / "mine.csv", "what,time,price,side", row)
    with pytest.raises(UnusableFileError, match="go to and fro") as caught:
        list(open_feed(path))
    line = str(caught.value).rpartition("; expected ")[2].partition(",")[0]
    assert line == "--columns sid=what"
    assert len({quote.sid for quote in open_feed(path, **options_of(line))}) == 2


def test_an_instrument_at_two_exchanges_is_refused(tmp_path: Path) -> None:
    path = write(
        tmp_path / "mine.csv", "time,exchange,symbol,close", "2024-03-05T{clock}Z,{sid},X,{price}"
    )
    with pytest.raises(UnusableFileError, match=r'prices of X go to and fro.*of "exchange"'):
        list(open_feed(path))
    one = [line for line in path.read_text().splitlines() if ",B," not in line]
    path.write_text("\n".join([*one, ""]))
    assert {quote.sid for quote in open_feed(path)} == {"X"}


def test_numbers_of_instruments_count_as_their_names(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.csv", "what,time,price", "{sid},2024-03-05T{clock}Z,{price}")
    path.write_text(path.read_text().replace("A,", "5482,").replace("B,", "5483,"))
    with pytest.raises(UnusableFileError, match="--columns sid=what"):
        list(open_feed(path))


def test_a_price_between_bid_and_ask_is_of_one_instrument(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    rows = (f"2024-03-05T09:{n:02}:00Z,{100 + n % 2 / 10},{'bs'[n % 2]}" for n in range(40))
    path.write_text("\n".join(["time,price,side", *rows, ""]))
    assert {quote.sid for quote in open_feed(path)} == {"MINE"}
