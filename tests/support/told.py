"""What a process tells of itself over HTTP, and what the page of metrics says of it."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.support.processes import ROOT, eventually, free_port

PAGE = (ROOT / "docs" / "reference" / "metrics.md").read_text()


class Told:
    """The answers of a process that was started with `--http` and this port."""

    def __init__(self) -> None:
        self.port = free_port()

    def get(self, path: str) -> tuple[int, str]:
        """The status and the body of an answer; 0 while there is none."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}") as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()
        except OSError:
            return 0, ""

    def reasons(self) -> list[str] | None:
        """Those of /readyz: none if the process is ready; None while it does not answer."""
        status, body = self.get("/readyz")
        if not status:
            return None
        fields = json.loads(body)
        assert (status == 200) == fields["ready"] == (not fields["reasons"])
        return list(fields["reasons"])

    def await_reason(self, pattern: str) -> str:
        """Await a reason in which a pattern is found, and return it."""

        seen: list[str] = []

        def found() -> str | None:
            seen[:] = self.reasons() or []
            return next((each for each in seen if re.search(pattern, each)), None)

        try:
            return str(eventually(found, f"a reason with {pattern!r}"))
        except AssertionError as error:
            error.add_note(f"there are {seen}")
            raise

    def await_ready(self) -> None:
        """Await that there is no reason."""
        eventually(lambda: self.reasons() == [], "readiness")

    def values(self) -> dict[str, float]:
        """The samples of /metrics: `name`, or `name{label="value"}`."""
        found = {}
        for family in text_string_to_metric_families(self.get("/metrics")[1]):
            for sample in family.samples:
                labels = ",".join(f'{key}="{value}"' for key, value in sample.labels.items())
                found[sample.name + (f"{{{labels}}}" if labels else "")] = sample.value
        return found

    def await_value(self, name: str, value: float) -> None:
        """Await that a sample has a value."""
        eventually(lambda: self.values().get(name) == value, f"{name} {value}")

    def metrics(self) -> dict[str, str]:
        """The name and the type of each metric, a counter's with `_total`."""
        text = self.get("/metrics")[1]
        return dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE))


def described(*sections: str) -> dict[str, str]:
    """The same of these sections of the page."""
    found: dict[str, str] = {}
    for title in sections:
        text = re.search(rf"^#+ {title}\n(.*?)(?=^#|\Z)", PAGE, re.DOTALL | re.MULTILINE)
        assert text, title
        found |= re.findall(r"^\| `(\w+)` \| (\w+) \|", text[1], re.MULTILINE)
    return found


def samples(stats: dict[str, Any]) -> dict[str, float]:
    """The samples of a message on `stats/<part>` that have no label."""
    return {name: value for name, labels, value in stats["samples"] if not labels}
