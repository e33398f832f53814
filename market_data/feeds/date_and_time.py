"""A date and a time of day in columns of their own, as one text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from market_data.feeds.invalid_quote import InvalidQuoteError

CLOCKS = ("time", "time_m")
"""Names of columns that hold a time of day beside a date."""
PARTS = ("hour", "minute", "tod")
"""Names of columns that hold a part of it: how, only a user knows."""

_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?", re.ASCII)
_MIDNIGHT = re.compile(r"[T ]00:00(:00(\.0+)?)?$")
_NOTHING = ("", "nan", "none", "null")


def day_of(text: str) -> str:
    """Return a date without the midnight that some tools write behind it."""
    return _MIDNIGHT.sub("", text.strip())


def looks_like_clock(text: str) -> bool:
    """Tell whether a text is a time of day, with colons or as digits."""
    text = text.strip()
    return bool(_CLOCK.fullmatch(text)) or _is_digits(text)


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 6


class DateAndTime:
    """Joins the cells of both columns.

    Times of day as digits, such as 93000 for 09:30:00, have lost their leading zeros: how many
    there were is known from the longest of the first ones.

    :param clocks: the first times of day.
    :param is_formatted: whether a `strptime` format will read the text: then it stays as it is, but
        for these zeros.
    """

    def __init__(self, clocks: Sequence[str], *, is_formatted: bool):
        digits = [clock.strip() for clock in clocks if _is_digits(clock.strip())]
        longest = max(map(len, digits), default=0)
        is_zero = not any(map(int, digits))
        self._width = 0 if longest < 3 and not is_zero else 4 if longest < 5 else 6
        self._is_formatted = is_formatted

    def can_read(self, clocks: Sequence[str]) -> bool:
        """Tell whether most of the texts are times of day, and all digits are such."""
        found = [clock.strip() for clock in clocks if clock.strip().lower() not in _NOTHING]
        likely = [clock for clock in found if looks_like_clock(clock)]
        are_valid = all(map(self._is_valid, filter(_is_digits, likely)))
        return bool(found) and 2 * len(likely) > len(found) and are_valid

    def _is_valid(self, digits: str) -> bool:
        padded = digits.zfill(self._width)
        pairs = [padded[n : n + 2] for n in range(0, self._width, 2)]
        return 0 < self._width >= len(digits) and pairs[0] < "24" and max(pairs[1:]) < "60"

    def join(self, date: str, clock: str) -> str:
        """Return both as one text.

        :raises InvalidQuoteError: if one of them is missing, or digits are too many.
        """
        day, clock = day_of(date), clock.strip()
        if day.lower() in _NOTHING or clock.lower() in _NOTHING:
            raise InvalidQuoteError("missing", "no time" if clock else "no time of day")
        if clock.isdecimal() and self._width:
            if len(clock) > self._width:
                raise InvalidQuoteError(
                    "time", f'the time of day is "{clock:.20}": others are shorter'
                )
            clock = clock.zfill(self._width)
            if not self._is_formatted:
                clock = ":".join(clock[n : n + 2] for n in range(0, self._width, 2))
        elif clock[1:2] == ":":
            clock = f"0{clock}"
        if len(day) == 8 and day.isdecimal() and not self._is_formatted:
            day = f"{day[:4]}-{day[4:6]}-{day[6:]}"
        return f"{day} {clock}"
