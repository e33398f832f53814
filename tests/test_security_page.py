"""SECURITY.md names a test for each threat, and each test that it names is there."""

from __future__ import annotations

import re

import pytest

from tests.support.processes import ROOT

PAGE = (ROOT / "SECURITY.md").read_text()


def rows() -> list[list[str]]:
    """The cells of the table of threats."""
    table = PAGE.partition("## Threats")[2]
    lines = re.findall(r"^\| (.*) \|$", table, re.MULTILINE)
    return [re.split(r" +\| +", line) for line in lines if not re.match(r"threat |-", line)]


def is_there(name: str) -> bool:
    """Whether there is a test, named `file::function` or, of Node.js, `file::title`."""
    file, _, test = name.partition("::")
    path = ROOT / file
    if not (test and path.is_file()):
        return False
    text = path.read_text()
    if path.suffix == ".py":
        return bool(re.search(rf"^(?:async )?def {re.escape(test)}\(", text, re.MULTILINE))
    return f"test('{test}'" in text


def test_every_threat_has_what_holds_and_a_test() -> None:
    found = rows()
    assert len(found) > 15
    for cells in found:
        threat, holds, tests = cells
        assert threat, cells
        assert holds, cells
        assert re.fullmatch(r"`[^`]+::[^`]+`(, `[^`]+::[^`]+`)*", tests), threat


def test_every_test_that_is_named_is_there() -> None:
    names = [name for _, _, tests in rows() for name in re.findall(r"`([^`]+)`", tests)]
    assert [name for name in names if not is_there(name)] == []


@pytest.mark.parametrize(
    "name",
    ["tests/none.py::test_it", "tests/test_security_page.py::test_it", "README.md", "tests::test"],
)
def test_one_that_is_not_there_is_noticed(name: str) -> None:
    assert not is_there(name)
