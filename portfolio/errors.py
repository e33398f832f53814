"""The exceptions of this package; each is a ValueError, and reads as one sentence.

PortfolioError
├── ParameterError     a parameter is unknown, or its value is not allowed
├── InvalidTimeError   a quote's `ts` is not a valid time
└── MissingTimeError   a limit needs the time of a quote that has none
"""


class PortfolioError(ValueError):
    """The base of the others; its text is one sentence."""


class ParameterError(PortfolioError):
    """A parameter is unknown, or its value is not allowed."""


class MissingTimeError(PortfolioError):
    """A limit needs the time of a quote that has none."""


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
