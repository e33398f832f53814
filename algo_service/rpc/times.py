"""What the header of a call of `events` tells: when its inputs were published and received."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zerorpc.decorators import DecoratorBase
from zerorpc.patterns import ReqRep

from algo_service.decisions import Key
from algo_service.journal.store import CallTimes

TIMES = "times"
"""The entry of the header of a call."""
SEQ = "seq"
"""That of its answer: the count of decisions after it."""


def call_times(given: Any, inputs: Any) -> CallTimes:
    """Return what the entry `times` of a header says.

    Nothing is decided by it, so that what is not as the contract has it is left out.

    :param inputs: those of the call.
    """
    if not isinstance(given, Mapping) or not isinstance(inputs, list | tuple):
        return CallTimes()
    received = seconds(given.get("received"))
    return CallTimes(
        (received[0], received[1]) if len(received) == 2 else None,
        _published(given.get("published"), inputs),
        confirmed_of(given.get("confirmed")),
    )


def confirmed_of(given: Any) -> list[tuple[int, float]]:
    """Return counts of decisions, each with the time in seconds, of pairs in milliseconds."""
    return [
        (each[0], each[1] / 1000)
        for each in _lists(given, 2)
        if type(each[0]) is int and _is_time(each[1])
    ]


def seconds(given: Any) -> list[float]:
    """Return times in milliseconds as seconds; none if one of them is not a time."""
    is_valid = isinstance(given, list | tuple) and all(_is_time(each) for each in given)
    return [each / 1000 for each in given] if is_valid else []


def _published(given: Any, inputs: Any) -> dict[Key, float]:
    """Return the time of each input that is told by `[place, number of inputs, milliseconds]`."""
    found: dict[Key, float] = {}
    for place, count, at in _lists(given, 3):
        if type(place) is not int or type(count) is not int or not _is_time(at):
            continue
        for each in inputs[max(place, 0) : place + count]:
            if not isinstance(each, dict):
                continue
            channel, name = each.get("channel"), each.get("id")
            if isinstance(channel, str) and isinstance(name, str):
                found[channel, name] = at / 1000
    return found


def _lists(given: Any, length: int) -> list[Any]:
    if not isinstance(given, list | tuple):
        return []
    return [each for each in given if isinstance(each, list | tuple) and len(each) == length]


def _is_time(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < 1e15


class _Pattern(ReqRep):  # type: ignore[misc]
    def process_call(self, context: Any, channel: Any, request: Any, method: WithTimes) -> None:
        context.hook_server_before_exec(request)
        result, header = method.with_times(*request.args, times=request.header.get(TIMES))
        answer = channel.new_event("OK", (result,), {**context.hook_get_task_context(), **header})
        context.hook_server_after_exec(request, answer)
        channel.emit_event(answer)


class WithTimes(DecoratorBase):  # type: ignore[misc]
    """A method that is told the times of its inputs by the header of a call.

    :param method: as it is described to callers.
    :param with_times: gets the arguments and `times`; returns the value, and entries for the header
        of the answer.
    """

    pattern = _Pattern()

    def __init__(self, method: Any, with_times: Any):
        super().__init__(method)
        self.with_times = with_times
