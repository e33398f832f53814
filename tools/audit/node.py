"""The packages of a package-lock.json, by npm."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tools.audit.finding import Audit, AuditError, UnreachableError

KNOWN = "minimist", "0.0.8"
"""A package with advisories. Who knows none of them would find nothing in any package."""


def audit(folder: Path) -> Audit:
    """Look the packages up that the package-lock.json of a folder names.

    :raises UnreachableError: if no service answers, or one that knows no advisories.
    :raises AuditError: if there is no report for another reason.
    """
    with tempfile.TemporaryDirectory() as other:
        _write_known(Path(other))
        if not _npm_audit(Path(other))["vulnerabilities"]:
            raise UnreachableError(
                f"the service knows no vulnerability of {' '.join(KNOWN)}, which has some"
            )
    try:
        report = _npm_audit(folder)
    except UnreachableError as error:  # it has answered before
        return Audit(asked=0, unknown=[f"all packages: {error}"])
    found = Audit(asked=report["metadata"]["dependencies"]["total"])
    for name, each in sorted(report["vulnerabilities"].items()):
        titles = [via["title"] if isinstance(via, dict) else f"by {via}" for via in each["via"]]
        found.vulnerable.append(f"{name} {each['range']}: {'; '.join(titles)}")
    return found


def _write_known(folder: Path) -> None:
    name, version = KNOWN
    root = {"name": "known", "version": "1.0.0", "dependencies": {name: version}}
    packages = {"": root, f"node_modules/{name}": {"version": version}}
    lock = {"name": "known", "version": "1.0.0", "lockfileVersion": 3, "packages": packages}
    (folder / "package.json").write_text(json.dumps(root))
    (folder / "package-lock.json").write_text(json.dumps(lock))


def _npm_audit(folder: Path) -> dict[str, Any]:
    """Return npm's report.

    :raises UnreachableError: if no service answers.
    :raises AuditError: if there is no report for another reason.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise UnreachableError("npm is not installed")
    ended = subprocess.run(
        [npm, "audit", "--json", "--package-lock-only", "--fetch-retries", "0"],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if not ended.stdout.strip():
        lines = ended.stderr.strip().splitlines()
        raise AuditError(f"npm ended with status {ended.returncode}: {'; '.join(lines[-1:])}")
    report: dict[str, Any] = json.loads(ended.stdout)
    if "vulnerabilities" in report:
        return report
    if "message" in report:  # of npm's attempt to ask
        raise UnreachableError(report["message"])
    raise AuditError(f"npm says: {report['error']['summary']}")
