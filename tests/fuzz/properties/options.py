"""Texts of command lines and variables."""

from __future__ import annotations

import click
from hypothesis import strategies as st

from algo_service.backtest.grid import grid
from algo_service.commands.options import PARAM
from algo_service.errors import AlgoServiceError
from indicators import IndicatorError
from indicators import parse as parse_indicator
from market_data import FeedError
from market_data.bars.interval import parse_interval
from market_data.durations import read_duration
from market_data.feeds.messages import parse_fields
from market_data.mqtt.address import (
    BrokerAddress,
    check_filters,
    check_topic,
    read_prefix,
)
from market_data.url import check_url
from portfolio import ParameterError
from tests.fuzz import strategies as draw
from tests.fuzz.properties.property import MAX_SENTENCE, Property, refused

_CONTEXT = click.Context(click.Command("x"))
_OPTION = click.Option(["--x"])
_READERS = (
    lambda text: read_duration(_CONTEXT, _OPTION, text),
    BrokerAddress.parse,
    lambda text: check_url(text, ("http", "https"), "http://host[:port]/…"),
    check_topic,
    lambda text: check_filters(text.split(" ")),
    read_prefix,
    parse_fields,
    lambda text: parse_interval(text, "--bars"),
    parse_indicator,
    lambda text: PARAM.convert(text, None, None),
    grid,
)
_OURS = (click.UsageError, FeedError, AlgoServiceError, ParameterError, IndicatorError)


def option(payload: bytes) -> str:
    # as Python has the arguments of a command
    text = payload.decode("utf-8", "surrogateescape")
    taken = 0
    for read in _READERS:
        try:
            read(text)
            taken += 1
        except _OURS as error:
            refused(error, 4 * MAX_SENTENCE)  # it may show all that a person has written
    return str(taken)


_TEXTS = [
    "500ms", "1s", "1.5h", "999999999h", "0s", "mqtt://127.0.0.1:1883", "mqtts://u:p@[::1]:8883",
    "mqtt://u%3A:%40@h", "mqtt://h:99999", "http://h/readyz", "quotes/#", "quotes/+ bars/#",
    "sid=s,quote=data.p;raw/#:ts=T", "5m", "1w", "9999999s", "sma:20", "macd:12,26,9", "sma:-1",
    "threshold=0.5", "x=[1,{}]", "x=18446744073709551616", "fast=5..50:5", "fast=1,2", "site1/",
    "x=0..1e308:1",
    "x=" + "[" * 2000, "x=1..2:0", "sma:" + "9" * 5000, "9" * 5000,
]  # fmt: skip

PROPERTIES = {
    "option": Property(
        draw.damaged(
            st.one_of(st.sampled_from(_TEXTS), st.text(max_size=20)).map(
                lambda text: text.encode("utf-8", "surrogatepass")
            )
        ),
        option,
    ),
}
