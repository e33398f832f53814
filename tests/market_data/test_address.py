"""URLs of brokers."""

from __future__ import annotations

import pytest

from market_data import AddressError, BrokerAddress, FilterError
from market_data.mqtt.address import check_filters


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mqtt://localhost", ("localhost", 1883, False, None, None)),
        ("mqtt://localhost/", ("localhost", 1883, False, None, None)),
        ("mqtts://broker", ("broker", 8883, True, None, None)),
        ("MQTT://broker:99", ("broker", 99, False, None, None)),
        ("mqtt://ann:p%40ss%2F@broker:99", ("broker", 99, False, "ann", "p@ss/")),
        ("mqtt://[::1]:99", ("::1", 99, False, None, None)),
    ],
)
def test_a_url_names_host_port_and_user(url: str, expected: tuple[object, ...]) -> None:
    assert BrokerAddress.parse(url) == expected


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://broker", 'the scheme "http"'),
        ("broker:1883", "no scheme"),
        ("", "no scheme"),
        ("mqtt://", "no host"),
        ("mqtt://ann:secret@", "no host"),
        ("mqtt://broker:0", "port 0"),
        ("mqtt://ann:secret@broker:port", "cannot be read"),
        ("mqtt://ann:sec#ret@broker", "the URL"),
        ("mqtt://broker/quotes", "more than host"),
    ],
)
def test_another_url_is_refused_without_showing_it(url: str, found: str) -> None:
    with pytest.raises(AddressError) as caught:
        BrokerAddress.parse(url)
    assert found in str(caught.value)
    assert "expected mqtt://" in str(caught.value)
    assert "sec" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "password"),
    [
        ("mqtt://u:p%3Ax@host", "p:x"),
        ("mqtt://u:p:x@host", "p:x"),
    ],
)
def test_a_password_is_what_stands_between_the_first_colon_and_the_at(
    url: str, password: str
) -> None:
    assert BrokerAddress.parse(url)[3:] == ("u", password)


@pytest.mark.parametrize(
    "url",
    [
        "mqtt://u:sec#x@host:1883",
        "mqtt://u:sec/x@host:1883",
        "mqtt://u:sec?x@host:1883",
        "mqtt://user:secret@host:notaport",
        "mqtt://u:sec%@host",
        "mqtt://u:sec%ff@host",
        "mqtt://:secret@host",
        "mqtt://u:sec@x@host",
    ],
)
def test_a_refused_url_of_a_user_says_how_special_characters_are_written(url: str) -> None:
    with pytest.raises(AddressError, match="percent-encoded: : is %3A, @ is %40") as caught:
        BrokerAddress.parse(url)
    assert "sec" not in str(caught.value)


def test_an_address_as_text_holds_no_password() -> None:
    assert str(BrokerAddress.parse("mqtt://ann:secret@broker")) == "mqtt://broker:1883"
    assert str(BrokerAddress.parse("mqtts://ann:secret@[::1]")) == "mqtts://[::1]:8883"


@pytest.mark.parametrize(
    "filters",
    [["quotes"], ["quotes/#", "bars/+/GOOG"], ["a/+/c", "a/b/d"], ["#"], ["quotes", "quotes/+"]],
)
def test_filters_that_have_no_topic_in_common_are_taken(filters: list[str]) -> None:
    assert check_filters(filters) == filters


@pytest.mark.parametrize(
    ("filters", "reason"),
    [
        ([""], "'' cannot be subscribed to: it is empty, or not text that a broker takes"),
        (["quotes#"], "'quotes#' cannot be .*: \\+ and # stand for whole levels"),
        (["a/#/b"], "'a/#/b' cannot be .*: # is the last level"),
        (["quotes/#", "quotes"], "'quotes' cannot be .*: it overlaps with 'quotes/#'"),
        (["quotes", "quotes/#"], "'quotes/#' cannot be .*: it overlaps with 'quotes'"),
        (["a/+", "+/b"], "'\\+/b' cannot be .*: it overlaps with 'a/\\+'"),
        (["a", "a"], "'a' cannot be .*: it overlaps with 'a'"),
        (["#", "a/b"], "'a/b' cannot be .*: it overlaps with '#'"),
    ],
)
def test_a_filter_that_cannot_be_subscribed_to_is_refused_with_the_reason(
    filters: list[str], reason: str
) -> None:
    with pytest.raises(FilterError, match=reason):
        check_filters(filters)
