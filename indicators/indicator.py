"""What an indicator is: quotes in, a value out, one state per instrument."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from indicators.errors import QuoteFieldError
from indicators.settings import Setting

Value = TypeVar("Value")
"""A float, or a NamedTuple of floats where there are several, such as the three of a MACD."""

Covariant = TypeVar("Covariant", covariant=True)

MAX_NUMBER = 1e100
"""Of a price or a volume: so that no product, square or sum of them is infinite."""

# JSON's grammar of numbers, and leading zeros: the contract allows a price as text
_TEXT = re.compile(r"\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


class Series(Protocol[Covariant]):
    """An indicator of one instrument; it takes its quotes in, in their order."""

    def add(self, number: Any, /) -> Covariant | None:
        """Take in what `Indicator.read` returned; return the value, or None where there is none."""
        ...

    def save(self) -> list[Any]:
        """Return the state: numbers, and lists of them."""
        ...

    def load(self, state: list[Any]) -> None:
        """Take on the state that `save` returned; called on a new object alone."""
        ...


class Indicator(ABC, Generic[Value]):
    """An indicator of as many instruments as there are; a `sid` is told from another.

    An algorithm makes one in `initialize` and calls `update` in `event`, on the thread of the
    engine. `market-data indicators` calls it for each quote that it receives. Its memory is
    bounded for each instrument.

    `save` returns plain data, and a new object that has loaded it goes on with the same values,
    to the last bit.

    :ivar name: as it is published: the kind and the numbers, `macd-12-26-9`.
    :ivar warm_up: quotes of an instrument up to the first value, that quote included.
    """

    KIND: ClassVar[str]
    """The word for it in a spec: `sma`."""
    SETTINGS: ClassVar[tuple[Setting, ...]]
    """Of the numbers of a spec, in their order."""
    FIELDS: ClassVar[tuple[str, ...]]
    """The names of its values, as they are published."""
    NEEDS: ClassVar[str] = 'quotes with "sid" and "quote"'
    """What it is computed from, for messages."""

    name: str
    warm_up: int

    def __init__(self, *numbers: float) -> None:
        """Check the numbers; a subclass names them.

        :raises SettingError: if one is not allowed.
        """
        self.numbers = tuple(
            setting.check(number, self.KIND)
            for setting, number in zip(self.SETTINGS, numbers, strict=True)
        )
        self.name = "-".join([self.KIND, *map("{:.12g}".format, self.numbers)])
        self._series: dict[str, Series[Value]] = {}

    @abstractmethod
    def _new(self) -> Series[Value]:
        """Return the series of an instrument without quotes."""

    def update(self, quote: Mapping[str, Any]) -> Value | None:
        """Take a quote in, and return the value of its instrument.

        :param quote: as `event` gets it: `sid`, `quote`, and the fields that the indicator reads.
        :return: None while warming up, and where the formula has no value, or none that is finite.
        :raises QuoteFieldError: if the quote lacks a field; nothing has changed then.
        """
        try:
            price, sid = quote["quote"], quote["sid"]
        except KeyError as error:
            raise self._lack(quote, error.args[0]) from None
        if type(price) is not float or not -MAX_NUMBER <= price <= MAX_NUMBER:
            price = self._number(quote, "quote")
        try:
            series = self._series[sid]  # in less time than a call takes
        except KeyError:
            series = self._of(sid)
        return series.add(price)

    def _of(self, sid: str) -> Series[Value]:
        """Return the series of an instrument, which is a new one at its first quote."""
        series = self._series.get(sid)
        if series is None:
            series = self._series[sid] = self._new()
        return series

    def _number(self, quote: Mapping[str, Any], field: str) -> float:
        """Return a field of a quote, a number or its text, as a float.

        :raises QuoteFieldError: if it is absent, null, no finite number, or too large.
        """
        given = value = quote.get(field)
        if isinstance(value, str) and _TEXT.fullmatch(value):
            value = float(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            with suppress(OverflowError):
                number = float(value)
                if -MAX_NUMBER <= number <= MAX_NUMBER:
                    return number
        if value is None:
            raise self._lack(quote, field)
        raise QuoteFieldError(
            field,
            f'{self.name} needs {self.NEEDS}, and "{field}" of {quote.get("sid")} is'
            f" {given!r:.40}, which is not a number up to {MAX_NUMBER:g}",
        )

    def _lack(self, quote: Mapping[str, Any], field: str) -> QuoteFieldError:
        sid = quote.get("sid")
        has = f'this one of {sid} has no "{field}"' if sid else 'this one has no "sid"'
        return QuoteFieldError(
            field if sid else "sid", f"{self.name} needs {self.NEEDS}, and {has}"
        )

    def values(self, value: Value) -> dict[str, float]:
        """Return a value as it is published: a map of the names in `FIELDS`."""
        each = value if isinstance(value, tuple) else (value,)
        return dict(zip(self.FIELDS, each, strict=True))

    def save(self) -> dict[str, list[Any]]:
        """Return the state of each instrument: plain data."""
        return {sid: series.save() for sid, series in self._series.items()}

    def load(self, data: Mapping[str, list[Any]]) -> None:
        """Take on the state that `save` of the same indicator returned."""
        self._series.clear()
        for sid, state in data.items():
            self._of(sid).load(state)
