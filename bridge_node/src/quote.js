import { QuoteError, shown } from './errors.js';
import { checkTime } from './time.js';

/**
 * A quote in the one form that algorithms receive (contracts/quote.schema.json#/$defs/canonical).
 * @typedef {{sid: string, quote: number, ts?: string | number, id: string, channel: string,
 *   [field: string]: unknown}} Quote
 */

/** What a message may be; the same limits as in contracts/quote.schema.json. */
export const LIMITS = {
  /** bytes of a message */
  bytes: 1024 * 1024,
  /** quotes in the shorthand */
  symbols: 1000,
  /** characters of the topic, which each of a message's quotes carries along */
  channel: 1024,
  /** characters */
  sid: 64,
  /** characters */
  id: 256,
  /** cash per unit */
  price: 1e9,
  /** maps and lists within one another, so that no reader further on runs out of stack */
  depth: 32,
};

// JSON's grammar of numbers (RFC 8259, section 6), which a price given as text follows
const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Read a message in any spelling of the contract.
 *
 * @param {string} channel  the topic that it came on
 * @param {Buffer} payload
 * @param {() => string} newId  makes an id for a quote that came without one
 * @returns {Quote[]} at least one
 * @throws {QuoteError} with the reason, if the message breaks the contract
 */
export function readQuotes(channel, payload, newId) {
  if (channel.length > LIMITS.channel) {
    throw new QuoteError(`the topic is too long: ${channel.length} characters, at most ${LIMITS.channel}`);
  }
  const message = parse(payload);
  const { sid, quote, ts: anyTs, id, channel: _elsewhere, ...fields } = message;
  const ts = readTs(anyTs);
  if (id !== undefined && !isText(id, LIMITS.id)) {
    throw new QuoteError(`"id" is ${show(id)}: it has to be a text of 1 to ${LIMITS.id} characters`);
  }
  if (sid !== undefined || quote !== undefined) {
    checkField(fields, LIMITS.depth);
    return [{ ...form(sid, quote, 'quote', ts, id ?? newId(), channel), ...fields }];
  }
  const symbols = Object.keys(message).filter((key) => key !== 'ts' && key !== 'id');
  if (symbols.length === 0) {
    throw new QuoteError('no quote in it: a message is {"sid": "GOOG", "quote": 345} or {"goog": 345}');
  }
  if (symbols.length > LIMITS.symbols) {
    throw new QuoteError(`${symbols.length} quotes in one message, at most ${LIMITS.symbols}`);
  }
  return symbols.map((symbol) =>
    form(symbol, message[symbol], symbol, ts, id === undefined ? newId() : `${id}/${symbol}`, channel),
  );
}

/**
 * @param {Buffer} payload
 * @returns {Record<string, any>}
 */
function parse(payload) {
  if (payload.length === 0) throw new QuoteError('the message is empty');
  if (payload.length > LIMITS.bytes) {
    throw new QuoteError(`the message is too large: ${payload.length} bytes, at most ${LIMITS.bytes}`);
  }
  let text;
  try {
    text = utf8.decode(payload);
  } catch {
    throw new QuoteError('not UTF-8');
  }
  let message;
  try {
    message = JSON.parse(text);
  } catch (error) {
    if (error instanceof RangeError) throw new QuoteError('nested too deep');
    throw new QuoteError(`not JSON: ${/** @type {Error} */ (error).message.slice(0, 200)}`);
  }
  if (message === null || typeof message !== 'object' || Array.isArray(message)) {
    throw new QuoteError(`${kind(message)}, not a map such as {"sid": "GOOG", "quote": 345}`);
  }
  return message;
}

/**
 * @param {unknown} sid
 * @param {unknown} price
 * @param {string} key  the one that holds the price
 * @param {string | number | undefined} ts
 * @param {string} id
 * @param {string} channel
 * @returns {Quote}
 */
function form(sid, price, key, ts, id, channel) {
  if (sid === undefined) throw new QuoteError('"sid" is missing');
  if (!isText(sid, LIMITS.sid)) {
    throw new QuoteError(`"sid" is ${show(sid)}: it has to be a text of 1 to ${LIMITS.sid} characters`);
  }
  const number = readPrice(price, key);
  return ts === undefined
    ? { sid, quote: number, id, channel }
    : { sid, quote: number, ts, id, channel };
}

/**
 * @param {unknown} price
 * @param {string} key
 */
function readPrice(price, key) {
  if (price === undefined) throw new QuoteError(`"${key}" is missing`);
  const isNumber = typeof price === 'number' || (typeof price === 'string' && JSON_NUMBER.test(price));
  if (!isNumber) {
    throw new QuoteError(`"${key}" is ${show(price)}: a price is a number, or a JSON number as text`);
  }
  const number = Number(price);
  if (!(number > 0 && number <= LIMITS.price)) {
    throw new QuoteError(`"${key}" is ${number}: a price is finite, above 0 and at most 1e9`);
  }
  return number;
}

/**
 * @param {unknown} ts
 * @returns {string | number | undefined} verbatim
 */
function readTs(ts) {
  if (ts === undefined || ts === null) return undefined;
  checkTime(ts);
  return ts;
}

/**
 * @param {unknown} value
 * @param {number} longest  in characters
 * @returns {value is string}
 */
function isText(value, longest) {
  if (typeof value !== 'string' || value.length === 0) return false;
  // half of a surrogate pair cannot be written as UTF-8
  if (!value.isWellFormed()) return false;
  return value.length <= longest || [...value].length <= longest;
}

/**
 * Unknown fields are carried along, if MessagePack can carry them.
 * @param {unknown} value
 * @param {number} depth  how many levels are left
 */
function checkField(value, depth) {
  if (typeof value === 'string' && !value.isWellFormed()) {
    throw new QuoteError(`${show(value)} holds half of a surrogate pair, which is no text`);
  }
  if (value === null || typeof value !== 'object') return;
  if (depth === 0) throw new QuoteError(`nested too deep: at most ${LIMITS.depth} levels`);
  for (const [key, inner] of Object.entries(value)) {
    checkField(key, depth);
    checkField(inner, depth - 1);
  }
}

/** @param {unknown} value */
function kind(value) {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}

/** @param {unknown} value */
function show(value) {
  return shown(value, 80);
}
