"""The methods of cases.json in Python, for `zerorpc --server cases.Cases`."""

# Without docstrings below, on purpose: a docstring is what a caller gets as help.
# ruff: noqa: D102

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import zerorpc


def described(method: Callable[..., Any]) -> Callable[..., Any]:
    """Give a method the arguments that zerorpc 0.6.3 cannot find itself on Python >= 3.11."""
    spec = inspect.getfullargspec(method)
    method._zerorpc_args = lambda: (spec.args[1:], spec.varargs, None, spec.defaults)
    return method


class Cases:
    """What the table calls."""

    @described
    def add(self, a: Any, b: Any = 2) -> Any:
        """Add two values.

        The second is 2, if it is left out.
        """
        return a + b

    @zerorpc.stream
    @described
    def broken(self, n: int) -> Iterator[int]:
        yield from range(n)
        raise ValueError(f"broken after {n}")

    @zerorpc.stream
    @described
    def count(self, n: int) -> Iterator[int]:
        return iter(range(n))

    @zerorpc.stream
    @described
    def each(self, values: list[Any]) -> Iterator[Any]:
        return iter(values)

    @described
    def echo(self, value: Any) -> Any:
        return value

    @described
    def fail(self) -> None:
        raise ValueError("no price: “€ ½”")

    @described
    def kind(self, value: Any) -> str:
        if value is None:
            return "nil"
        kinds = {bytes: "bin", dict: "map"}
        return kinds.get(type(value), type(value).__name__)

    @described
    def nothing(self) -> None:
        pass

    @described
    def sleep(self, seconds: float, value: Any) -> Any:
        gevent.sleep(seconds)
        return value

    @zerorpc.stream
    @described
    def slowly(self, n: int, seconds: float) -> Iterator[int]:
        for i in range(n):
            gevent.sleep(seconds)
            yield i

    def _secret(self) -> None:
        pass
