"""The table of topic levels, against the Python side; the bridge's tests run the same."""

import json

import pytest

from market_data.mqtt.topic_level import name_of_level, topic_level
from tests.support.processes import ROOT

TABLE = json.loads((ROOT / "contracts" / "examples" / "topic_level.json").read_text())


@pytest.mark.parametrize("example", TABLE["valid"], ids=lambda each: each["level"])
def test_a_name_becomes_one_level_and_is_read_from_it(example: dict[str, str]) -> None:
    assert topic_level(example["name"]) == example["level"]
    assert name_of_level(example["level"]) == example["name"]
    assert not set(example["level"]) & set("/+# ")


@pytest.mark.parametrize("level", [each["level"] for each in TABLE["invalid"]])
def test_a_level_that_stands_for_no_name_is_none(level: str) -> None:
    assert name_of_level(level) is None
