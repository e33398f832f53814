"""The exceptions of this package; each is a ValueError, and reads as one sentence.

IndicatorError
├── SettingError      an indicator is unknown, or a number of it is not allowed
└── QuoteFieldError   a quote lacks what the indicator is computed from
"""


class IndicatorError(ValueError):
    """The base of the others; its text is one sentence."""


class SettingError(IndicatorError):
    """An indicator is unknown, or a number that it is made with is not allowed."""


class QuoteFieldError(IndicatorError):
    """A quote lacks what the indicator is computed from; the indicator is as before.

    `field` is the field's name.
    """

    def __init__(self, field: str, text: str):
        super().__init__(text)
        self.field = field
