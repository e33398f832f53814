"""One instrument of an exchange: its trades become quotes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeGuard

from market_data.feeds.bounds import MAX_PRICE
from market_data.feeds.quote import Quote, Recorded
from market_data.live.exchange.numbered import NumberedTrades
from market_data.live.exchange.order_book import MAX_SIZE
from market_data.live.exchange.recent import RecentTrades
from market_data.live.exchange.trade import Place, Trade, TradeGap
from market_data.live.source import Bound, Gap, Report
from portfolio.errors import InvalidTimeError
from portfolio.times import UNITS, within

_MAX_ID = 128
"""Characters of the exchange's own id of a trade."""

_MAX_DIGITS = 20
"""Of the number of a trade."""

_BEYOND = int("1" + "0" * _MAX_DIGITS)


class Invalid(ValueError):  # noqa: N818
    """A trade that is no quote; the text is the reason."""


class Instrument:
    """The trades of one market.

    :param name: of the exchange, the first part of ids.
    :param sid: the exchange's own name of the market.
    :param bar_length: in ms, if its trades are bars; 0 if they are trades.
    """

    def __init__(
        self,
        name: str,
        sid: str,
        symbol: str,
        trades: NumberedTrades | RecentTrades,
        clock: Callable[[], float],
        bar_length: int = 0,
    ):
        self._bar_length = bar_length
        self.sid = sid
        self.symbol = symbol
        self.trades = trades
        self.is_checked = False
        """Whether the history was asked because no trade comes."""
        self._name = name
        self._clock = clock
        self._count = 0
        self._heard_at = clock()

    @property
    def silence(self) -> float:
        """Seconds since the last trade came, or the history was asked for want of one."""
        return self._clock() - self._heard_at

    def heard(self) -> None:
        """Take note that a trade has come, or that the history is asked for want of one."""
        self._heard_at = self._clock()

    def quotes(self) -> list[Quote]:
        """Return those of the trades that follow."""
        return [self._quote(trade) for trade in self.trades.take()]

    def gap(self, gap: TradeGap) -> Report:
        """Return what is reported about a gap."""
        after, before = self._bound(gap.after), self._bound(gap.before)
        count = "trades" if gap.missing is None else f"{gap.missing} trades"
        reason = (
            f"{count} of {self.sid} are missing between {after.id} and {before.id}:"
            f" {self._name} does not have them"
        )
        return Report("gap", reason, gap=Gap(self.sid, after, before, gap.missing))

    def _bound(self, place: Place) -> Bound:
        return Bound(self._ts(place), self._id(place))

    def _id(self, place: Place) -> str:
        own_id = place.at if self._bar_length else place.id
        return f"{self._name}:{self.sid}:{own_id}"

    def _ts(self, place: Place) -> str:
        # of a bar its end, as its last millisecond
        return _time(place.at + self._bar_length - 1 if self._bar_length else place.at)

    def _quote(self, trade: Trade) -> Quote:
        self._count += 1
        fields = dict(trade.book) if self._bar_length else {**trade.book, "size": trade.size}
        recorded = Recorded(self._id(trade.place), None, False, fields)
        ts = self._ts(trade.place)
        return Quote(self.sid, trade.price, ts, self._count, self._name, recorded=recorded)


def read_trade(fields: Mapping[str, Any], book: Mapping[str, Any], is_numbered: bool) -> Trade:
    """Return the trade that ccxt gives.

    :param book: what its quote says of the order book.
    :raises Invalid: if it cannot be a quote.
    """
    own_id, at, price, size = (fields.get(key) for key in ("id", "timestamp", "price", "amount"))
    if not _is_id(own_id) or (is_numbered and not _is_numeral(str(own_id))):
        raise Invalid(f"its id is {own_id!r:.40}")
    if not _is_time(at):
        raise Invalid(f"its time is {at!r:.40}")
    if not _is_number(price) or not 0 < price <= MAX_PRICE:
        raise Invalid(f"its price is {price!r:.40}")
    if not _is_number(size) or not 0 <= size <= MAX_SIZE:
        raise Invalid(f"its size is {size!r:.40}")
    return Trade(Place(str(own_id), at), float(price), float(size), book)


def _is_id(value: object) -> bool:
    # with the exchange and the market before it, it is the id of a quote
    if type(value) is int:
        return 0 <= value < _BEYOND
    return isinstance(value, str) and value.isprintable() and 0 < len(value) <= _MAX_ID


def _is_time(at: object) -> TypeGuard[int]:
    if type(at) is not int:
        return False
    try:
        within(at, at * UNITS["ms"])
    except InvalidTimeError:
        return False
    return True


def _is_numeral(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS


def _is_number(value: object) -> TypeGuard[float]:
    return type(value) in (int, float)


def _time(at: int) -> str:
    moment = datetime.fromtimestamp(at // 1000, UTC).replace(microsecond=at % 1000 * 1000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
