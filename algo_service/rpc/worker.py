"""A thread beside gevent's hub, which goes on with its heartbeats meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import gevent
from gevent.threadpool import ThreadPool

from algo_service.engine.failure import sentence
from algo_service.errors import AlgoServiceError

T = TypeVar("T")


class Worker:
    """One thread, kept as long as the service runs: it takes calls in the order of arrival.

    Its methods are called in the hub's thread.

    :param note: called in the worker's thread after each call.
    """

    def __init__(self, note: Callable[[], None] = lambda: None):
        self._note = note
        self._pool = ThreadPool(1)

    def call(self, function: Callable[..., T], *args: Any) -> T:
        """Return what a function returns in the worker's thread.

        :raises Exception: what the function raises.
        :raises AlgoServiceError: if that ends a process, such as `SystemExit`.
        """
        # gevent would print what a worker's function raises; the caller reports it instead
        value, error = self._pool.apply(self._outcome, (function, *args))
        if error is not None:
            raise error
        return cast(T, value)

    def drain(self, patience: float) -> bool:
        """Wait until the calls under way have ended; return whether they have, in time.

        :param patience: seconds.
        """
        with gevent.Timeout(patience, False):
            self._pool.join()
            return True
        return False

    def join(self) -> None:
        """Wait until the calls under way have ended."""
        self._pool.join()

    def _outcome(self, function: Callable[..., T], *args: Any) -> tuple[T | None, Exception | None]:
        try:
            return function(*args), None
        except Exception as error:
            return None, error
        except BaseException as error:
            # sys.exit() in an algorithm's initialize must not end the hub
            return None, AlgoServiceError(f"the algorithm raised {sentence(error)}")
        finally:
            self._note()
