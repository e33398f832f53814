/** Reads the quotes of a message, in any spelling of contracts/README.md, "Quotes", or of `--fields`. */

import { MessageError } from '../support/errors.js';
import { didYouMean } from '../support/nearest.js';
import { checkTime } from './time.js';
import { mapped, mappingFor } from './fields.js';
import { LIMITS } from './limits.js';
import { checkMap } from './map.js';
import { nameOf } from './names.js';
import { parse } from './parse.js';
import { readShorthand } from './shorthand.js';
import { suggestFields } from './suggestion.js';
import { checkTopic } from './topic.js';
import { checkOther, readId, readPrice, readSid } from './values.js';

/**
 * A quote in the one form that algorithms receive (contracts/quote.schema.json#/$defs/canonical).
 * @typedef {{sid: string, quote: number, ts?: string | number, id: string, channel: string,
 *   [field: string]: unknown}} Quote
 */

/**
 * The user's rules for messages.
 * @typedef {object} Rules
 * @property {{channel: string | undefined, mapping: import('./fields.js').Mapping}[]} fields
 * @property {ReadonlySet<string> | undefined} symbols  the instruments that are accepted; all if undefined
 */

/** @type {Rules} */
const NO_RULES = { fields: [], symbols: undefined };

// Refusals of messages that may have another form, which --fields can read.
const OF_ANOTHER_FORM = new Set([
  'field_name',
  'sid_missing',
  'quote_missing',
  'sid_type',
  'quote_type',
  'quote_range',
]);

/**
 * Read a message in any spelling of the contract.
 *
 * @param {string} channel  the topic that it came on
 * @param {Buffer} payload
 * @param {() => string} newId  called for each quote without an id, in their order
 * @param {Rules} [rules]
 * @returns {Quote[]} one or more
 * @throws {MessageError} with the code and the reason, if the message breaks the contract
 */
export function readQuotes(channel, payload, newId, rules = NO_RULES) {
  checkTopic(channel);
  const { message, plainKeys } = parse(payload);
  const mapping = rules.fields.length === 0 ? undefined : mappingFor(rules.fields, channel);
  const reader = { channel, newId, mapping, plainKeys };
  const quotes = Array.isArray(message) ? readArray(message, reader) : readMap(message, 0, reader);
  if (rules.symbols) checkSymbols(quotes, rules.symbols);
  return quotes;
}

/**
 * How a message is read; `plainKeys` as `parse` returns them.
 * @typedef {{channel: string, newId: () => string, mapping: import('./fields.js').Mapping | undefined,
 *   plainKeys: number[]}} Reader
 */

/**
 * @param {unknown[]} batch
 * @param {Reader} reader
 */
function readArray(batch, reader) {
  if (batch.length === 0) throw new MessageError('no_quote', 'no quote in it: the array is empty');
  if (batch.length > LIMITS.quotes) {
    throw new MessageError('too_many', `${batch.length} quotes in one message, at most ${LIMITS.quotes}`);
  }
  return batch.map((element, n) => {
    try {
      const quotes = readMap(element, n, reader);
      if (quotes.length === 1) return quotes[0];
      throw new MessageError('too_many', `${quotes.length} quotes in it: an element of an array is one quote`);
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      throw new MessageError(error.code, `element ${n + 1}: ${error.message}`);
    }
  });
}

/**
 * @param {unknown} message
 * @param {number} n  of the maps in the message before it
 * @param {Reader} reader
 * @returns {Quote[]}
 */
function readMap(message, n, reader) {
  checkMap(message, '{"sid": "GOOG", "quote": 345}');
  if (reader.mapping) return [readMapped(message, reader, reader.mapping)];
  if (message.sid !== undefined && message.quote !== undefined) return [readFull(message, n, reader)];
  try {
    const sid = nameOf.sid(message);
    if (sid === undefined && message.quote === undefined) {
      return readShorthand(message, reader.channel, reader.newId);
    }
    return [readAliased(message, reader)];
  } catch (error) {
    if (!(error instanceof MessageError) || !OF_ANOTHER_FORM.has(error.code)) throw error;
    throw new MessageError(error.code, error.message + suggestFields(message));
  }
}

/**
 * @param {Record<string, unknown>} message
 * @param {number} n  of the maps in the message before it
 * @param {Reader} reader
 */
function readFull(message, n, reader) {
  // most messages have no other fields, so there is nothing to copy
  const own = 2 + Number(message.ts !== undefined) + Number(message.id !== undefined);
  if (reader.plainKeys[n] === own) return form(message.sid, message.quote, message.ts, message.id, undefined, reader);
  const { sid, quote, ts, id, channel: _elsewhere, ...others } = message;
  return form(sid, quote, ts ?? aliasedTime(message), id, others, reader);
}

/**
 * @param {Record<string, unknown>} message
 * @param {Reader} reader
 */
function readAliased(message, reader) {
  const sid = nameOf.sid(message);
  const quote = nameOf.quote(message);
  const { sid: _sid, quote: _quote, ts: _ts, id, channel: _elsewhere, ...others } = message;
  const ts = nameOf.ts(message);
  if (sid === undefined) throw new MessageError('sid_missing', '"sid" is missing');
  if (quote === undefined) throw new MessageError('quote_missing', '"quote" is missing');
  return form(message[sid], message[quote], ts && message[ts], id, others, reader);
}

/**
 * @param {Record<string, unknown>} message
 * @param {Reader} reader
 * @param {import('./fields.js').Mapping} mapping
 */
function readMapped(message, reader, mapping) {
  const { sid: _sid, quote: _quote, ts: _ts, id: ownId, channel: _elsewhere, ...others } = message;
  const found = /** @type {const} */ (['sid', 'quote', 'ts']).map((target) => {
    const names = mapping[target];
    if (names) return mapped(message, target, names);
    const name = nameOf[target](message);
    if (name === undefined && target !== 'ts') {
      throw new MessageError(`${target}_missing`, `"${target}" is missing, and --fields does not name it`);
    }
    return name === undefined ? undefined : message[name];
  });
  const id = mapping.id ? mapped(message, 'id', mapping.id) : ownId;
  const ts = found[2] ?? aliasedTime({ ...message, ts: undefined });
  const quote = form(found[0], found[1], ts, id, others, reader);
  if (id === undefined || quote.id.includes(quote.sid)) return quote;
  // exchanges count the trades of each instrument
  return { ...quote, id: readId(`${quote.sid}:${quote.id}`) };
}

/**
 * @param {unknown} anySid
 * @param {unknown} price
 * @param {unknown} ts
 * @param {unknown} anyId
 * @param {Record<string, unknown> | undefined} others
 * @param {Reader} reader
 * @returns {Quote}
 */
function form(anySid, price, ts, anyId, others, { channel, newId, plainKeys }) {
  const sid = readSid(anySid);
  const quote = readPrice(price, 'quote');
  const hasTime = ts !== undefined && ts !== null;
  if (hasTime) checkTime(ts);
  const ownId = anyId === undefined ? undefined : readId(anyId);
  if (others && plainKeys.length === 0) for (const [key, value] of Object.entries(others)) checkOther(value, key);
  const id = ownId ?? newId();
  if (!others) return hasTime ? { sid, quote, ts, id, channel } : { sid, quote, id, channel };
  return hasTime ? { sid, quote, ts, id, channel, ...others } : { sid, quote, id, channel, ...others };
}

/** @param {Record<string, unknown>} message */
function aliasedTime(message) {
  const name = nameOf.ts(message);
  return name === undefined ? undefined : message[name];
}

/**
 * @param {Quote[]} quotes
 * @param {ReadonlySet<string>} symbols
 */
function checkSymbols(quotes, symbols) {
  const other = quotes.find(({ sid }) => !symbols.has(sid));
  if (!other) return;
  const inOtherCase = [...symbols].find((symbol) => symbol.toLowerCase() === other.sid.toLowerCase());
  const near = inOtherCase
    ? `: did you mean "${inOtherCase}"? upper and lower case are not the same`
    : didYouMean(other.sid, [...symbols]);
  throw new MessageError('other_symbol', `"${other.sid}" is not among the instruments of --symbols${near}`);
}
