"""The exceptions of this package; each is a ValueError, and reads as one sentence.

PortfolioError
├── ParameterError     a parameter is unknown, or its value is not allowed
├── InvalidTimeError   a quote's `ts` is no time
└── MissingTimeError   a limit that needs time met a quote without it
"""


class PortfolioError(ValueError):
    """A mistake that a sentence explains; the base of the others."""


class ParameterError(PortfolioError):
    """A parameter is unknown, or its value is not allowed."""


class MissingTimeError(PortfolioError):
    """A limit that needs time met a quote without it."""


class InvalidTimeError(PortfolioError):
    """A quote's `ts` is no time.

    `code` is one of contracts/README.md, "Times"; `value` is what was given, `reason` a sentence.
    """

    def __init__(self, code: str, value: object, reason: str):
        shown = f'"{value:.40}"' if isinstance(value, str) else f"{value!r:.40}"
        super().__init__(f'"ts" is {shown}: {reason}')
        self.code = code
        self.value = value
        self.reason = reason
