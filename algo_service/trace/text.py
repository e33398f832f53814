"""A trace as lines for a person."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from algo_service import figures
from algo_service.trace.reading import Trace

_UNKNOWN = {
    "published": "not known: the feed does not tell when it published this",
    "received": "not known: whoever passed it on has not told",
    "called": "not known: the journal has one time of it alone",
    "confirmed": "not known: the broker has not confirmed it, or nobody has told",
}
_STEPS = ("published", "received", "called", "decided", "confirmed")


def lines(trace: Trace) -> Iterator[str]:
    """Yield the lines of a trace; times are in UTC."""
    yield f"{trace['kind']} {trace['id']} on {trace['channel']}{_content(trace)}"
    count = trace["inputs"]
    call = "alone in its call" if count == 1 else f"in a call of {count:,} inputs"
    before = ", by the algorithm before, whose journal has more" if trace["is_taken_over"] else ""
    yield f"decision {trace['seq']:,} of {trace['algo']}, {call}{before}"
    yield ""
    yield from _steps(trace)
    yield ""
    for order in trace["orders"]:
        yield from _order(trace, order)
    for fill in trace["fills"]:
        yield from _earlier(trace, fill)
    for each in trace["data"]:
        yield f"data {each['name']}: {each['text']}"
    if trace["reply"] is not None:
        yield f"reply: {trace['reply']['outcome']}: {trace['reply']['text']}"
    if trace["error"] is not None:
        yield f"it failed: {trace['error']}"
    if not any(trace[name] for name in ("orders", "fills", "data", "reply", "error")):
        yield "nothing came of it: no order, no fill"


def _content(trace: Trace) -> str:
    given = trace["input"]
    if given is None:
        return ""
    if trace["kind"] == "quote":
        ts = "" if given.get("ts") is None else f", {given['ts']}"
        return f": {given['sid']} at {figures.price(given['quote'])}{ts}"
    rest = {key: value for key, value in given.items() if key not in ("channel", "id")}
    return f": {json.dumps(rest, ensure_ascii=False, default=repr)}"


def _steps(trace: Trace) -> Iterator[str]:
    before: list[datetime] = []
    for name in _STEPS:
        given = trace[name]
        if given is None:
            yield f"{name:<10} {_UNKNOWN[name]}"
            continue
        moments = [_read(each) for each in (given if isinstance(given, list) else [given])]
        since = f"   {_span(before, moments)}" if before else ""
        yield f"{name:<10} {_range(moments)}{since}"
        before = moments


def _range(moments: list[datetime]) -> str:
    first, last = moments[0], moments[-1]
    return _show(first) if first == last else f"{_show(first)} to {_show(last)[11:]}"


def _span(before: list[datetime], moments: list[datetime]) -> str:
    least = (moments[0] - before[-1]).total_seconds()
    most = (moments[-1] - before[0]).total_seconds()
    if before[0] == before[-1] and moments[0] == moments[-1]:
        return duration(most)
    # of which of the messages of a call it was is not known: no step takes less than nothing
    return f"at most {duration(most)}" if least <= 0 else f"{duration(least)} to {duration(most)}"


def duration(seconds: float) -> str:
    """Return a time between two moments, such as `+12 ms` or `+1.5 s`."""
    if abs(seconds) < 1:
        return f"{seconds * 1000:+.0f} ms"
    if abs(seconds) < 60:
        return f"{seconds:+.1f} s"
    minutes, rest = divmod(round(abs(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    sign = "-" if seconds < 0 else "+"
    return f"{sign}{hours} h {minutes} min" if hours else f"{sign}{minutes} min {rest} s"


def _order(trace: Trace, placed: dict[str, Any]) -> Iterator[str]:
    order = placed["order"]
    scale = order.get("asked", order["amount"])
    amount = figures.money(order["amount"], scale)
    quantity, price = figures.quantity(order["quantity"]), figures.price(order["price"])
    yield (
        f"order {order['id']}: {order['side']} {quantity} {order['sid']} at {price} for {amount}"
    )
    if "reason" in order:
        what = "cut from" if order["quantity"] else "refused, of"
        yield f"  {what} {figures.money(order['asked'], scale)}: {order['reason']}"
    for each in placed["fills"]:
        yield f"  filled {_filled(each['fill'])}{_where(trace, each)}"
    if placed["waits"]:
        yield f"  waits for the next quote of {order['sid']}"
    elif not placed["fills"] and order["quantity"]:
        yield "  has not filled in this journal, and waits no more"


def _earlier(trace: Trace, found: dict[str, Any]) -> Iterator[str]:
    fill, placed = found["fill"], found["placed"]
    yield f"fill of the order {fill['order_id']}: {fill['side']} {_filled(fill, fill['sid'])}"
    if placed is None:
        yield "  which is not in this journal"
    else:
        yield f"  placed{_where(trace, placed)}"


def _filled(fill: dict[str, Any], sid: str = "") -> str:
    fee = f", fee {figures.money(fill['fee'], fill['fee'])}" if fill["fee"] else ""
    quantity = f"{figures.quantity(fill['quantity'])} {sid}".rstrip()
    return f"{quantity} at {figures.price(fill['price'])}{fee}"


def _where(trace: Trace, other: dict[str, Any]) -> str:
    """Return at which other input, and how long before or after this one."""
    if other["seq"] == trace["seq"]:
        return " at once"
    since = duration((_read(other["decided"]) - _read(trace["decided"])).total_seconds())
    on = "" if other["channel"] == trace["channel"] else f" on {other['channel']}"
    return f" by {other['id']}{on}, decided {_show(_read(other['decided']))}   {since}"


def _read(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


def _show(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{moment.microsecond // 1000:03}"
