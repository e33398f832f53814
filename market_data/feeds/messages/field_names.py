"""Names of fields, which are not instruments: the list of contracts/field_names.json.

The tests hold this one to it. It is here as well because packages do not hold contracts/.
"""

from __future__ import annotations

_LISTED = """
    adj_close adjclose adjusted_close altitude amount ask askPrice askQty askSize ask_price
    ask_qty ask_size ask_volume average avg baseVolume base_volume battery bid bidPrice bidQty
    bidSize bid_price bid_qty bid_size bid_volume brightness bytes change changePercent
    change_percent channel close closeTime close_price close_time co2 count cpu currency current
    date datetime day delta device disk energy event eventTime event_time exchange firmware
    frequency high highPrice high_price hour humidity id illuminance index interval last
    lastPrice lastQty lastSize last_price last_qty last_size lat latitude level linkquality lon
    longitude low lowPrice low_price lqi lux market maximum memory mid minimum minute month name
    number open openInterest openPrice openTime open_interest open_price open_time orderId
    order_id percent pm10 pm25 power pressure prevClose prev_close previousClose previous_close
    price product_id qty quantity quote quoteVolume quote_volume raw rssi second seq sequence
    sid side signal signal_strength size snr source speed spread state status symbol temperature
    ticker time timestamp topic total tradeId trade_id trades ts turnover type unit uptime user
    value version vol voltage volume vwap weight year
"""

NAMES = frozenset(_LISTED.split())

LETTERS = ("o", "h", "l", "c")
"""Of a bar in short; each alone may be a symbol."""


def is_field_name(key: str) -> bool:
    """Tell whether a key is a well-known name as it is listed, or Capitalised.

    In ALL CAPITALS it is a symbol.
    """
    if key in NAMES:
        return True
    return len(key) > 1 and "A" <= key[0] <= "Z" and key[0].lower() + key[1:] in NAMES
