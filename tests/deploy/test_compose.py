"""What docker-compose.yml adds with its profiles: pinned, unprivileged, for this machine alone."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from tests.deploy.monitoring import MONITORING
from tests.support.processes import ROOT

WHOLE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
ADDED: dict[str, Any] = yaml.safe_load((MONITORING / "compose.yml").read_text())["services"]


@pytest.mark.parametrize("name", ADDED)
def test_a_service_by_choice_is_pinned_unprivileged_and_for_this_machine_alone(name: str) -> None:
    service = ADDED[name] | WHOLE[name]
    assert service["profiles"]
    assert WHOLE[name]["extends"] == {"file": "deploy/monitoring/compose.yml", "service": name}
    if "build" not in service:
        assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+\.\d+", service["image"])
        assert int(service["user"].partition(":")[0]) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_each_part_answers_on_the_port_that_prometheus_asks_and_publishes_it_nowhere() -> None:
    targets = yaml.safe_load((MONITORING / "targets" / "compose.yml").read_text())
    asked = {target for each in targets for target in each["targets"]}
    jobs = yaml.safe_load((MONITORING / "prometheus.yml").read_text())["scrape_configs"]
    for job in jobs:
        for found in job.get("dns_sd_configs", []):
            asked |= {f"{name}:{found['port']}" for name in found["names"]}
    answering = set()
    for name, service in WHOLE.items():
        environment = ADDED.get(name, {}).get("environment", {}) | service.get("environment", {})
        for variable, value in environment.items():
            if variable.endswith("_HTTP"):
                host, _, port = value.partition(":")
                assert host == "0.0.0.0", name
                answering.add(f"{name}:{port}")
                assert not any(f":{port}" in each for each in service.get("ports", []))
    assert asked == answering


@pytest.mark.skipif(shutil.which("docker") is None, reason="there is no docker")
def test_compose_accepts_all_profiles() -> None:
    version = subprocess.run(["docker", "compose", "version"], capture_output=True, text=True)
    if version.returncode:
        pytest.skip("docker has no compose")
    profiles = ["--profile", "monitoring", "--profile", "notify"]
    command = ["docker", "compose", *profiles, "config", "--services"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert {*ADDED} <= set(ended.stdout.split())
