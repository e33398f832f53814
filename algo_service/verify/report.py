"""The page of a verification: the differences, and both equities."""

from __future__ import annotations

from html import escape
from pathlib import Path

from algo_service.backtest.report import page
from algo_service.journal.recording import Recording
from algo_service.verify import text
from algo_service.verify.repeat import MAX_DIFFERENCES, Comparison


def write(path: Path, recording: Recording, result: Comparison, algorithm: str) -> None:
    """Write the page.

    :param algorithm: what has run, as a person reads it.
    :raises AlgoServiceError: if the file cannot be written, or a package is missing.
    """
    charts = page.charts()
    stored = recording.minutes()
    minutes = {each.minute for each in result.minutes}
    lines = {
        "In the journal": [each for each in stored if each.minute in minutes],
        "Now": result.minutes,
    }
    note = "" if result.minutes else "No quote has a time: there is no equity by minute."
    rows = [text.cells(each) for each in result.differences]
    title = "No difference" if not rows else f"{result.different:,} decisions differ"
    more = f"Only the first {MAX_DIFFERENCES:,} are listed." if result.different > len(rows) else ""
    body = [
        f"<header><h1>{escape(recording.algo)}: {escape(title)}</h1>"
        f'<p class="note">{result.inputs:,} decisions, run again with {escape(algorithm)}</p>'
        "</header>",
        page.notes(result.notes, "warn"),
        page.chart("Equity", charts.by_minute(lines) if result.minutes else None, "equity", note),
        page.notes(text.equities(recording, result)),
        page.table(text.HEADS, rows, numbers=False) if rows else "",
        page.notes([more] if more else []),
    ]
    page.write(path, f"{recording.algo}: verification", body)
