/** From the bytes of a message to JSON of bounded depth, with each key once and only valid texts. */

import { MessageError, shown } from '../support/errors.js';
import { duplicateKey } from './keys.js';
import { LIMITS } from './limits.js';
import { countValues } from './value_count.js';

// JSON has no such numbers, but Python and others write them. Strings match, so that they are skipped; so does one
// without an end: if it did not, each quotation mark in it would be tried, and each try would go to the end of the text.
const STRAY_NUMBERS = /"[^"\\]*(?:\\.[^"\\]*)*"?|NaN|-?Infinity/gs;

// it removes a byte order mark, which programs on Windows write before a text
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * @param {Buffer} payload
 * @returns {{message: unknown, plainKeys: number[]}}  `plainKeys` are the numbers of keys of a map, or of each
 *   map of an array, of texts and finite numbers, which need no further checks; empty for any other message
 * @throws {MessageError} in this order: empty, too_large, not_utf8, not_json, too_deep, too_many_values, key_twice,
 *   surrogate
 */
export function parse(payload) {
  if (payload.length === 0) throw new MessageError('empty', 'the message is empty');
  if (payload.length > LIMITS.bytes) {
    throw new MessageError('too_large', `the message is too large: ${payload.length} bytes, at most ${LIMITS.bytes}`);
  }
  let text;
  try {
    text = utf8.decode(payload);
  } catch {
    throw new MessageError('not_utf8', 'not UTF-8');
  }
  const message = parseText(text);
  const plainKeys = countPlainKeys(message, text);
  if (plainKeys.length === 0) checkDepths(message);
  // a value has at least one character, and a comma or a bracket behind it
  if (payload.length > 2 * LIMITS.values) checkCount(message);
  if (plainKeys.length === 0) checkText(message, text);
  return { message, plainKeys };
}

/** @param {string} text */
function parseText(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof RangeError)
      throw new MessageError('too_deep', `nested too deep, at most ${LIMITS.depth} levels`);
    const repaired = withoutStrayNumbers(text);
    if (repaired !== text) {
      try {
        return JSON.parse(repaired);
      } catch {
        // it has another fault
      }
    }
    throw new MessageError('not_json', `not JSON: ${/** @type {Error} */ (error).message.slice(0, 200)}`);
  }
}

/**
 * NaN becomes a number that is not finite, so that the checks that follow name its field.
 * @param {string} text
 */
function withoutStrayNumbers(text) {
  if (!text.includes('NaN') && !text.includes('Infinity')) return text;
  // white space on both sides, so that 1NaN does not become a number
  return text.replace(STRAY_NUMBERS, (found) => {
    if (found[0] === '"') return found;
    return found[0] === '-' ? ' -1e999 ' : ' 1e999 ';
  });
}

/**
 * The number of keys of each map of texts and finite numbers with each key once; empty for anything else.
 * Without a backslash every colon follows a key or is in a text. If a key were there twice, the text would have
 * more colons than the parsed maps account for.
 * @param {unknown} message  a map, or an array of maps
 * @param {string} text
 */
function countPlainKeys(message, text) {
  if (text.includes('\\')) return [];
  /** @type {number[]} */
  const keys = [];
  let colons = 0;
  if (Array.isArray(message)) for (const element of message) colons += countPlain(element, keys);
  else colons = countPlain(message, keys);
  return countColons(text) === colons ? keys : []; // never if NaN
}

/**
 * @param {unknown} map
 * @param {number[]} counts  to which the number of its keys is added
 * @returns {number}  the colons that its text has; NaN if it is not a map of texts and finite numbers
 */
function countPlain(map, counts) {
  if (map === null || typeof map !== 'object' || Array.isArray(map)) return NaN;
  let keys = 0;
  let colons = 0;
  for (const key in map) {
    const value = /** @type {Record<string, unknown>} */ (map)[key];
    keys += 1;
    if (typeof value === 'string') colons += countColons(value);
    else if (typeof value === 'number') {
      if (!Number.isFinite(value)) return NaN;
    } else if (value !== null && typeof value !== 'boolean') return NaN;
  }
  counts.push(keys);
  return keys + colons;
}

/** @param {string} text */
function countColons(text) {
  let count = 0;
  for (let at = text.indexOf(':'); at !== -1; at = text.indexOf(':', at + 1)) count += 1;
  return count;
}

/** @param {unknown} message */
function checkDepths(message) {
  if (Array.isArray(message)) {
    message.forEach((element, n) => checkDepth(element, LIMITS.depth, `element ${n + 1}`, element));
  } else if (message !== null && typeof message === 'object') {
    for (const [key, value] of Object.entries(message)) checkDepth(value, LIMITS.depth - 1, shown(key, 40), value);
  }
}

/** @param {unknown} message  of bounded depth */
function checkCount(message) {
  const count = countValues(message);
  if (count <= LIMITS.values) return;
  const sentence = `the message has ${count} texts, numbers and other values, at most ${LIMITS.values}: send several`;
  throw new MessageError('too_many_values', sentence);
}

/**
 * Refuse keys that come twice, and what is not text.
 * @param {unknown} message
 * @param {string} text  that it was read from
 */
function checkText(message, text) {
  const key = duplicateKey(text);
  if (key !== undefined) {
    throw new MessageError(
      'key_twice',
      `${shown(key, 80)} comes twice in a map: which of the values counts is not known`,
    );
  }
  // only an escape can give half of a surrogate pair
  if (text.includes('\\u')) checkSurrogates(message, undefined);
}

/**
 * @param {unknown} value
 * @param {number} left  the number of levels that are allowed
 * @param {string} name
 * @param {unknown} whole  the value of this name
 */
function checkDepth(value, left, name, whole) {
  if (value === null || typeof value !== 'object') return;
  if (left === 0) {
    const sentence = `${name} is ${shown(whole, 40)}: nested too deep, at most ${LIMITS.depth} levels`;
    throw new MessageError('too_deep', sentence);
  }
  // without a list of the values: a message may have hundreds of thousands of maps
  if (Array.isArray(value)) for (const inner of value) checkDepth(inner, left - 1, name, whole);
  else for (const key in value) checkDepth(/** @type {Record<string, unknown>} */ (value)[key], left - 1, name, whole);
}

/**
 * @param {unknown} value
 * @param {string | undefined} name  of the field that it is in; undefined outside of one
 */
function checkSurrogates(value, name) {
  if (typeof value === 'string' && !value.isWellFormed()) {
    const found =
      name === undefined || name === value ? shown(value, 80) : `${shown(name, 40)} is ${shown(value, 80)}: it`;
    throw new MessageError('surrogate', `${found} holds half of a surrogate pair, which is not text`);
  }
  if (value === null || typeof value !== 'object') return;
  const isList = Array.isArray(value);
  for (const [key, inner] of Object.entries(value)) {
    if (!isList) checkSurrogates(key, name);
    checkSurrogates(inner, name ?? (isList ? undefined : key));
  }
}
