"""What docker-compose.yml starts: unprivileged, for this machine alone, pinned or built here."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.monitoring import MONITORING
from tests.support.processes import ROOT

WHOLE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


class Compose(yaml.SafeLoader):
    """Knows `!override`, which has compose take a list in place of that of another file."""


Compose.add_constructor(
    "!override", lambda loader, node: loader.construct_sequence(node, deep=True)
)
ADDED: dict[str, Any] = yaml.safe_load((MONITORING / "compose.yml").read_text())["services"]


SECURE: dict[str, Any] = yaml.load((ROOT / "deploy/compose.secure.yml").read_text(), Compose)[
    "services"
]


@pytest.mark.parametrize("name", WHOLE)
def test_a_service_is_able_to_do_no_more_than_it_must(name: str) -> None:
    """The trial of .ci/compose looks into those that start there; this one is about all."""
    service = ADDED.get(name, {}) | WHOLE[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert not {"privileged", "cap_add", "network_mode", "pid", "ipc", "devices"} & {*service}
    assert not any("docker.sock" in str(each) for each in service.get("volumes", []))
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


@pytest.mark.parametrize("name", ADDED)
def test_a_service_by_choice_is_pinned_and_not_started_unasked(name: str) -> None:
    service = ADDED[name] | WHOLE[name]
    assert service["profiles"]
    assert WHOLE[name]["extends"] == {"file": "deploy/monitoring/compose.yml", "service": name}
    if "build" not in service:
        assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+\.\d+", service["image"])
        assert int(service["user"].partition(":")[0]) > 0


def test_of_the_access_folder_each_part_gets_no_more_than_its_own() -> None:
    """`access/authority` and `access/admin`, with which one can do everything, are nobody's."""
    services = SECURE
    gets = {
        name: {each["source"] for each in service["volumes"] if isinstance(each, dict)}
        for name, service in services.items()
    }
    own = {name: {f"./access/clients/{name}"} for name in gets}
    assert gets == own | {
        "mosquitto": {"./access/broker"},
        "algo": own["algo"] | {"./access/curve/server"},
        "bridge": own["bridge"] | {"./access/curve/bridge", "./access/http"},
    }
    assert services.keys() == WHOLE.keys() - {"prometheus", "grafana"}, "those at the broker"
    for name, service in services.items():
        assert service["user"] == "${ACCESS_UID:-1000}:${ACCESS_GID:-1000}"
        sees_all = any(str(each).startswith(".:") for each in WHOLE[name].get("volumes", []))
        assert service.get("tmpfs", []) == (["/project/access"] if sees_all else [])
    listens = [each.partition(":")[0] for each in services["mosquitto"]["ports"]]
    assert listens == ["8883", "8884", "8885"], "nothing without TLS"


def test_another_algorithm_of_the_guide_differs_from_the_first_one_in_its_client_alone() -> None:
    guide = (ROOT / "docs/how-to/secure.md").read_text()
    (text,) = re.findall(r"```yaml\n(services:.*?)```", guide, re.DOTALL)
    (hold,) = yaml.safe_load(text)["services"].values()
    assert hold.pop("extends") == {"file": "docker-compose.yml", "service": "algo"}
    assert hold.pop("command") == "algo-service serve --algo buy_and_hold"
    assert hold["volumes"][0]["source"] == "./access/clients/hold"
    hold["volumes"][0]["source"] = "./access/clients/algo"
    assert hold == SECURE["algo"]


@pytest.mark.parametrize(
    "file", sorted(ROOT.glob("*/Dockerfile")), ids=lambda file: file.parent.name
)
def test_an_image_is_flat_without_what_only_makes_images_and_of_no_root(file: Path) -> None:
    """A last stage of its own, since what a layer removes is still in the image."""
    *_, before, last = re.split(r"^FROM ", file.read_text(), flags=re.MULTILINE)
    assert " AS trimmed\n" in before
    assert "\nRUN /trim-image" in before
    assert last.startswith("scratch\nCOPY --from=trimmed /image /\n")
    assert "\nRUN" not in last
    assert re.search(r"^USER (?!root|0)", last, re.MULTILINE)


def test_each_part_answers_on_the_port_that_prometheus_asks_and_on_no_network() -> None:
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
                assert all(each.startswith("127.0.0.1:") for each in service.get("ports", []))
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
