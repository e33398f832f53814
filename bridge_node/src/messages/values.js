/** The values of a quote's fields: which are valid, and what each becomes. */

import { MessageError, shown } from '../support/errors.js';
import { checkTime } from './time.js';
import { LIMITS } from './limits.js';

// JSON's grammar of numbers (RFC 8259, section 6), and leading zeros, as in padded texts
const PRICE = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/**
 * @param {unknown} value
 * @returns {string}  without the white space of JSON around it
 */
export function readSid(value) {
  const sid = typeof value === 'string' ? trimmed(value) : textOfNumber(value, 'sid');
  if (sid === undefined || !isWithin(sid, LIMITS.sid)) {
    throw new MessageError('sid_type', `"sid" is ${show(value)}: it has to be a text of 1 to ${LIMITS.sid} characters`);
  }
  return sid;
}

/**
 * @param {unknown} value
 * @returns {string}
 */
export function readId(value) {
  const id = typeof value === 'string' ? value : textOfNumber(value, 'id');
  if (id === undefined || !isWithin(id, LIMITS.id)) {
    throw new MessageError('id_type', `"id" is ${show(value)}: it has to be a text of 1 to ${LIMITS.id} characters`);
  }
  return id;
}

/**
 * @param {unknown} price
 * @param {string} key
 * @returns {number}
 */
export function readPrice(price, key) {
  if (typeof price !== 'number' && !(typeof price === 'string' && PRICE.test(price))) {
    throw new MessageError('quote_type', `"${key}" is ${show(price)}: a price is a number, or a JSON number as text`);
  }
  const number = Number(price);
  if (!(number > 0 && number <= LIMITS.price)) {
    const found = Number.isFinite(number) ? String(number) : 'no finite number';
    throw new MessageError('quote_range', `"${key}" is ${found}: a price is finite, above 0 and at most 1e9`);
  }
  return number;
}

/**
 * @param {unknown} price
 * @returns {boolean}
 */
export function isPrice(price) {
  if (typeof price !== 'number' && !(typeof price === 'string' && PRICE.test(price))) return false;
  return Number(price) > 0 && Number(price) <= LIMITS.price;
}

/**
 * @param {unknown} ts  not null
 * @returns {ts is string | number}
 */
export function isTime(ts) {
  try {
    checkTime(ts);
  } catch (error) {
    if (!(error instanceof MessageError)) throw error;
    return false;
  }
  return true;
}

/**
 * A whole number is read as its text: publishers write 600519 and "600519" for one instrument.
 * @param {unknown} value
 * @param {string} key
 * @returns {string | undefined}  undefined if it is not a whole number
 */
export function textOfNumber(value, key) {
  if (typeof value !== 'number' || !Number.isInteger(value)) return undefined;
  if (!Number.isSafeInteger(value)) {
    throw new MessageError(
      'number_unsafe',
      `"${key}" is ${value}: a number of more than 53 bits is not exact: send it as text`,
    );
  }
  return String(value);
}

/**
 * Refuse numbers that are not finite in the fields that are passed on.
 * @param {unknown} value
 * @param {string} name
 */
export function checkOther(value, name) {
  const path = pathOfInfinite(value);
  if (path === undefined) return;
  throw new MessageError(
    'number_range',
    `"${name}${path}" is no finite number (NaN, Infinity, or too large): leave it out, or send null`,
  );
}

/**
 * Where the first number in a value is that is not finite: empty for the value itself, undefined if there is none.
 * @param {unknown} value
 * @returns {string | undefined}
 */
function pathOfInfinite(value) {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : '';
  if (value === null || typeof value !== 'object') return undefined;
  if (Array.isArray(value)) {
    for (let n = 0; n < value.length; n++) {
      const path = pathOfInfinite(value[n]);
      if (path !== undefined) return `.${n}${path}`;
    }
    return undefined;
  }
  for (const key in value) {
    const path = pathOfInfinite(/** @type {Record<string, unknown>} */ (value)[key]);
    if (path !== undefined) return `.${key}${path}`;
  }
  return undefined;
}

/** @param {string} text */
export function trimmed(text) {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start += 1;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1;
  return end - start === text.length ? text : text.slice(start, end);
}

/**
 * The white space of JSON (RFC 8259, section 2); any other may belong to a name.
 * @param {number} code
 */
function isSpace(code) {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

/**
 * @param {string} text
 * @param {number} maxLength  in characters
 */
export function isWithin(text, maxLength) {
  return text.length > 0 && (text.length <= maxLength || [...text].length <= maxLength);
}

/** @param {unknown} value */
function show(value) {
  return shown(value, 80);
}
