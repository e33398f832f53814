/** The shorthand of the article: a map of instruments and their prices. */

import { MessageError, shown } from '../support/errors.js';
import { checkTime } from './time.js';
import { isFieldName, LETTERS } from './field_names.js';
import { LIMITS } from './limits.js';
import { TIMES } from './names.js';
import { nearestMessage } from './suggestion.js';
import { isTime, readId, readPrice, readSid, trimmed } from './values.js';

/**
 * @param {Record<string, unknown>} message
 * @param {string} channel
 * @param {() => string} newId
 * @returns {import('./quote.js').Quote[]}  in the order of their names by code point
 * @throws {MessageError}
 */
export function readShorthand(message, channel, newId) {
  const { ts: anyTs, id: anyId, ...prices } = message;
  let ts = anyTs;
  for (const name of TIMES) {
    if (!Object.hasOwn(prices, name) || prices[name] === null || !isTime(prices[name])) continue;
    ts ??= prices[name];
    delete prices[name];
  }
  const keys = Object.keys(prices);
  if (keys.length === 0) {
    throw new MessageError('no_quote', 'no quote in it: a message is {"sid": "GOOG", "quote": 345} or {"goog": 345}');
  }
  if (keys.length > LIMITS.quotes) {
    throw new MessageError('too_many', `${keys.length} quotes in one message, at most ${LIMITS.quotes}`);
  }
  checkNames(keys, prices);
  if (ts !== undefined && ts !== null) checkTime(ts);
  const id = anyId === undefined ? undefined : readId(anyId);
  return inOrder(keys).map((key) => {
    const sid = readSid(key);
    const quote = readPrice(prices[key], key);
    const own = id === undefined ? newId() : `${id}/${sid}`;
    return ts === undefined || ts === null
      ? { sid, quote, id: own, channel }
      : { sid, quote, ts: /** @type {string | number} */ (ts), id: own, channel };
  });
}

/**
 * @param {string[]} keys
 * @param {Record<string, unknown>} prices
 */
function checkNames(keys, prices) {
  const names = keys.map(trimmed);
  const letters = names.filter((name) => LETTERS.includes(name));
  const field = names.find(isFieldName) ?? (letters.length > 1 ? letters[0] : undefined);
  if (field !== undefined) {
    throw new MessageError(
      'field_name',
      `"${field}" is the name of a field, not of an instrument; a valid message would be ${nearestMessage(prices)}`,
    );
  }
  const twice = names.find((name, n) => name !== keys[n] && names.indexOf(name) !== names.lastIndexOf(name));
  if (twice !== undefined) {
    throw new MessageError('key_twice', `${shown(twice, 80)} comes twice: white space around a symbol does not count`);
  }
}

/**
 * JavaScript moves keys that look like integers to the front. The order by code point, which is that of
 * their UTF-8 bytes, is the same in every language.
 * @param {string[]} keys
 */
function inOrder(keys) {
  if (keys.length === 1) return keys;
  const names = keys.map((key) => ({ key, bytes: Buffer.from(trimmed(key)) }));
  return names.sort((a, b) => Buffer.compare(a.bytes, b.bytes)).map(({ key }) => key);
}
