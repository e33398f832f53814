"""The page of a report: one HTML file, which loads nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from algo_service.errors import AlgoServiceError
from market_data.private_files import open_output

_BUTTONS = ["toImage", "zoom2d", "pan2d", "resetScale2d"]
"""Those of plotly's that stay inside of the page."""

_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
)
"""Has the browser load nothing, whatever the page says; plotly's pictures are of its own making."""

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1c2530; background: #fff;
  max-width: 1100px; margin: 0 auto; padding: 1.5rem; }
h1 { margin: 0; font-size: 1.8rem; } h2 { margin: 2.2rem 0 .4rem; font-size: 1.25rem; }
.note { color: #4a5563; margin: .2rem 0; } .warn { color: #8a4b00; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(180px, 1fr)); gap: .7rem;
  margin: 1.2rem 0; padding: 0; list-style: none; }
.tiles li { box-sizing: border-box; border: 1px solid #d9dee5; border-radius: 6px;
  padding: .5rem .8rem; }
.tiles b { display: block; font-size: 1.3rem; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; } td, th { padding: .25rem 1.2rem .25rem 0; text-align: left;
  border-bottom: 1px solid #e6eaef; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 0 3rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: .85rem; }
@media print { body { max-width: none; padding: 0; font-size: 11pt; }
  section, figure, tr, .tiles { break-inside: avoid; } h2 { break-after: avoid; }
  .tiles { grid-template-columns: repeat(5, 1fr); gap: .4rem; } .modebar { display: none; } }
.wide { overflow-x: auto; }
summary { cursor: pointer; }
ul.notes { margin: .2rem 0 1rem; padding-left: 1.2rem; }
figure { margin: 0; }
"""


def write(path: Path, title: str, body: Iterable[str]) -> None:
    """Write a page.

    :param body: parts in HTML.
    :raises AlgoServiceError: if the file cannot be written.
    """
    text = (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}'
        '</title><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<style>{_STYLE}</style><script>{_library()}</script></head>"
        f"<body>{''.join(body)}</body></html>\n"
    )
    try:
        with open_output(path) as file:
            file.write(text)
    except OSError as error:
        raise AlgoServiceError(f"cannot write {path}: {error.strerror}") from error


def _library() -> str:
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())


def charts() -> Any:
    """Return the module of the charts.

    :raises AlgoServiceError: if a package that it needs is not there.
    """
    try:
        from algo_service.backtest.report import charts
    except ImportError as error:
        raise AlgoServiceError(
            f"a report needs the package {error.name}: pip install 'tickwire[backtest]'"
        ) from error
    return charts


def chart(title: str, figure: Any, name: str, note: str = "") -> str:
    """Return a section with a figure of plotly's; it says so where there is none."""
    if figure is None:
        return f'<section><h2>{title}</h2><p class="note">Nothing to draw.</p></section>'
    drawn = figure.to_html(
        full_html=False,
        include_plotlyjs=False,
        div_id=name,
        config={"displaylogo": False, "responsive": True, "modeBarButtons": [_BUTTONS]},
    )
    caption = f'<figcaption class="note">{escape(note)}</figcaption>' if note else ""
    return (
        f'<section><h2>{title}</h2><figure aria-label="{title}">{drawn}{caption}</figure></section>'
    )


def pairs(rows: Iterable[tuple[str, str]]) -> str:
    """Return a table of names and values."""
    return table([], rows)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: bool = True) -> str:
    """Return a table.

    :param numbers: whether all columns but the first hold numbers, aligned to the right.
    """
    head = f"<tr>{_cells('th', heads, numbers)}</tr>" if heads else ""
    body = "".join(f"<tr>{_cells('td', row, numbers)}</tr>" for row in rows)
    return f'<div class="wide"><table>{head}{body}</table></div>'


def _cells(tag: str, texts: Sequence[str], numbers: bool) -> str:
    return "".join(
        f'<{tag} class="n">{escape(text)}</{tag}>'
        if n and numbers
        else f"<{tag}>{escape(text)}</{tag}>"
        for n, text in enumerate(texts)
    )


def notes(lines: Iterable[str], style: str = "note") -> str:
    """Return sentences as a list; nothing where there are none."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f'<ul class="notes {style}">{items}</ul>' if items else ""
