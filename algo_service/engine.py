"""The engine: drives one algorithm, quote by quote. Knows no network and no clock.

Serving live and backtesting are two callers of it.
"""

from __future__ import annotations

import random
import traceback
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypedDict

from algo_service.algorithm import Algorithm
from algo_service.errors import AlgoServiceError, ParameterError
from algo_service.orders import complete, encode
from algo_service.parameters import merge
from algo_service.quotes import accept
from portfolio import Portfolio


class Decision(TypedDict):
    """What a quote led to; orders and fills as JSON text, in the order placed."""

    orders: list[str]
    fills: list[str]


class Failure(TypedDict):
    """Why a quote led to nothing; the traceback is the algorithm's own, or empty."""

    error: str
    traceback: str


class Engine:
    """Drives one algorithm.

    :param create: makes the algorithm, such as its class; called anew if it is initialised
        anew before its first quote.
    :param name: the algorithm's name on the wire.
    :param overrides: parameters that win over those given to `initialize`.
    :param seed: the one to use where no parameters give any.
    :param first_seq: where the count of decisions begins.
    """

    def __init__(
        self,
        create: Callable[[], Algorithm],
        name: str,
        overrides: Mapping[str, Any],
        seed: int,
        first_seq: int = 0,
    ):
        self._create = create
        self.name = name
        self._overrides = overrides
        self._seed = seed
        self._first_seq = self._seq = first_seq
        self._last_quote_id: str | None = None
        self._algorithm: Algorithm | None = None
        self._portfolio: Portfolio | None = None
        self._channels: list[str] = []
        self.parameters: dict[str, Any] = {}

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        """Prepare the algorithm and return the channels that it wants.

        Once a quote was decided the same parameters return the channels and reset nothing.

        :raises ParameterError: if a parameter is not allowed, or they are others than those that
            the algorithm has begun with.
        :raises AlgoServiceError: if the algorithm's answer is no list of channels.
        """
        if not isinstance(params, Mapping):
            raise ParameterError(f"the parameters are {params!r:.80}: they have to be a map")
        declared = getattr(self._create, "PARAMETERS", None)
        parameters = merge(declared, params, self._overrides, seed=self._seed)
        if self._algorithm and parameters == self.parameters:
            return self._channels
        if self._seq > self._first_seq:
            raise ParameterError(
                f"{self.name} has begun with {_difference(self.parameters, parameters)}:"
                " restart the service to begin anew"
            )
        algorithm = self._create()
        # An algorithm that draws from the module `random` is reproducible too.
        random.seed(parameters["seed"])
        # `cash` is another name of `starting_cash`, for the reader as for the giver.
        cash = {"cash": parameters["starting_cash"]} if "starting_cash" in parameters else {}
        channels = _channels(algorithm.initialize({**parameters, **cash}))
        portfolio = getattr(algorithm, "portfolio", None)
        self._algorithm, self.parameters, self._channels = algorithm, parameters, channels
        self._portfolio = portfolio if isinstance(portfolio, Portfolio) else None
        return channels

    def decide(self, quotes: Iterable[Any]) -> list[Decision | Failure]:
        """Decide on each quote in turn; a quote that fails leaves the portfolio as it was.

        :param quotes: maps as in contracts/quote.schema.json#/$defs/canonical; their prices are
            made floats in place.
        :return: one entry per quote.
        :raises AlgoServiceError: if the algorithm was not initialised.
        """
        if self._algorithm is None:
            raise AlgoServiceError("initialize has not been called: call it before the first quote")
        algorithm, portfolio = self._algorithm, self._portfolio
        return [self._decide(algorithm, portfolio, quote) for quote in quotes]

    def _decide(
        self, algorithm: Algorithm, portfolio: Portfolio | None, quote: Any
    ) -> Decision | Failure:
        self._seq += 1
        try:
            quote = accept(quote)
            self._last_quote_id = quote["id"]
            if portfolio is None:
                orders = complete(algorithm.event(quote), self.name, quote)
                return {"orders": [encode(order) for order in orders], "fills": []}
            portfolio.begin(self.name, quote)
            try:
                algorithm.event(quote)
                return {
                    "orders": [encode(order) for order in portfolio.orders],
                    "fills": [encode(fill) for fill in portfolio.fills],
                }
            except BaseException:
                portfolio.undo()
                raise
        except AlgoServiceError as error:
            return {"error": _sentence(error), "traceback": ""}
        # sys.exit() in an algorithm is a mistake in it, not a wish of the operator's
        except (Exception, SystemExit) as error:
            return {"error": _sentence(error), "traceback": _traceback(error)}

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain data (contracts/portfolio.schema.json)."""
        state: dict[str, Any] = {"cash": None, "positions": None, "equity": None}
        if self._portfolio is not None:
            state = self._portfolio.snapshot()
        return {
            "algo": self.name,
            "seq": self._seq,
            "quote_id": self._last_quote_id,
            "parameters": self.parameters,
            **state,
        }


def _channels(answer: Any) -> list[str]:
    channels = list(answer) if isinstance(answer, list | tuple) else []
    if not channels or not all(isinstance(channel, str) and channel for channel in channels):
        raise AlgoServiceError(
            f"initialize returned {answer!r:.80}: it has to return the list of the channels that"
            " the algorithm wants, such as ['quotes']"
        )
    return channels


def _difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    return ", ".join(f"{name}={before.get(name)!r}, not {now.get(name)!r}" for name in names)


def _sentence(error: BaseException) -> str:
    name = type(error).__name__
    try:
        return _utf8(f"{name}: {error}")
    except Exception:  # an exception whose __str__ raises is still one bad quote only
        return name


def _traceback(error: BaseException) -> str:
    # the frames of the engine are of no use to the algorithm's author
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    return _utf8("".join(traceback.format_exception(type(error), error, frames)))


def _utf8(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
