"""`make release`: one version for both languages, and a changelog with its date."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from tests.support.processes import ROOT
from tools.release.errors import ReleaseError
from tools.release.version import CHANGED, bump, current, versions

TODAY = date(2026, 12, 1)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the files that a release changes, with something to release."""
    for name in CHANGED:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n- New.\n")
    return tmp_path


def test_both_languages_have_one_version() -> None:
    assert current(ROOT)


def test_a_release_writes_its_version_everywhere(tree: Path) -> None:
    bump(tree, "77.0.1", TODAY)
    assert current(tree) == "77.0.1"
    lock = json.loads((tree / "bridge_node/package-lock.json").read_text())
    assert lock["version"] == lock["packages"][""]["version"] == "77.0.1"
    before = json.loads((ROOT / "bridge_node/package-lock.json").read_text())
    before["version"] = before["packages"][""]["version"] = "77.0.1"
    assert lock == before


def test_a_release_dates_what_was_unreleased(tree: Path) -> None:
    bump(tree, "77.0.1", TODAY)
    expected = "# Changelog\n\n## Unreleased\n\n## 77.0.1 (2026-12-01)\n\n- New.\n"
    assert (tree / "CHANGELOG.md").read_text() == expected
    with pytest.raises(ReleaseError, match=r"CHANGELOG\.md has nothing under Unreleased"):
        bump(tree, "77.0.2", TODAY)


@pytest.mark.parametrize(
    ("version", "sentence"),
    [
        ("", 'the version is "": write three numbers, such as VERSION=0.2.0'),
        ("v77.0.1", 'the version is "v77.0.1": write three numbers'),
        ("0.0.9", "the version 0.0.9 is not higher than"),
    ],
)
def test_a_version_that_is_not_a_higher_one_is_refused(
    tree: Path, version: str, sentence: str
) -> None:
    with pytest.raises(ReleaseError, match=sentence):
        bump(tree, version, TODAY)


def test_files_that_do_not_agree_on_a_version_are_named(tree: Path) -> None:
    path = tree / "bridge_node/package.json"
    path.write_text(path.read_text().replace(current(ROOT), "0.0.1"))
    assert versions(tree)["bridge_node/package.json"] == {"0.0.1"}
    with pytest.raises(ReleaseError, match=r"do not agree .* bridge_node/package\.json: 0\.0\.1"):
        current(tree)
