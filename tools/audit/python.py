"""The packages of a requirements file, by pip-audit."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tools.audit.finding import Audit, AuditError, UnreachableError

KNOWN = "flask==0.5"
"""A package with advisories. Who knows none of them would find nothing in any package."""

NO_ANSWER = re.compile(r"requests\.exceptions\.|ERROR:pip_audit\._cli:Could not connect")
"""What pip-audit prints if the service does not answer, or says that something is wrong with it."""


def audit(lock: Path) -> Audit:
    """Look each package of a requirements file up.

    :raises UnreachableError: if no service answers, or one that knows no advisories.
    :raises AuditError: if there is no report for another reason.
    """
    answers = {_normal(answer["name"]): answer for answer in _pip_audit(lock)}
    known = answers.get(KNOWN.partition("==")[0], {})
    if not known.get("vulns"):
        reason = known.get("skip_reason", "it says that there is none")
        raise UnreachableError(f"it knows no vulnerability of {KNOWN}, which has some: {reason}")
    pins = re.findall(r"^([\w.-]+)==(\S+)", lock.read_text(), re.MULTILINE)
    found = Audit(asked=len(pins))
    for name, version in pins:
        answer = answers.get(_normal(name), {"skip_reason": "it is not in the report"})
        if "skip_reason" in answer:
            found.unknown.append(f"{name} {version}: {answer['skip_reason']}")
        for each in answer.get("vulns", ()):
            fixed = ", ".join(each["fix_versions"]) or "no version"
            found.vulnerable.append(f"{name} {version}: {each['id']}, fixed in {fixed}")
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()  # PEP 503


def _pip_audit(lock: Path) -> list[dict[str, Any]]:
    """Return the answer about each package of a file, and about the one that is known.

    :raises UnreachableError: if no service answers.
    :raises AuditError: if there is no report for another reason.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as known:
        known.write(KNOWN)
        known.flush()
        ended = subprocess.run(
            [
                *(sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip"),
                *("--requirement", known.name, "--requirement", lock),
                *("--format", "json", "--progress-spinner", "off"),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
    if ended.stdout:
        answers: list[dict[str, Any]] = json.loads(ended.stdout)["dependencies"]
        return answers
    lines = ended.stderr.strip().splitlines()
    causes = [line for line in lines if NO_ANSWER.match(line)]
    if causes:
        raise UnreachableError(causes[-1])
    raise AuditError(f"pip-audit ended with status {ended.returncode}: {'; '.join(lines[-1:])}")
