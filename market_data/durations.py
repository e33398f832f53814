"""Durations as options of commands have them."""

from __future__ import annotations

import re

import click

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_FORM = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h)", re.ASCII)


def read_duration(
    _context: click.Context, _option: click.Parameter, text: str | None
) -> float | None:
    """Return the seconds of 500ms, 1s or 5m; the callback of an option."""
    if not text:
        return None
    match = _FORM.fullmatch(text.strip())
    if match is None or not float(match[1]):
        raise click.BadParameter(f"{text!r} is no duration; expected 500ms, 1s, 5m or 1h.")
    return float(match[1]) * _UNITS[match[2]]
