"""Every expression of dashboard and alerts can be parsed, and asks for metrics that there are."""

from __future__ import annotations

import re

import pytest
from promql_parser import parse

from tests.deploy.monitoring import MONITORING, dashboard, documented, rules

# Labels and series that Prometheus makes itself.
OF_PROMETHEUS = {"job", "instance", "le", "alertname", "alertstate", "severity"}
SERIES_OF_PROMETHEUS = {"up", "ALERTS"}


def panels() -> list[dict]:
    """The panels of the dashboard, without the rows that divide them."""
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


EXPRESSIONS = {
    **{f"{rule['alert']} {rule['labels']['severity']}": rule["expr"] for rule in rules()},
    **{
        f"{panel['title']} {target['refId']}": target["expr"].replace("$__rate_interval", "1m")
        for panel in panels()
        for target in panel["targets"]
    },
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_parses_and_its_metrics_and_labels_exist(name: str) -> None:
    expression = EXPRESSIONS[name]
    assert parse(expression)
    known = documented()
    bare = re.sub(r'"[^"]*"', '""', expression)
    labels: set[str] = set()
    for metric in re.findall(r"\b(?:tickwire|process)_\w+", bare):
        base = re.sub("_(bucket|count|sum)$", "", metric)
        kind, own = known.get(metric) or known[base]
        assert (kind == "histogram") == (metric != base), metric
        labels |= own
    asked = set(re.findall(r"(\w+) *(?:=~|!~|!=|=)\"", bare))
    for names in re.findall(r"\b(?:by|on) *\(([^)]*)\)", bare):
        asked |= {label.strip() for label in names.split(",")}
    assert asked <= labels | OF_PROMETHEUS
    others = set(re.findall(r"(\w+)\{", bare)) - SERIES_OF_PROMETHEUS
    assert all(each.startswith(("tickwire_", "process_")) for each in others)


@pytest.mark.parametrize(
    ("function", "kind"), [("rate", "counter"), ("increase", "counter"), ("deriv", "gauge")]
)
def test_only_counters_have_rates(function: str, kind: str) -> None:
    known = documented()
    for expression in EXPRESSIONS.values():
        for metric in re.findall(rf"\b{function}\((\w+)", expression):
            found = known.get(metric, ("counter",))[0]  # a bucket counts
            assert found == kind, f"{function} of {metric}"


def test_each_panel_says_what_it_shows_and_asks_the_source_that_is_provisioned() -> None:
    source = (MONITORING / "grafana/provisioning/datasources/prometheus.yml").read_text()
    shown = panels()
    assert len({panel["id"] for panel in shown}) == len(shown)
    for panel in shown:
        assert panel["description"].endswith("."), panel["title"]
        for each in (panel, *panel["targets"]):
            assert f"uid: {each['datasource']['uid']} " in source


def test_no_panel_lies_upon_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard()["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in taken, panel["title"]
                taken.add((x, y))
