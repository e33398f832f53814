"""Prometheus with the shipped configuration, beside real parts."""

from __future__ import annotations

import json
import re
import shutil
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.monitoring import MONITORING, PROMETHEUS
from tests.support.processes import Process, eventually, free_port


def at_once(text: str) -> str:
    """Have rules fire without a wait; the tests of the rules are about these times."""
    return re.sub(r"\bfor: \w+", "for: 0s", text)


def in_seconds(text: str) -> str:
    """Have rules look at some seconds, where they look at minutes."""
    text = re.sub(r"\bfor: \w+", "for: 1s", text)
    text = re.sub(r"\[\d+[smh]\]", "[5s]", text)
    silent = "tickwire_bridge_channel_last_input_timestamp_seconds) > 0) > "
    assert f"{silent}300\n" in text
    return text.replace(f"{silent}300\n", f"{silent}3\n")


class Prometheus:
    """A real one with the shipped configuration; but it asks these ports.

    :param notify: the port of `algo-service notify`, if there is one.
    :param edit: changes the text of the rules; without it all is as shipped, and takes minutes.
    """

    def __init__(
        self,
        start: Callable[..., Process],
        folder: Path,
        *parts: int,
        notify: int | None = None,
        edit: Callable[[str], str] | None = None,
    ):
        shutil.copytree(MONITORING, folder)
        settings = yaml.safe_load((folder / "prometheus.yml").read_text())
        if edit:
            settings["global"] = {"scrape_interval": "500ms", "evaluation_interval": "500ms"}
            for file in (folder / "rules").iterdir():
                file.write_text(edit(file.read_text()))
        (alertmanager,) = settings["alerting"]["alertmanagers"]
        alertmanager.clear()
        told = [f"127.0.0.1:{notify}"] if notify else []
        alertmanager["static_configs"] = [{"targets": told}]
        (folder / "prometheus.yml").write_text(yaml.dump(settings))
        targets = [{"targets": [f"127.0.0.1:{port}" for port in parts]}]
        (folder / "targets" / "compose.yml").write_text(yaml.dump(targets))
        self.port = free_port()
        self.process = start(
            PROMETHEUS,
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
        )
        self.process.wait_for("Server is ready to receive web requests")

    def get(self, path: str) -> Any:
        """The data of an answer of its API."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}") as answer:
            return json.load(answer)["data"]

    def await_scrape(self, parts: int) -> None:
        """Await that so many parts have answered it."""
        eventually(
            lambda: (
                [each["health"] for each in self.get("targets")["activeTargets"]].count("up")
                == parts
            ),
            f"{parts} parts that answer",
        )

    def firing(self) -> set[str]:
        """The names of the alerts that fire."""
        alerts = self.get("alerts")["alerts"]
        return {each["labels"]["alertname"] for each in alerts if each["state"] == "firing"}

    def wait_for(self, alert: str) -> None:
        """Await that an alert fires."""
        eventually(lambda: alert in self.firing(), f"{alert}; there are {self.get('alerts')}")
