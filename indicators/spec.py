"""An indicator as a text: `sma:20`, `macd:12,26,9`."""

from __future__ import annotations

import difflib
from typing import Any

from indicators.atr import Atr
from indicators.channel import Donchian, Stochastic
from indicators.crossing import Crossing
from indicators.deviation import Bollinger, StandardDeviation, ZScore
from indicators.ema import Ema
from indicators.errors import SettingError
from indicators.indicator import Indicator
from indicators.macd import Macd
from indicators.roc import Momentum, Roc, Rocr
from indicators.rsi import Rsi
from indicators.sma import Sma
from indicators.vwap import Vwap
from indicators.wma import Wma

INDICATORS: tuple[type[Indicator[Any]], ...] = (
    Sma,
    Ema,
    Wma,
    Vwap,
    Macd,
    Crossing,
    Rsi,
    Stochastic,
    Momentum,
    Roc,
    Rocr,
    StandardDeviation,
    Bollinger,
    ZScore,
    Atr,
    Donchian,
)

KINDS = {each.KIND: each for each in INDICATORS}
"""All indicators, by the word for each in a spec."""


def parse(spec: str) -> Indicator[Any]:
    """Return a new indicator; its `name` is that of the spec, with `-` between its parts.

    :param spec: the kind, `:`, and its numbers, separated by commas.
    :raises SettingError: if there is no such kind, or its numbers are not allowed.
    """
    kind, colon, text = spec.strip().partition(":")
    indicator = KINDS.get(kind)
    if indicator is None:
        raise SettingError(f'there is no indicator "{kind:.40}"{_advice(kind)}')
    settings = indicator.SETTINGS
    parts = text.split(",") if colon else []
    if len(parts) != len(settings):
        raise SettingError(
            f'"{spec:.40}" gives {_count(len(parts))}, and {kind} takes {len(settings)}'
            f" ({', '.join(setting.name for setting in settings)}): such as {usual(indicator)}"
        )
    pairs = zip(settings, parts, strict=True)
    return indicator(*(setting.read(part.strip(), kind) for setting, part in pairs))


def usual(indicator: type[Indicator[Any]]) -> str:
    """Return the spec of an indicator with the usual numbers: `macd:12,26,9`."""
    numbers = ",".join(f"{setting.usual:g}" for setting in indicator.SETTINGS)
    return f"{indicator.KIND}:{numbers}"


def _count(count: int) -> str:
    return {0: "no number", 1: "1 number"}.get(count, f"{count} numbers")


def _advice(kind: str) -> str:
    near = difflib.get_close_matches(kind.lower(), KINDS, n=1)
    if near:
        return f": did you mean {usual(KINDS[near[0]])}?"
    return f"; there is {', '.join(sorted(KINDS))}"
