"""The command that a person publishes is one that the contract allows."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime

import pytest

from algo_service.errors import OperatorError
from algo_service.operator.command import command

NOW = datetime(2026, 11, 28, 9, 10, 11, 123456, tzinfo=UTC)


def fields(*words: str | None) -> dict[str, str]:
    return json.loads(command(*words).payload(NOW))


def test_a_halt_has_no_expiry() -> None:
    asked = fields("halt", "random", "news", "Ann")
    assert asked.pop("id")
    assert asked == {
        "command": "halt",
        "by": "Ann",
        "reason": "news",
        "ts": "2026-11-28T09:10:11.123Z",
    }
    assert "expires" not in fields("reset", "random", None, "Ann")


@pytest.mark.parametrize("verb", ["resume", "flatten"])
def test_what_would_trade_expires_after_a_minute(verb: str) -> None:
    assert fields(verb, "random", None, None)["expires"] == "2026-11-28T09:11:11.123Z"


def test_each_command_has_an_id_of_its_own() -> None:
    assert fields("halt", "random", None, None)["id"] != fields("halt", "random", None, None)["id"]


def test_without_a_name_it_is_the_user_and_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "desk")
    monkeypatch.setattr("getpass.getuser", lambda: "ann")
    assert fields("halt", "random", None, None)["by"] == "ann@desk"


def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 1000")

    monkeypatch.setattr("socket.gethostname", lambda: "desk")
    monkeypatch.setattr("getpass.getuser", nobody)
    assert fields("halt", "random", None, None)["by"] == f"{os.getuid()}@desk"


@pytest.mark.parametrize(
    ("name", "reason", "by", "sentence"),
    [
        ("a/b", None, None, 'NAME is "a/b": a name has no "/"'),
        ("a\nb", None, None, 'NAME is "a\nb": a name has'),
        ("n" * 129, None, None, f'NAME is "{"n" * 129}": a name has at most 128 characters'),
        ("a\udcff", None, None, 'NAME is "a\udcff": a name is text in UTF-8'),
        ("", None, None, 'NAME is "": '),
        ("random", "", None, "--reason has 0 characters; it has to have 1 to 1,000"),
        ("random", "x" * 1001, None, "--reason has 1,001 characters; it has to have 1 to 1,000"),
        ("random", None, "x" * 257, "--by has 257 characters; it has to have 1 to 256"),
    ],
)
def test_what_the_contract_does_not_allow_is_refused(
    name: str, reason: str | None, by: str | None, sentence: str
) -> None:
    with pytest.raises(OperatorError) as refused:
        command("halt", name, reason, by)
    assert str(refused.value).startswith(sentence)
