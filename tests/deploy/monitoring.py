"""The files of deploy/monitoring, and where its tools are."""

from __future__ import annotations

import json
import re
import shutil
from typing import Any

import yaml

from tests.support.processes import ROOT

MONITORING = ROOT / "deploy" / "monitoring"
RULES = MONITORING / "rules" / "tickwire.yml"
DASHBOARD = MONITORING / "grafana" / "dashboards" / "tickwire.json"
PROMTOOL = shutil.which("promtool")
PROMETHEUS = shutil.which("prometheus")
MISSING = "prometheus is not installed: `apt-get install prometheus` to run this test"


def rules() -> list[dict[str, Any]]:
    """All rules."""
    return [
        rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
    ]


def dashboard() -> dict[str, Any]:
    """The dashboard, as it is imported."""
    found: dict[str, Any] = json.loads(DASHBOARD.read_text())
    return found


def documented() -> dict[str, tuple[str, set[str]]]:
    """The metrics of docs/reference/metrics.md: type and labels by name."""
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (counter|gauge|histogram) \|([^|]*)\|", page, re.MULTILINE)
    return {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}
