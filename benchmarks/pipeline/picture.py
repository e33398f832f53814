"""Draws where the time goes: `python -m benchmarks.pipeline.picture FIGURES.json PICTURE.svg`.

FIGURES.json is what `python -m benchmarks.pipeline cpu --json FIGURES.json` writes. One bar for
each party, of its processes; the width is CPU-seconds per million quotes, or µs per quote.
"""

from __future__ import annotations

import json
import sys
from html import escape
from pathlib import Path

COLOURS = {"mosquitto": "#9aa5b1", "bridge": "#3f88c5", "service": "#f49d37", "program": "#b05a9d"}
NAMES = {"mosquitto": "broker", "program": "client and algorithm"}
TITLE = "CPU time per quote, in µs, by process"
WIDTH, LEFT, ROW, BAR = 890, 260, 46, 26
NARROW = 16
"""Of a bar in which its figure has no room."""


def bars(figures: dict) -> dict[str, dict[str, float]]:
    """Return the seconds of each role, by party."""
    (case,) = (case for case in figures["cases"] if case["title"].startswith("CPU-seconds"))
    parties: dict[str, dict[str, float]] = {}
    for row in case["rows"]:
        qos, party, role = row["party"].split(": ")
        if role in COLOURS:
            parties.setdefault(f"{party}, {qos}", {})[role] = row["median"]
    return parties


def draw(parties: dict[str, dict[str, float]]) -> str:
    """Return the picture as SVG."""
    longest = max(sum(roles.values()) for roles in parties.values())
    scale = (WIDTH - LEFT - 70) / longest
    height = ROW * len(parties) + 84
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        ' font-family="sans-serif" font-size="14" fill="#222">',
        f"<title>{TITLE}</title>",
        _box(0, 0, WIDTH, height, "#fff"),
        _text(16, 26, TITLE),
    ]
    for n, (party, roles) in enumerate(parties.items()):
        y = 46 + n * ROW
        middle = y + BAR / 2 + 5
        parts.append(_text(LEFT - 10, middle, party, "end"))
        x = float(LEFT)
        for role in (role for role in COLOURS if role in roles):
            width = roles[role] * scale
            parts.append(_box(x, y, width, BAR, COLOURS[role]))
            if width > NARROW:
                parts.append(_text(x + width / 2, middle, f"{roles[role]:.0f}", "middle"))
            x += width
        parts.append(_text(x + 8, middle, f"{sum(roles.values()):.0f}"))
    x = float(LEFT)
    for role, colour in COLOURS.items():
        name = NAMES.get(role, role)
        parts.append(_box(x, height - 30, 14, 14, colour))
        parts.append(_text(x + 20, height - 18, name))
        x += 60 + 7.5 * len(name)
    return "\n".join((*parts, "</svg>", ""))


def _box(x: float, y: float, width: float, height: float, colour: str) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'<rect {place} fill="{colour}"/>'


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


if __name__ == "__main__":
    source, target = sys.argv[1:]
    Path(target).write_text(draw(bars(json.loads(Path(source).read_text()))))
