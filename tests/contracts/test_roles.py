"""contracts/roles.json: the roles of a secured broker, and the page that describes them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.support.processes import ROOT

ROLES: dict[str, dict[str, Any]] = json.loads((ROOT / "contracts/roles.json").read_text())
PAGE = (ROOT / "docs/reference/roles.md").read_text()


def cell(topics: list[str]) -> str:
    """Return topics as the page writes them."""
    return ", ".join(f"`{topic}`" for topic in topics) or "nothing"


@pytest.mark.parametrize("role", ROLES)
def test_the_page_has_a_row_for_each_role(role: str) -> None:
    about, reads, writes = (ROLES[role][key] for key in ("about", "reads", "writes"))
    assert f"| `{role}` | {about} | {cell(reads)} | {cell(writes)} |" in PAGE


@pytest.mark.parametrize("role", ROLES)
def test_the_page_has_the_options_and_the_connections_of_each_role(role: str) -> None:
    options = ROLES[role]["options"]
    shown = ", ".join(
        f"`--{name}`" + (f" ({cell(usual)})" if usual else "") for name, usual in options.items()
    )
    assert f"| `{role}` | {shown} | {ROLES[role]['connections']} |" in PAGE


def test_the_page_has_no_other_roles() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == set(ROLES)


def test_the_secured_broker_keeps_messages_as_the_local_one_does() -> None:
    """All settings are the same, but for who may connect, and for the lines of the log."""

    def settings(name: str) -> set[str]:
        lines = (ROOT / "mosquitto" / name).read_text().splitlines()
        other = ("listener ", "allow_anonymous ", "connection_messages ", "#")
        return {line for line in lines if line and not line.startswith(other)}

    assert settings("mosquitto.conf") - settings("secure/mosquitto.conf") == set()


def test_only_an_operator_writes_commands_and_only_a_bridge_writes_outputs() -> None:
    """Only an operator writes commands; only a bridge writes orders, fills, replies and claims."""

    def who(topic: str) -> set[str]:
        return {name for name, role in ROLES.items() if topic in role["writes"]}

    assert who("commands/+") == {"operator"}
    for topic in ("orders/+", "fills/+", "replies/+", "replies/+/+", "halts/+", "data/+/+"):
        assert who(topic) == {"bridge"}
