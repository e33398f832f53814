"""What Alpaca refuses, in sentences."""

from __future__ import annotations

from market_data.errors import FeedError
from market_data.live.source import SourceLostError

CREDENTIALS = ("APCA_API_KEY_ID", "APCA_API_SECRET_KEY")
"""The names under which the key and the secret of an account are known in its documentation."""


class AlpacaRefusedError(FeedError):
    """What waiting does not help against: credentials, or a plan that allows less."""

    def __init__(self, refused: str, reason: str, expected: str):
        super().__init__(f"Alpaca refuses {refused}: {reason}; expected {expected}")
        self.refused = refused
        self.reason = reason


def refused_credentials(origin: str, reason: str) -> AlpacaRefusedError:
    """Return the error of a key or a secret that is not accepted."""
    return AlpacaRefusedError(
        f"the key and the secret of {origin}", reason, f"{CREDENTIALS[0]} and {CREDENTIALS[1]}"
    )


# Refusals for good, by the codes of the stream's documentation: what is refused, what is expected.
_REFUSALS = {
    400: ("the subscription", "symbols as Alpaca writes them, such as AAPL"),
    405: ("so many symbols", "as many as the plan of the account allows"),
    409: ("this feed", "another --feed, or a plan that has it"),
    410: ("the subscription", "a --feed of equities"),
}
_LOSSES = {
    404: "it did not get the credentials in time",
    406: "the account has another connection to this stream, and its plan allows no more",
    407: "it could not send as fast as trades come",
}


def stream_error(code: object, text: str, origin: str) -> FeedError | SourceLostError:
    """Return what an error of the stream means: the end, or another attempt later.

    :param text: as the stream says it.
    :param origin: of the credentials.
    """
    reason = f"{text} (error {code})"
    if code == 402:
        return refused_credentials(origin, reason)
    if isinstance(code, int) and code in _REFUSALS:
        refused, expected = _REFUSALS[code]
        return AlpacaRefusedError(refused, reason, expected)
    if isinstance(code, int) and code in _LOSSES:
        return SourceLostError(f"{_LOSSES[code]}: {reason}")
    return SourceLostError(reason)
