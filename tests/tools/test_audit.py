"""`make audit`: what is vulnerable, what could not be looked up, and where nobody can be asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.advisories import Advisories
from tools.audit import __main__ as command
from tools.audit import node, python
from tools.audit.finding import Audit, AuditError, UnreachableError


@pytest.fixture
def advisories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Advisories]:
    """A service that knows the package that each must know, and one of npm."""
    service = Advisories(tmp_path)
    service.of_pypi[python.KNOWN] = ["PYSEC-0"]
    service.of_npm[node.KNOWN[0]] = ["Pollution"]
    for name, value in service.environment.items():
        monkeypatch.setenv(name, value)
    yield service
    service.close()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.txt"
    path.write_text("one-package==1.0\n    # via two\ntwo==2.0\n")
    return path


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    root = {"name": "root", "version": "1.0.0", "dependencies": {"left": "1.0.0"}}
    locked = {"": root, "node_modules/left": {"version": "1.0.0"}}
    lock = {"name": "root", "version": "1.0.0", "lockfileVersion": 3, "packages": locked}
    folder = tmp_path / "packages"
    folder.mkdir()
    (folder / "package.json").write_text(json.dumps(root))
    (folder / "package-lock.json").write_text(json.dumps(lock))
    return folder


def test_in_python_vulnerable_and_unknown_packages_are_told_apart(
    advisories: Advisories, lock: Path
) -> None:
    advisories.of_pypi["one-package==1.0"] = ["PYSEC-1"]
    assert python.audit(lock) == Audit(
        asked=2,
        vulnerable=["one-package 1.0: PYSEC-1, fixed in 9"],
        unknown=["two 2.0: Dependency not found on PyPI and could not be audited: two (2.0)"],
    )
    advisories.of_pypi |= {"one-package==1.0": [], "two==2.0": []}
    assert python.audit(lock) == Audit(asked=2)


def test_in_python_a_service_that_knows_no_advisories_is_none(
    advisories: Advisories, lock: Path
) -> None:
    """pip-audit takes an answer without a list of them for a package without any."""
    advisories.of_pypi |= {python.KNOWN: None, "one-package==1.0": None, "two==2.0": None}
    with pytest.raises(UnreachableError, match=r"it knows no vulnerability of flask==0\.5"):
        python.audit(lock)


def test_in_python_a_file_that_cannot_be_read_is_not_passed_over(
    advisories: Advisories, lock: Path
) -> None:
    lock.write_text("one-package>=1.0\n")
    with pytest.raises(AuditError, match="pip-audit ended with status 1"):
        python.audit(lock)


def test_in_node_vulnerable_packages_are_told(advisories: Advisories, packages: Path) -> None:
    assert node.audit(packages) == Audit(asked=1)
    advisories.of_npm["left"] = ["Left is right"]
    assert node.audit(packages) == Audit(asked=1, vulnerable=["left *: Left is right"])


def test_in_node_a_service_that_knows_no_advisories_is_none(
    advisories: Advisories, packages: Path
) -> None:
    advisories.of_npm.clear()
    with pytest.raises(UnreachableError, match=r"knows no vulnerability of minimist 0\.0\.8"):
        node.audit(packages)


def test_without_a_service_both_are_skipped_with_the_reason(
    advisories: Advisories, capsys: pytest.CaptureFixture[str]
) -> None:
    advisories.close()
    assert command.main() == 0
    of_python, of_node = capsys.readouterr().out.splitlines()
    assert of_python.startswith("requirements-dev.txt: SKIPPED, no advisory service can be asked: ")
    assert "ProxyError" in of_python
    assert of_node.startswith("bridge_node/package-lock.json: SKIPPED, no advisory service can be")
    assert "ECONNREFUSED" in of_node


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (Audit(2, vulnerable=["a 1: X"]), "a.txt: vulnerable: a 1: X\n"),
        (Audit(2, unknown=["a 1: X"]), "a.txt: could not be looked up: a 1: X\n"),
        (AuditError("no report"), "a.txt: could not be looked up: no report\n"),
    ],
    ids=["vulnerable", "unknown", "no report"],
)
def test_it_fails_for_what_is_vulnerable_and_for_what_could_not_be_looked_up(
    found: Audit | Exception, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def audit() -> Audit:
        if isinstance(found, Exception):
            raise found
        return found

    assert not command.tell("a.txt", audit)
    assert capsys.readouterr().out == told
