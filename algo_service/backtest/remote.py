"""A backend at an address, in any language, played over history as a driver plays an algorithm."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import zerorpc

from algo_service.decisions import Failure
from algo_service.engine.driver import Quote, TimedQuote
from algo_service.engine.failure import sentence
from algo_service.engine.inputs import takes_bars
from algo_service.engine.returned import complete
from algo_service.errors import AddressError, AlgoServiceError, OrderError
from algo_service.rpc.client import Client
from algo_service.rpc.curve.keys import ClientKeys
from portfolio import STARTING_CASH, Fill, Order, OrderAccount, Portfolio

BATCH = 500
"""Quotes of one call of `events`."""


class _MirrorPortfolio(Portfolio):
    """A copy of the portfolio of a backend that keeps its own account."""

    def take(self, orders: Iterable[Order], fills: Iterable[Fill]) -> None:
        """Record the orders and fills of the last quote."""
        self.transaction.note()  # so that the next quote forgets them
        self.transaction.orders.extend(orders)
        for fill in fills:
            self.transaction.apply(fill)


class RemoteBackend:
    """A backend that is initialised.

    :param address: such as `tcp://127.0.0.1:4242`.
    :param params: for its `initialize`.
    :param fresh: whether it is known to have decided nothing yet, if it cannot report that.
    :param keys: with them it is reached by CURVE alone.
    :raises AddressError: if the address is not valid, or no backend answers.
    :raises CurveError: if one of the two has keys and the other none, or does not accept them.
    :raises AlgoServiceError: if it has a journal, has decided something, cannot report that it
        has not, or refuses to initialise.
    """

    def __init__(
        self,
        address: str,
        params: Mapping[str, Any],
        *,
        fresh: bool,
        keys: ClientKeys | None = None,
    ) -> None:
        self._address = address
        # no timeout: heartbeats show whether it is there
        self._client = Client(address, keys, who="backend", timeout=None)
        try:
            self._begin({STARTING_CASH.aliases[0]: STARTING_CASH.default, **params}, fresh)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Disconnect."""
        self._client.close()

    def _begin(self, params: dict[str, Any], fresh: bool) -> None:
        if STARTING_CASH.name in params:
            del params[STARTING_CASH.aliases[0]]
        methods = self._methods()
        before = self._call("snapshot") if "snapshot" in methods else {}
        self.name = before.get("algo") or re.sub(r"[^\w.-]+", "-", self._address.split("//")[-1])
        self._refuse_used(methods, before, fresh)
        channels = self._call("initialize", params)
        snapshot = self._call("snapshot") if before else {}
        self.parameters: dict[str, Any] = snapshot.get("parameters") or params
        self._takes_many = "events" in methods
        cash = snapshot.get("cash")
        self._mirror = self._account = None
        if self._takes_many and isinstance(cash, int | float):
            self.portfolio: Portfolio = _MirrorPortfolio(cash)
            self._mirror = self.portfolio
        else:
            self.portfolio = OrderAccount.from_params(params)
            self._account = self.portfolio
        self.channels = [*map(str, channels)] if isinstance(channels, list | tuple) else []
        """Those that it asks for."""
        if takes_bars(self.channels):
            self.portfolio.keep_times()

    def _methods(self) -> list[str]:
        for ask in ("_zerorpc_list", "_zerorpc_inspect"):
            try:
                found = self._call(ask)
            except AlgoServiceError as error:
                if isinstance(error, AddressError):
                    raise
                continue
            return list(found.get("methods", ())) if isinstance(found, dict) else list(found)
        return ["initialize", "event"]

    def _refuse_used(self, methods: list[str], snapshot: Mapping[str, Any], fresh: bool) -> None:
        start = (
            "start a fresh one for the backtest:"
            f" algo-service serve --algo {self.name} --addr tcp://127.0.0.1:4343"
        )
        if "orders_since" in methods:
            raise AlgoServiceError(
                f"{self.name} at {self._address} has a journal, in which a backtest would be kept;"
                f" {start}"
            )
        if snapshot.get("quote_id") is not None:
            raise AlgoServiceError(
                f"{self.name} at {self._address} has decided on quotes already, the last one"
                f" {snapshot['quote_id']}; {start}"
            )
        if "quote_id" not in snapshot and not fresh:
            raise AlgoServiceError(
                f"the backend at {self._address} cannot report whether it has decided on quotes"
                " already: restart it, and give --fresh"
            )

    def _call(self, method: str, *args: Any) -> Any:
        try:
            return self._client(method, *args)
        except (zerorpc.LostRemote, zerorpc.TimeoutExpired) as error:
            raise AddressError(f"no backend answers at {self._address}: see its --addr") from error
        except zerorpc.RemoteError as error:
            raise AlgoServiceError(
                f"the backend at {self._address} refuses {method}: {error.name}: {error.msg}"
            ) from error

    def play(
        self,
        history: Iterable[TimedQuote],
        see: Callable[[Quote, int | None], None],
        fail: Callable[[Quote, Failure], None],
    ) -> None:
        """Have it decide on quotes for as long as they come, as `Driver.play`, and disconnect.

        :raises AlgoServiceError: if its answer breaks the contract, or the connection is lost.
        """
        try:
            self._play(iter(history), see, fail)
        finally:
            self.close()

    def _play(
        self,
        feed: Iterator[TimedQuote],
        see: Callable[[Quote, int | None], None],
        fail: Callable[[Quote, Failure], None],
    ) -> None:
        while chunk := list(islice(feed, BATCH)):
            answers = self._ask([quote for quote, _ in chunk])
            for (quote, at), answer in zip(chunk, answers, strict=True):
                prices = None
                if "of" not in quote:
                    self.portfolio.begin(self.name, quote)
                elif not self.portfolio.begin_derived(self.name, quote):
                    prices = self.portfolio.prices
                try:
                    failure = self._take(quote, answer, prices)
                except (OrderError, ValueError) as error:
                    failure = {"error": sentence(error), "traceback": ""}
                if failure is None:
                    see(quote, at)
                else:
                    self.portfolio.undo()
                    fail(quote, failure)

    def _ask(self, quotes: list[Quote]) -> Iterable[Any]:
        if not self._takes_many:
            return map(self._event, quotes)  # one call for each, when its turn comes
        answers = self._call("events", quotes)
        if not isinstance(answers, list | tuple) or len(answers) != len(quotes):
            raise AlgoServiceError(
                f"the backend at {self._address} answered {len(quotes)} quotes with {answers!r:.80}"
            )
        return answers

    def _event(self, quote: Quote) -> Any:
        try:
            return {"returned": self._client("event", quote)}
        except zerorpc.RemoteError as error:
            return {"error": f"{error.name}: {error.msg}", "traceback": error.traceback or ""}
        except (zerorpc.LostRemote, zerorpc.TimeoutExpired) as error:
            raise AddressError(f"the backend at {self._address} is lost") from error

    def _take(
        self, quote: Quote, answer: Any, prices: Mapping[str, float] | None
    ) -> Failure | None:
        if "error" in answer:
            return {"error": answer["error"], "traceback": answer.get("traceback") or ""}
        if "returned" in answer:
            orders = complete(_without_data(answer["returned"]), self.name, quote, prices)
        else:
            orders = [Order(**json.loads(text)) for text in answer["orders"]]
        if self._mirror is not None:
            fills = [Fill(**json.loads(text)) for text in answer["fills"]]
            self._mirror.take(orders, fills)
        elif self._account is not None:
            self._account.take(quote, orders)
        return None


def _without_data(returned: Any) -> Any:
    """Return the orders alone, of a backend that returns what it publishes beside them."""
    is_both = isinstance(returned, dict) and "side" not in returned
    return returned.get("orders") if is_both and returned.keys() & {"orders", "data"} else returned
