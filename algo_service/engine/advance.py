"""Takes an algorithm from input to input, so that those that fail leave no trace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from algo_service.decisions import Failure, State

T = TypeVar("T")
R = TypeVar("R")


class UnkeptStateError(Exception):
    """The state cannot be kept since one of the inputs from number `since` on."""

    def __init__(self, since: int, cause: Exception):
        self.since, self.cause = since, cause


class Restorable(Protocol):
    """What is advanced: an algorithm with its portfolio."""

    @property
    def is_restorable(self) -> bool:
        """Whether `restore` restores the algorithm, too; if not, the portfolio alone."""
        ...

    @property
    def state(self) -> State:
        """The present state; it raises whatever the algorithm's `save` raises."""
        ...

    def restore(self, before: State) -> None:
        """Restore a state."""
        ...

    def take_back(self, error: BaseException) -> Failure:
        """Undo what an input that failed has changed in the portfolio; return the failure."""
        ...


def advance(
    subject: Restorable,
    inputs: Sequence[tuple[T, R]],
    before: State,
    step: Callable[[T], None],
    see: Callable[[T, R], object],
    fail: Callable[[T, Failure], None],
    check: Callable[[], State | None] | None = None,
    passes: tuple[type[BaseException], ...] = (),
) -> State:
    """Take a step for each input; those that fail leave no trace.

    An algorithm may have changed before it raised. One with `save` and `load` is restored to the
    last state that is known, and repeats the steps from there up to the one that failed.

    :param inputs: each with what `see` gets beside it.
    :param before: the present state.
    :param see: called after a step that has not failed.
    :param fail: called in its place after one that has.
    :param check: called after a step; raises if the state cannot be kept, and may return it.
    :param passes: exceptions that are not the algorithm's.
    :return: the state after them.
    :raises UnkeptStateError: if it cannot be kept.
    """
    start = 0  # the first input that `before` does not hold
    for n, (each, beside) in enumerate(inputs):
        try:
            step(each)
            kept = check() if check is not None else None
        except passes:
            raise
        # any exception: sys.exit() in an algorithm is a mistake in it, not a request to end
        except BaseException as error:
            failure = subject.take_back(error)
            if subject.is_restorable:
                subject.restore(before)
                if start < n:
                    for good, _ in inputs[start:n]:
                        step(good)
                    before = _state_since(subject, start)
                start = n + 1
            fail(each, failure)
        else:
            if kept is not None:
                before, start = kept, n + 1
            see(each, beside)
    return before if start == len(inputs) else _state_since(subject, start)


def _state_since(subject: Restorable, start: int) -> State:
    try:
        return subject.state
    except Exception as error:
        raise UnkeptStateError(start, error) from error
