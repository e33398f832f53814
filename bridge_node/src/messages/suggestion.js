/** What would make a valid quote of a message: for the error that refuses it. */

import { isFieldName, LETTERS } from './field_names.js';
import { isMap } from './map.js';
import { TIMES as TIME_NAMES } from './names.js';
import { isPrice, isTime } from './values.js';

// names that exchanges use, the clearest ones first
const SIDS = ['s', 'S', 'symbol', 'ticker', 'sym', 'pair', 'product_id', 'instrument'];
const PRICES = ['p', 'P', 'price', 'last', 'close', 'c', 'a', 'value'];
const TIMES = ['T', 't', 'E', 'ts', 'time', 'timestamp', 'date', 'datetime'];
const IDS = ['t', 'i', 'trade_id', 'tradeId'];
// of these a bar, or a message without its instrument, has the price
const CLOSES = ['price', 'last', 'close', 'c'];
/** Characters of a suggested message. */
const MAX_LENGTH = 120;

/** @typedef {import('./map.js').Map} Map */

/**
 * @param {Map} message
 * @returns {string}  the option that would read it, after a semicolon; empty if there is none
 */
export function suggestFields(message) {
  const inner = message.data;
  const option = namesIn(message, '') || (isMap(inner) ? namesIn(inner, 'data.') : '');
  return option && `; --fields ${option} reads it`;
}

/**
 * @param {Map} map
 * @param {string} path  to it
 */
function namesIn(map, path) {
  const has = (/** @type {string} */ name) => Object.hasOwn(map, name);
  const sid = SIDS.find((name) => has(name) && typeof map[name] === 'string' && /[^\d.]/.test(map[name]));
  const quote = PRICES.find((name) => has(name) && isPrice(map[name]));
  if (sid === undefined || quote === undefined) return '';
  const ts = TIMES.find((name) => has(name) && map[name] !== null && isTime(map[name]));
  const id = IDS.find((name) => name !== ts && has(name) && Number.isSafeInteger(map[name]));
  const found = [`sid=${path}${sid}`, `quote=${path}${quote}`];
  if (ts !== undefined) found.push(`ts=${path}${ts}`);
  if (id !== undefined) found.push(`id=${path}${sid}+${path}${id}`);
  return found.join(',');
}

/**
 * The valid message that is nearest to a shorthand in which field names are used as instruments.
 * @param {Map} message
 * @returns {string}
 */
export function nearestMessage(message) {
  const keys = Object.keys(message);
  // if two letters are those of a bar, all of them are
  const isBar = keys.filter((key) => LETTERS.includes(key)).length > 1;
  const symbols = keys.filter((key) => !isFieldName(key) && !(isBar && key.length === 1) && isPrice(message[key]));
  if (symbols.length > 1) return shortened(Object.fromEntries(symbols.map((key) => [key, message[key]])));
  const price =
    symbols[0] ??
    CLOSES.find((key) => Object.hasOwn(message, key) && isPrice(message[key])) ??
    keys.find((key) => isPrice(message[key]));
  const sid = symbols[0] ?? (keys.length === 1 && !CLOSES.includes(keys[0]) ? keys[0] : 'GOOG');
  const quote = price === undefined ? 345 : message[price];
  if (symbols.length === 0) return shortened({ sid, quote });
  const others = Object.fromEntries(
    Object.entries(message).filter(([key]) => key !== sid && !TIME_NAMES.includes(key)),
  );
  const full = JSON.stringify({ sid, quote, ...others });
  return full.length <= MAX_LENGTH ? full : shortened({ sid, quote });
}

/** @param {Map} message */
function shortened(message) {
  const text = JSON.stringify(message);
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH)}…`;
}
