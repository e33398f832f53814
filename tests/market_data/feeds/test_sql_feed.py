"""Databases: what a query gives, and what is missing."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from market_data import Quote, UnusableFileError, find_source, open_feed
from tests.support.postgres import Postgres

EXAMPLE = '--query "SELECT sid, ts, quote FROM … ORDER BY ts"'


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Two tables, of which one is of prices."""
    path = tmp_path / "prices.db"
    connection = sqlite3.connect(path)
    connection.executescript(
        "CREATE TABLE daily (day TEXT, ticker TEXT, last REAL);"
        "INSERT INTO daily VALUES ('2013-02-28', 'GOOG', 801.2), ('2013-03-01', 'GOOG', 806.19);"
        "CREATE TABLE splits (day TEXT);"
    )
    connection.close()
    return path


def sentence(source: str, query: str | None) -> str:
    with pytest.raises(UnusableFileError) as caught:
        list(open_feed([source], query=query))
    return str(caught.value)


def test_a_query_names_columns_filters_and_orders(database: Path) -> None:
    query = "SELECT ticker, day AS date, last AS close FROM daily WHERE day LIKE '%-03-%'"
    for source in (str(database), f"sqlite:///{database}"):
        [quote] = open_feed([source], query=query)
        assert quote[:5] == Quote("GOOG", 806.19, "2013-03-01", 1, "prices")[:5]
        # the price goes along by the name of its column, too
        assert quote.fields == {"close": 806.19}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (None, "a database needs a query"),
        ("SELECT * FROM dayly", "the query fails: no such table: dayly"),
        ("SELEC", 'the query fails: near "SELEC": syntax error'),
        ("SELECT 1; SELECT 2", "the query fails: You can only execute one statement at a time"),
        ("DROP TABLE daily", "the query fails: attempt to write a readonly database"),
        ("PRAGMA user_version = 1", "the query fails: attempt to write a readonly database"),
        ("", "the query has no result"),
    ],
)
def test_a_query_that_is_missing_or_wrong_is_a_sentence_with_the_tables(
    database: Path, query: str | None, found: str
) -> None:
    before = database.read_bytes()
    text = sentence(str(database), query)
    assert text.startswith(f"{database}: {found}")
    assert text.endswith(f"; expected {EXAMPLE}, from daily, splits")
    assert database.read_bytes() == before


def test_a_result_of_a_database_without_a_symbol_is_refused(
    database: Path,
) -> None:
    """A result without a symbol is refused for a database is not named like one."""
    assert sentence(str(database), "SELECT day AS ts, last AS price FROM daily") == (
        f"{database}: no symbol among the columns ts, price; expected one of sid, symbol, ticker,"
        " ts_code, instrument, ric, sym_root, pair, currency_pair, product_id, instrument_id,"
        " instrument_name, secid, isin, figi, cusip, sedol, permno, security, contract, asset,"
        " coin, name, or a name for sid in --columns"
    )


def test_a_file_that_is_no_database_is_refused_by_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "prices.db"
    path.write_text("date,close\n" * 100)
    assert sentence(str(path), "SELECT * FROM prices") == (
        f"{path}: the query fails: file is not a database; expected {EXAMPLE}"
    )


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("sqlite:///no/where.db", "sqlite:///no/where.db: there is no such file; expected a"),
        ("oracel://ann:s3cret@h/prices", "oracel://h/prices: no database has such a URL"),
        ("postgresql+pg8000://ann:s3@cret@h/p?k=s3cret", "//h/p: its driver pg8000 is not insta"),
        ("postgresql://ann:s3cret@h:port/p", "postgresql://h:port/p: no database has such a URL"),
    ],
)
def test_a_url_that_leads_nowhere_is_a_sentence_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    found = sentence(url, "SELECT 1")
    assert text in found
    assert "cret" not in found
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("sqlite:///prices.db", "prices"),
        ("sqlite:////data/prices.db", "prices"),
        ("postgresql+psycopg://ann:a@b@host:5432/market?sslmode=require", "market"),
        ("mysql://host", "mysql"),
    ],
)
def test_a_database_is_named_like_its_file_or_its_schema(url: str, name: str) -> None:
    assert find_source(url).name == name


def test_postgresql_gives_its_own_numbers_and_times(postgres: Postgres) -> None:
    name = postgres.new_database()
    with postgres.connect(name) as connection:
        connection.execute("CREATE TABLE ticks (sid text, ts timestamptz, price numeric(12, 4))")
        connection.execute("INSERT INTO ticks VALUES ('GOOG', '2024-01-10 21:55:31+01', 345.1)")
    query = "SELECT sid, ts, price AS quote FROM ticks WHERE sid LIKE 'G%' AND '1:30'::text < ':a'"
    [quote] = open_feed(postgres.url(name), query=query)
    assert quote[:5] == ("GOOG", 345.1, "2024-01-10T20:55:31+00:00", 1, name)


def test_a_postgresql_that_is_not_there_is_a_sentence(postgres: Postgres) -> None:
    assert sentence(postgres.url("nowhere"), "SELECT 1").startswith(
        f"postgresql://127.0.0.1:{postgres.port}/nowhere: the query fails: connection failed"
    )


def test_a_url_that_cannot_be_read_is_refused_without_its_password() -> None:
    said = sentence("nothing://ann:hush@[x/prices", "SELECT 1")
    assert said.startswith("nothing://[x/prices: ")
    assert "hush" not in said
