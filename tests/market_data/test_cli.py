"""What the commands print, and how they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import market_data
from market_data.cli import main


def run(*arguments: object, **env: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], env=env)
    return result.exit_code, result.output


def test_the_samples_are_listed_with_their_rows_and_span() -> None:
    assert run("samples") == (
        0,
        "goog  daily prices of Google  2148 rows  2004-08-19 to 2013-03-01\n",
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["gog"], 'there is no file and no sample "gog"; did you mean "goog"?'),
        (["GOOG"], 'there is no file and no sample "GOOG"; did you mean "goog"?'),
        (["goog.csv"], 'there is no file and no sample "goog.csv"; did you mean "goog"?'),
        (["/no/where.csv"], 'there is no file and no sample "/no/where.csv"; samples are: goog'),
        ([""], 'there is no file and no sample ""; samples are: goog'),
        (["goog", "--rate", "5", "--max"], "--rate and --max exclude each other."),
        (["goog", "--rate", "0"], "0 is not a number above 0."),
        (["goog", "--rate", "inf"], "inf is not a number above 0."),
        (["goog", "--rate", "nan"], "nan is not a number above 0."),
        (["goog", "--topic", ""], "nothing can be published on the topic '': it is empty"),
        (["goog", "--topic", "a/+"], "nothing can be published on the topic 'a/+': it holds '+'"),
        (["goog", "--topic", "#"], "nothing can be published on the topic '#': it holds '#'"),
        (["goog", "--mqtt", "http://b"], 'the URL has the scheme "http"; expected mqtt://'),
        (["goog", "--when-ready", "mqtt://b"], 'the URL has the scheme "mqtt"; expected http://'),
        (
            ["goog", "--columns", "qoute=Open"],
            '"qoute" names no column for a field of a quote; did',
        ),
        (["goog", "--columns", "quote=Opne"], 'no column "Opne" for quote; did you mean "Open"?'),
        (["goog", "--query", "SELECT 1"], "--query is 'SELECT 1': it is for sql, and not csv"),
        ([], "Missing argument 'FILE|SAMPLE|URL…'"),
        (["goog", "--lop"], "No such option '--lop'. Did you mean"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_status_2(
    arguments: list[str], sentence: str
) -> None:
    status, output = run("replay", *arguments)
    assert status == 2
    assert sentence in output.replace("(Did", "Did")
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "the file is empty; expected a header and rows"),
        ("date,close\n", "no row is a quote; expected at least one"),
        (
            "date,close\n2020-01-01,\n",
            "no row is a quote; 1 of them, the first row 1: no price; expected at least one quote",
        ),
        (
            "date,close\n01/02/2020,1\n13/02/2020,1\n",
            'no row is a quote; 2 of them, the first row 1: the time is "01/02/2020": it can be'
            " read in several ways: a time is ISO 8601 text; expected --time-format %d/%m/%Y",
        ),
        ("date,close\n2020-01-02,1\n2020-01-01,1\n", "row 2 is of 2020-01-01, earlier than row 1"),
        ("date,open\n", "no price among the columns date, open; expected one of quote, price,"),
    ],
)
def test_a_file_without_quotes_is_refused_before_anything_is_connected(
    tmp_path: Path, content: str, sentence: str
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(content)
    status, output = run("replay", path)
    assert status == 2
    assert f"Error: {path}: {sentence}" in output
    assert "replaying" not in output


def test_rate_and_max_exclude_each_other_in_the_environment_too() -> None:
    status, output = run("replay", "goog", MARKET_DATA_RATE="5", MARKET_DATA_MAX="1")
    assert (status, "exclude each other" in output) == (2, True)


def test_every_public_name_exists() -> None:
    assert market_data.__all__ == sorted(market_data.__all__, key=lambda n: (not n.isupper(), n))
    for name in market_data.__all__:
        assert hasattr(market_data, name)
