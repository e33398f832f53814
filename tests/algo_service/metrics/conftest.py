"""A real service that answers HTTP."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.algo_service.conftest import Service
from tests.support.processes import eventually, free_port


class Watched:
    """A service, and what it tells of itself."""

    def __init__(self, service: Service, http: int):
        self.service = service
        self.http = http

    def ask(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http}{path}") as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    def reasons(self) -> list[str]:
        """What /readyz says; the status and the reasons have to agree."""
        status, text = self.ask("/readyz")
        answer = json.loads(text)
        assert answer["ready"] == (not answer["reasons"]) == (status == 200), text
        return answer["reasons"]

    def wait_for(self, reason: str) -> None:
        """Await a part of a reason; an empty one stands for readiness."""

        def found() -> bool:
            reasons = self.reasons()
            return any(reason in each for each in reasons) if reason else not reasons

        eventually(found, f"{reason!r} among the reasons")

    def samples(self) -> dict[str, float]:
        """Each sample by its name, with the values of its labels besides `algo`."""
        text = self.ask("/metrics")[1]
        return {
            " ".join([sample.name, *(v for k, v in sample.labels.items() if k != "algo")]): (
                sample.value
            )
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def sample(self, name: str) -> float:
        return self.samples()[f"tickwire_algo_{name}"]


@pytest.fixture
def watched(serve: Callable[..., Service]) -> Callable[..., Watched]:
    """Starts `algo-service serve --http` with options."""

    def starter(*options: object, **settings: Any) -> Watched:
        http = free_port()
        return Watched(serve("--http", http, *options, **settings), http)

    return starter
