"""What an algorithm is: any object with these two methods. Nothing has to be inherited."""

from collections.abc import Mapping
from typing import Any, Protocol

from algo_service.errors import AlgoServiceError


class Algorithm(Protocol):
    """An algorithm, as its author writes it.

    Where it holds a `portfolio.Portfolio` as `self.portfolio`, orders and fills are taken from
    there. Where it does not, `event` may return orders, for which the engine keeps an account
    (`portfolio.OrderAccount`). Where it holds `Publications` as `self.publications`, what it
    publishes there reaches other algorithms. A class attribute `PARAMETERS`, a tuple of
    `portfolio.Parameter`, lets a misspelt parameter be refused. One `SAVED`, a tuple of names of
    attributes, lists what a restart keeps; methods `save` and `load` do the same by hand.
    """

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        """Prepare the algorithm; called once, before the first quote.

        :param params: the parameters as merged; `cash` and `seed` are always known by these names.
        :return: the data channels that it wants quotes from, such as `['quotes']`.
        """
        ...

    def event(self, data: Any) -> Any:
        """Decide on a quote, or on data: `data['channel']` tells them apart.

        :param data: a `portfolio.Quote`, `{'sid': 'GOOG', 'quote': 345.0, 'id': ..., 'channel':
            ..., ...}`; `ts` where the quote has one, and every other field as it was published.
        :return: ignored if there is a `self.portfolio`; else nothing, an order, or a list of
            orders, each a map with at least `side`, `sid` and `quantity`.
        """
        ...


def channels(answer: Any) -> list[str]:
    """Return the channels that `initialize` has answered with.

    :raises AlgoServiceError: if the answer is not a list of channels.
    """
    names = list(answer) if isinstance(answer, list | tuple) else []
    if not names or not all(isinstance(channel, str) and channel for channel in names):
        raise AlgoServiceError(
            f"initialize returned {answer!r:.80}: it has to return the list of the channels that"
            " the algorithm wants, such as ['quotes']"
        )
    return names
