"""What a verification has shown, as lines for people."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from algo_service import figures
from algo_service.decisions import Decision, Failure
from algo_service.journal.recording import Recording
from algo_service.verify.repeat import Comparison, Difference

MAX_SHOWN = 20
"""Differences that are printed; a report has more."""

HEADS = ("decision", "input", "in the journal", "now")


def lines(recording: Recording, result: Comparison, algorithm: str) -> Iterator[str]:
    """Yield what was compared, the differences as a table, and what they come to.

    :param algorithm: what has run, as a person reads it.
    """
    first = f"from decision {recording.first + 1:,} on" if recording.first else "from the first on"
    yield f"journal of {recording.algo}, {first}; run again with {algorithm}"
    yield from result.notes
    yield (
        f"compared: {_count(result.inputs, 'decision')}, {_count(result.orders, 'order')},"
        f" {_count(result.fills, 'fill')}, {_count(result.failures, 'failure')},"
        f" across {_count(result.restarts, 'restart')}"
    )
    if not result.different:
        yield "no difference"
        return
    rows = [cells(each) for each in result.differences[:MAX_SHOWN]]
    widths = [max(map(len, column)) for column in zip(HEADS, *rows, strict=True)]
    for row in (HEADS, *rows):
        padded = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        yield "  ".join(padded).rstrip()
    if result.different > len(rows):
        yield f"… and {result.different - len(rows):,} more"
    yield f"different: {_count(result.different, 'decision')} of {result.inputs:,}"
    yield from equities(recording, result)


def equities(recording: Recording, result: Comparison) -> Iterator[str]:
    """Yield the equity that each ends with."""
    stored = _equity(recording.portfolio())
    now = figures.money(result.equity, stored)
    if result.inputs < recording.last - recording.first:
        # what the journal's was then is not kept
        yield f"equity now, after decision {recording.first + result.inputs:,}: {now}"
        return
    yield f"equity in the journal: {figures.money(stored, stored)}"
    yield f"equity now: {now}"


def cells(difference: Difference) -> tuple[str, str, str, str]:
    """Return a row of the table."""
    channel, input_id = difference.key
    both = difference.stored, difference.now
    stored, now = (_describe(each, figures.quantity, figures.price) for each in both)
    if stored == now:  # they differ in later digits
        stored, now = (_describe(each, repr, repr) for each in both)
    if stored == now:  # or in a field that is not described
        stored, now = (json.dumps(each) for each in both)
    return f"{difference.seq:,}", f"{input_id} on {channel}", stored, now


def _describe(
    decision: Decision | Failure, quantity: Callable[[float], str], price: Callable[[float], str]
) -> str:
    if "error" in decision:
        return f"failed: {decision['error']}"
    orders = [json.loads(text) for text in decision["orders"]]
    fills = [json.loads(text) for text in decision["fills"]]
    shown, placed = [], {}
    for order in orders:
        what = f"{quantity(order['quantity'])} {order['sid']} at {price(order['price'])}"
        placed[order["id"]] = what
        reason = f" ({order['reason']})" if "reason" in order else ""
        shown.append(f"{order['side']} {what}{reason}")
    for fill in fills:
        what = f"{quantity(fill['quantity'])} {fill['sid']} at {price(fill['price'])}"
        shown.append("filled" if placed.get(fill["order_id"]) == what else f"filled {what}")
    for each in decision.get("data", ()):
        shown.append(f"published {each['name']}: {each['text']}")
    if "reply" in decision:
        shown.append(json.loads(decision["reply"])["text"])
    return ", ".join(shown) or "nothing"


def _equity(portfolio: dict[str, Any]) -> float:
    prices = portfolio["prices"]
    held = (quantity * prices[sid] for sid, (quantity, _) in portfolio["positions"].items())
    return float(portfolio["cash"] + sum(held))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
