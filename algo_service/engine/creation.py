"""Makes an algorithm and initialises it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from algo_service.algorithm import Algorithm, channels
from algo_service.engine.failure import own_place, own_traceback, sentence
from algo_service.errors import AlgoServiceError, InitializeError
from algo_service.missing_package import package_advice
from algo_service.parameters import SEED, TrackedParameters
from algo_service.publications import Publications
from indicators import IndicatorError
from portfolio import STARTING_CASH, OrderAccount, Portfolio, PortfolioError

log = logging.getLogger(__name__)


class InitialisedAlgorithm(NamedTuple):
    """An algorithm after its `initialize`."""

    algorithm: Any
    channels: list[str]
    portfolio: Portfolio
    account: OrderAccount | None
    """The portfolio, of an algorithm that has none of its own and returns its orders."""
    publications: Publications | None
    """Of an algorithm that shares data."""


def initialised(
    create: Callable[[], Algorithm], name: str, parameters: Mapping[str, Any]
) -> InitialisedAlgorithm:
    """Make an algorithm and call its `initialize`.

    :param create: makes the algorithm, such as its class.
    :param name: its name, for log lines.
    :param parameters: as merged.
    :raises AlgoServiceError: if `initialize` does not return a list of channels.
    :raises InitializeError: if the algorithm's own lines raise.
    """
    # `cash` is another name of `starting_cash`, for who reads it as for who gives it.
    cash = {"cash": parameters["starting_cash"]} if "starting_cash" in parameters else {}
    given = TrackedParameters({**parameters, **cash})
    try:
        algorithm: Any = create()
        wanted = algorithm.initialize(given)
    except (AlgoServiceError, IndicatorError, PortfolioError, KeyboardInterrupt):
        raise  # already a sentence, or the user interrupts
    except BaseException as error:
        raise InitializeError(
            f"initialize raised {sentence(error)}{own_place(error)}{package_advice(error)}",
            own_traceback(error),
        ) from None
    portfolio = getattr(algorithm, "portfolio", None)
    account = None
    if not isinstance(portfolio, Portfolio):  # one that returns its orders: an account for them
        portfolio = account = OrderAccount.from_params(given)
    if not hasattr(create, "PARAMETERS"):
        _warn_of(name, given.unread)
    publications = getattr(algorithm, "publications", None)
    if not isinstance(publications, Publications):
        publications = None
    elif publications.has_waiting:
        raise InitializeError(
            "initialize called publish: a message is published at an input, so call it in event"
        )
    return InitialisedAlgorithm(algorithm, channels(wanted), portfolio, account, publications)


def _warn_of(name: str, unread: Iterable[str]) -> None:
    common = {SEED.name, STARTING_CASH.name, *STARTING_CASH.aliases}
    for parameter in unread:
        if parameter not in common:
            log.warning("initialize of %s does not read the parameter %s", name, parameter)
