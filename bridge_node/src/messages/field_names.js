/**
 * Names of fields, which are not instruments: a copy of contracts/field_names.json, because the image of the
 * bridge does not have contracts/. A test compares them.
 */

export const NAMES = new Set(
  `
  adj_close adjclose adjusted_close altitude amount ask askPrice askQty askSize ask_price ask_qty
  ask_size ask_volume average avg baseVolume base_volume battery bid bidPrice bidQty bidSize bid_price
  bid_qty bid_size bid_volume brightness bytes change changePercent change_percent channel close
  closeTime close_price close_time co2 count cpu currency current date datetime day delta device disk
  energy event eventTime event_time exchange firmware frequency high highPrice high_price hour
  humidity id illuminance index interval last lastPrice lastQty lastSize last_price last_qty last_size
  lat latitude level linkquality lon longitude low lowPrice low_price lqi lux market maximum memory
  mid minimum minute month name number open openInterest openPrice openTime open_interest open_price
  open_time orderId order_id percent pm10 pm25 power pressure prevClose prev_close previousClose
  previous_close price product_id qty quantity quote quoteVolume quote_volume raw rssi second seq
  sequence sid side signal signal_strength size snr source speed spread state status symbol
  temperature ticker time timestamp topic total tradeId trade_id trades ts turnover type unit uptime
  user value version vol voltage volume vwap weight year
`
    .trim()
    .split(/\s+/),
);

/** The short names of a bar; each alone may be a symbol. */
export const LETTERS = ['o', 'h', 'l', 'c'];

/**
 * Whether a key is a well-known name as listed, or Capitalised. In ALL CAPITALS it is a symbol.
 * @param {string} key
 */
export function isFieldName(key) {
  if (NAMES.has(key)) return true;
  const first = key.charCodeAt(0);
  return first >= 65 && first <= 90 && key.length > 1 && NAMES.has(key[0].toLowerCase() + key.slice(1));
}
