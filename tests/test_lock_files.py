"""One version of each package, in every environment and image."""

from __future__ import annotations

import re

from tests.support.processes import ROOT


def pins(name: str) -> set[str]:
    return set(re.findall(r"^\S+==\S+$", (ROOT / name).read_text(), re.MULTILINE))


def test_the_images_have_the_versions_that_are_tested() -> None:
    backtest, notify = pins("requirements-backtest.txt"), pins("requirements-notify.txt")
    assert pins("requirements.txt") < backtest < pins("requirements-dev.txt")
    assert pins("requirements.txt") < notify < pins("requirements-dev.txt")
    assert {pin.partition("==")[0] for pin in notify} > {"apprise"}
    assert {pin.partition("==")[0] for pin in backtest} > {"numpy", "pandas", "pyarrow"}
