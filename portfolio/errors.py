"""The exceptions of this package; each is a ValueError, and reads as one sentence.

PortfolioError
├── ParameterError     a parameter is unknown, or its value is not allowed
└── MissingTimeError   a limit that needs time met a quote without it
"""


class PortfolioError(ValueError):
    """A mistake that a sentence explains; the base of the others."""


class ParameterError(PortfolioError):
    """A parameter is unknown, or its value is not allowed."""


class MissingTimeError(PortfolioError):
    """A limit that needs time met a quote without it."""
