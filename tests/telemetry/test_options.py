"""`--http [HOST:]PORT`."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from telemetry.options import HttpAddress, http_option


@click.command()
@http_option("PART")
def command(http: HttpAddress | None) -> None:
    click.echo(f"{http} {http and http.host}")


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("9100", "127.0.0.1:9100 127.0.0.1"),
        ("0.0.0.0:9100", "0.0.0.0:9100 0.0.0.0"),
        ("[::1]:9100", "[::1]:9100 ::1"),
        ("localhost:1", "localhost:1 localhost"),
    ],
)
def test_an_address_is_read(text: str, printed: str) -> None:
    assert CliRunner().invoke(command, ["--http", text]).output == f"{printed}\n"
    assert CliRunner().invoke(command, env={"PART_HTTP": text}).output == f"{printed}\n"


def test_without_it_there_is_none() -> None:
    assert CliRunner().invoke(command).output == "None None\n"
    assert CliRunner().invoke(command, env={"PART_HTTP": ""}).output == "None None\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("::1:9100", "write 9100, 0.0.0.0:9100 or [::1]:9100"),
        ("http://localhost:9100", "write 9100, 0.0.0.0:9100 or [::1]:9100"),
        ("localhost", "a port is a whole number from 1 to 65535"),
        ("65536", "a port is a whole number from 1 to 65535"),
        ("0", "a port is a whole number from 1 to 65535"),
    ],
)
def test_another_address_is_refused_by_a_sentence(text: str, reason: str) -> None:
    result = CliRunner().invoke(command, ["--http", text])
    assert result.exit_code == 2
    assert f'"{text}"' in result.output
    assert reason in " ".join(result.output.split())
