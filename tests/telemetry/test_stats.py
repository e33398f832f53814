"""The message on `stats/<part>`, and what every registry holds."""

from __future__ import annotations

import json
import logging
import math

from prometheus_client import Counter, Gauge

from telemetry.part import Part
from telemetry.stats import stats_message


def part_of(*reasons: str) -> Part:
    return Part("test", "x", lambda: list(reasons))


def samples(part: Part) -> dict[str, float | None]:
    return {
        name + "".join(f" {value}" for value in labels.values()): value
        for name, labels, value in json.loads(stats_message(part))["samples"]
    }


def test_the_message_says_who_it_is_and_holds_the_samples() -> None:
    part = part_of("a reason")
    Counter("tickwire_things_total", "Things", ["kind"], registry=part.registry).labels("a").inc()
    fields = json.loads(stats_message(part))
    assert fields["part"] == "test:x"
    assert (fields["component"], fields["name"]) == ("test", "x")
    assert fields["instance"] == part.instance
    assert fields["since"] <= fields["at"]
    assert (fields["ready"], fields["reasons"]) == (False, ["a reason"])
    assert ["tickwire_things_total", {"kind": "a"}, 1.0] in fields["samples"]
    names = {name for name, _labels, _value in fields["samples"]}
    assert {"process_resident_memory_bytes", "process_cpu_seconds_total"} < names
    assert all(name.startswith(("tickwire_", "process_")) for name in names)


def test_a_value_that_is_not_finite_is_null() -> None:
    part = part_of()
    Gauge("tickwire_nothing", "Nothing", registry=part.registry).set(math.nan)
    assert samples(part)["tickwire_nothing"] is None


def test_logged_warnings_and_errors_are_counted() -> None:
    part = part_of()
    log = logging.getLogger("some.part")
    log.info("all is well")
    log.warning("one")
    log.error("two")
    log.error("three")
    found = samples(part)
    assert found["tickwire_log_lines_total warning"] == 1
    assert found["tickwire_log_lines_total error"] == 2
