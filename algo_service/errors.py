"""The exceptions of this package.

AlgoServiceError
├── LoadError        an algorithm cannot be imported, or is not an algorithm
├── InitializeError  an algorithm's own initialize raised
├── AddressError     the service cannot listen at an address
├── CurveError       keys cannot be used, or the other side does not accept them
├── WarmUpError      the history of a warm-up cannot be read to its end
├── InputError       a message breaks the contract
│   ├── QuoteError   a quote breaks it
│   └── CommandError a command breaks it
├── OrderError       an algorithm returned something that is not an order
├── PublicationError an algorithm published something that cannot be a message
├── OperatorError    a person's command is refused, or has no reply
├── NotifyError      a receiver of notifications cannot be used
├── StateError       what an algorithm's save() returned cannot be kept
├── TraceError       an id is not that of an input
├── JournalError     a journal cannot be opened, or cannot be written
├── QueryError       a question about the past has no answer
├── StandbyError     a standby is asked to decide
├── HandedOverError  a service that has handed over is asked to decide
└── HandOverError    a journal or an account is not handed over

Parameters are the portfolio's as well: their error is `portfolio.ParameterError`.
"""


class AlgoServiceError(Exception):
    """A mistake that a sentence explains; the base of the others."""


class LoadError(AlgoServiceError):
    """An algorithm cannot be imported, or is not an algorithm."""


class InitializeError(AlgoServiceError):
    """An algorithm's own `initialize` raised, or its `__init__`.

    `traceback` has the author's lines, without any of ours.
    """

    def __init__(self, sentence: str, traceback: str = ""):
        super().__init__(sentence)
        self.traceback = traceback


class AddressError(AlgoServiceError):
    """The service cannot listen at an address."""


class CurveError(AlgoServiceError):
    """Keys of CURVE cannot be used, or the other side has others, or none."""


class WarmUpError(AlgoServiceError):
    """The history of a warm-up cannot be read to its end, or is no longer wanted."""


class InputError(AlgoServiceError):
    """A message breaks the contract."""


class QuoteError(InputError):
    """A quote breaks the contract."""


class CommandError(InputError):
    """A command breaks the contract."""


class OrderError(AlgoServiceError):
    """An algorithm returned something that is not an order."""


class PublicationError(AlgoServiceError):
    """An algorithm published something that cannot be a message."""


class OperatorError(AlgoServiceError):
    """A person's command is not valid, is refused, or has no reply."""


class NotifyError(AlgoServiceError):
    """A receiver of notifications cannot be used."""


class StateError(AlgoServiceError):
    """What an algorithm's save() returned cannot be kept."""


class TraceError(AlgoServiceError):
    """An id is not that of an input that was decided."""


class JournalError(AlgoServiceError):
    """A journal cannot be opened, or cannot be written."""


class QueryError(AlgoServiceError):
    """A question about the past is not valid, or cannot be answered."""


class StandbyError(AlgoServiceError):
    """A standby, which has not opened its journal, is asked for more than that."""


class HandedOverError(AlgoServiceError):
    """A service that has handed its account over to another is asked to decide."""


class HandOverError(AlgoServiceError):
    """A journal or an account is not handed over."""
