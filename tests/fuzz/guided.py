"""`python -m tests.fuzz.guided`: has atheris find inputs that reach other lines of a parser."""

from __future__ import annotations

import sys
from pathlib import Path

import click

HERE = Path(__file__).parent
OURS = ["algo_service", "indicators", "market_data", "portfolio"]


@click.command()
@click.argument("name")
@click.option("--seconds", default=600, show_default=True, help="How long to look.")
def fuzz(name: str, seconds: int) -> None:
    """Look for inputs of which the property NAME does not hold, for as long as there is none."""
    try:
        import atheris
    except ModuleNotFoundError:
        raise click.UsageError("atheris is not installed: pip install 'atheris>=3'") from None
    with atheris.instrument_imports(include=OURS):
        from tests.fuzz.properties import PROPERTIES
    if name not in PROPERTIES:
        raise click.BadParameter(f"{name}: there are {', '.join(PROPERTIES)}")
    found = HERE / "found" / name
    found.mkdir(parents=True, exist_ok=True)
    reached = HERE / "found" / "reached" / name
    reached.mkdir(parents=True, exist_ok=True)
    kept = [str(HERE / "corpus" / name)] if (HERE / "corpus" / name).is_dir() else []
    limits = [f"-max_total_time={seconds}", "-max_len=4096", f"-artifact_prefix={found}/"]
    atheris.Setup([sys.argv[0], *limits, str(reached), *kept], PROPERTIES[name].check)
    atheris.Fuzz()


if __name__ == "__main__":
    fuzz()
