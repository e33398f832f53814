"""What the commands print, and how they refuse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import market_data
from market_data.commands.main import main
from tests.market_data.fake_broker import CONNACK, FakeBroker, Wire


def run(*arguments: object, **env: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], env=env)
    return result.exit_code, result.output


@pytest.fixture
def refusing(fake_broker: Callable[..., FakeBroker]) -> str:
    """A broker that lets nobody in, so that a replay that should not have begun does not wait."""

    def refuse(wire: Wire) -> None:
        wire.connect()
        wire.write(CONNACK, bytes([0, 0x87, 0]))  # not authorized: MQTT 5, 3.2.2.2

    return fake_broker(refuse).url


def test_the_samples_are_listed_with_span_interval_and_source() -> None:
    assert run("samples") == (
        0,
        "goog     daily prices of Google                  2148 rows  2004-08-19 to 2013-03-01  1d"
        "  Quandl WIKI prices, public domain\n"
        "aapl     daily prices of Apple, with two splits  3270 rows  2000-03-01 to 2013-03-01  1d"
        "  Quandl WIKI prices, public domain\n"
        "ibm      daily prices of IBM                     3270 rows  2000-03-01 to 2013-03-01  1d"
        "  Quandl WIKI prices, public domain\n"
        "cfund    daily prices of an index fund           132 rows   2020-05-15 to 2020-11-23  1d"
        "  US Thrift Savings Plan, public domain\n"
        "eurusd   daily rates of the euro in US dollars   6913 rows  1999-01-04 to 2025-12-31  1d"
        "  European Central Bank, free with this source\n"
        "btcusdt  five minutes of bitcoin in Tether each  2576 rows  2023-03-20 to 2023-03-28  5m"
        "  Binance Public Data, MIT\n"
        "btcusd   minutes of bitcoin in US dollars        250 rows   2025-01-07 to 2025-01-07  1m"
        "  Bitstamp, collected by ff137, CC BY 4.0\n"
        "wti      daily spot prices of crude oil          8321 rows  1986-01-02 to 2019-01-03  1d"
        "  US Energy Information Administration, public domain\n",
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["gog"], 'there is no file and no sample "gog"; did you mean "goog"?'),
        (["GOOG"], 'there is no file and no sample "GOOG"; did you mean "goog"?'),
        (["goog.csv"], 'there is no file and no sample "goog.csv"; did you mean "goog"?'),
        (
            ["/no/where.csv"],
            'there is no file and no sample "/no/where.csv"; samples are: aapl, ',
        ),
        ([""], 'there is no file and no sample ""; samples are: aapl, btcusd, b'),
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
        (
            ["goog", "--from", "soon"],
            "--from is 'soon': the time is \"soon\": a time is",
        ),
        (["goog", "--to", "1/2/2010"], "it can be read in several ways: a time is ISO 8601 text"),
        (
            ["goog", "--from", "2020-01-01"],
            "goog.csv: no quote is of the time that --from and --to pick; expected times of"
            " 2004-08-19 to 2013-03-01",
        ),
        (["goog", "--timezone", "Europe/Lodnon"], 'no such zone: did you mean "Europe/London"?'),
        (["goog", "--timezone", "-5"], "--timezone is '-5': there is no such zone"),
        (["goog", "--delimiter", ";;"], "--delimiter is ';;': it is one character, or tab"),
        (["goog", "--thousands", "x"], "--thousands is 'x': it is one of ',', '.', ' '"),
        (["goog", "--thousands", "."], "--thousands is '.': it separates the fraction"),
        (["goog", "--decimal", ";"], "';' is not one of '.', ','."),
        (["goog", "--time-unit", "m"], "'m' is not one of 's', 'ms', 'us', 'ns', 'ticks', "),
        (["goog", "--bar-time", "end"], "'end' is not one of 'open', 'close'."),
        (
            ["goog", "--encoding", "utf-7000"],
            'there is no encoding "utf-7000"; expected --encoding',
        ),
        (["goog", "--time-format", "%d/%m/%Y"], "which is not of --time-format %d/%m/%Y"),
        (["goog", "--no-header"], "no price among the columns 1, 2, 3, 4, 5, 6; expected"),
        (["goog", "--time-zone", "UTC"], "No such option '--time-zone'. Did you mean"),
        ([], "Missing argument 'FILE|SAMPLE|URL…'"),
        (["goog", "--lop"], "No such option '--lop'. Did you mean"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_status_2(
    arguments: list[str], sentence: str, refusing: str
) -> None:
    status, output = run("replay", *arguments, MARKET_DATA_MQTT=refusing)
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
            "no row is a quote; 1 as row 1: no price; expected a quote at least",
        ),
        (
            "date,close\n01/02/2020,1\n13/02/2020,1\n",
            'row 1: the time is "01/02/2020": it can be read in several ways: a time is ISO 8601'
            " text; expected --time-format %d/%m/%Y",
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


ROWS = "date,close\n2020-01-01,1\n2020-01-02,x\n"


@pytest.mark.parametrize(
    ("content", "variables", "sentence"),
    [
        (
            ROWS,
            {"STRICT": "1"},
            "mine: row 2: the price 'x' is not a number; without",
        ),
        (ROWS, {"FROM": "2021-01-01"}, "no quote is of the time that --from and --to pick"),
        (ROWS, {"TO": "2019-01-01"}, "no quote is of the time that --from and --to pick"),
        (ROWS, {"FROM": "soon"}, "--from is 'soon': the time is \"soon\""),
        (ROWS, {"DELIMITER": ";"}, "no price among the columns date,close"),
        (ROWS, {"ENCODING": "utf-7000"}, 'there is no encoding "utf-7000"'),
        (ROWS, {"THOUSANDS": "x"}, "--thousands is 'x': it is one of"),
        (ROWS, {"TIMEZONE": "Mars"}, "--timezone is 'Mars': there is no such zone"),
        (ROWS, {"TIME_FORMAT": "%d/%m/%Y"}, "which is not of --time-format %d/%m/%Y"),
        (ROWS, {"COLUMNS": "quote=Open"}, 'there is no column "Open" for quote'),
        (ROWS, {"QUERY": "SELECT 1"}, "--query is 'SELECT 1': it is for sql, and not csv"),
        (ROWS, {"DECIMAL": ";"}, "';' is not one of '.', ','."),
        (ROWS, {"BAR_TIME": "end"}, "'end' is not one of 'open', 'close'."),
        (ROWS, {"TIME_UNIT": "m"}, "'m' is not one of 's', 'ms', 'us', 'ns', 'ticks', 'excel'."),
        (ROWS, {"NO_HEADER": "1"}, "no price among the columns 1, 2; expected"),
    ],
)
def test_options_of_reading_come_from_the_environment_too(
    tmp_path: Path, content: str, variables: dict[str, str], sentence: str, refusing: str
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(content)
    env = {f"MARKET_DATA_{name}": value for name, value in variables.items()}
    status, output = run("replay", path, "--mqtt", refusing, **env)
    assert status == 2
    assert sentence in output
    assert "Traceback" not in output


def test_rate_and_max_exclude_each_other_in_the_environment_too() -> None:
    status, output = run("replay", "goog", MARKET_DATA_RATE="5", MARKET_DATA_MAX="1")
    assert (status, "exclude each other" in output) == (2, True)


def test_every_public_name_exists() -> None:
    assert market_data.__all__
    for name in market_data.__all__:
        assert hasattr(market_data, name)
