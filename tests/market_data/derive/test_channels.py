"""Which channels a service takes, as the bridge does."""

from __future__ import annotations

import re

import pytest

from market_data.derive.channels import RESERVED_TOPICS, check_channels
from market_data.errors import ReadOptionError
from market_data.mqtt.topic_filter import overlap
from tests.support.processes import ROOT

BRIDGE = ROOT / "bridge_node"


def test_the_reserved_topics_are_those_of_the_bridge() -> None:
    text = (BRIDGE / "src" / "messages" / "reserved_topics.js").read_text()
    assert re.findall(r"'([a-z]+)'", text) == list(RESERVED_TOPICS)


def test_filters_overlap_as_for_the_bridge() -> None:
    text = (BRIDGE / "test" / "topics.test.js").read_text()
    table = re.findall(r"\['([^']+)', '([^']+)', (true|false)\]", text)
    assert len(table) > 10
    for one, other, expected in table:
        assert overlap(one, other) == (expected == "true"), (one, other)
        assert overlap(other, one) == (expected == "true"), (one, other)


@pytest.mark.parametrize(
    ("channels", "reason"),
    [
        ([""], "it is empty"),
        (["quotes/#/goog"], '"#" for all that follow'),
        (["quotes+"], r'"\+" stands for one whole level'),
        (["a\0b"], "a character that MQTT forbids"),
        (["$share/group/quotes"], "a shared subscription"),
        (["#"], "it would receive orders/…"),
        (["errors"], "it would receive errors/…"),
        (["data/#"], "it would receive data/…, which carries data"),
        (["bars/+/GOOG"], "it would receive bars/5m/#, which this command publishes"),
        (["quotes/#", "quotes/goog"], 'overlaps with "quotes/#"'),
    ],
)
def test_channels_without_quotes_or_with_what_is_published_are_refused(
    channels: list[str], reason: str
) -> None:
    with pytest.raises(ReadOptionError, match=reason):
        check_channels(channels, "bars/5m/#")


def test_other_channels_are_taken() -> None:
    check_channels(["quotes", "bars/1m/+", "trades/#"], "bars/5m/#")
