import { createHash } from 'node:crypto';

import { LIMITS } from '../messages/limits.js';
import { countValues } from '../messages/value_count.js';
import { isWithin } from '../messages/values.js';
import { PublicationError, shown } from '../support/errors.js';

/**
 * What an algorithm shares with others, on `data/<algo>/<name>`.
 * @typedef {{name: string, text: string | Uint8Array}} Publication  its text is JSON
 */

/** The fields that are set for the message. */
const SET = ['id', 'ts'];
const OURS = [...SET, 'channel'];

/**
 * @param {unknown} name  of a publication
 * @returns {string} why it is none, as the end of a sentence; empty if it is one
 */
export function publicationNameFault(name) {
  // eslint-disable-next-line no-control-regex -- a broker closes the connection at a topic that holds one
  if (typeof name === 'string' && name !== '' && !/[\0-\x1f\x7f-\x9f]/.test(name)) {
    if ([...name].length <= LIMITS.publicationName) return '';
  }
  return `it has to be a text of 1 to ${LIMITS.publicationName} characters, without control characters`;
}

/**
 * Complete, from the quote, what `event` of a backend without `events` returned as `data`.
 * @param {unknown} returned  a list of maps with name and message; or nothing
 * @param {import('../messages/quote.js').Quote} quote
 * @param {string} algo
 * @returns {Publication[]}
 * @throws {PublicationError} naming the field, if it is anything else
 */
export function completeData(returned, quote, algo) {
  if (returned === null || returned === undefined) return [];
  if (!Array.isArray(returned) || returned.length > LIMITS.publications) {
    throw new PublicationError(
      `event returned the data ${show(returned)}: it has to be a list of at most ${LIMITS.publications} maps with name and message`,
    );
  }
  return returned.map((each, n) => {
    const { name, message } = each ?? {};
    const fault = publicationNameFault(name);
    if (fault) throw new PublicationError(`the name of a publication is ${show(name)}: ${fault}`);
    if (!isMap(message)) {
      throw new PublicationError(`the message of "${name}" is ${show(message)}: it has to be a map of fields`);
    }
    const own = OURS.find((field) => field in message);
    if (own !== undefined) {
      throw new PublicationError(
        `"${own}" of "${name}" is ${show(message[own])}: this field is set for the message, so give yours another name`,
      );
    }
    checkValues(message, name, LIMITS.depth);
    const { channel, id, ts } = quote;
    const text = JSON.stringify({ ...message, id: boundedId(`${algo}:${channel}:${id}:${n}`), ts: ts ?? undefined });
    const bytes = Buffer.byteLength(text);
    if (bytes > LIMITS.publicationBytes) {
      throw new PublicationError(
        `"${name}" has ${bytes} bytes as JSON; at most ${LIMITS.publicationBytes} are published`,
      );
    }
    const values = countValues(message) + SET.length;
    if (values > LIMITS.values) {
      throw new PublicationError(
        `"${name}" has ${values} texts, numbers and other values; at most ${LIMITS.values} are published`,
      );
    }
    return { name, text };
  });
}

/**
 * The id, or its SHA-256 in hexadecimal where it is longer than an id may be: readers would refuse it.
 * @param {string} id
 */
function boundedId(id) {
  return isWithin(id, LIMITS.id) ? id : createHash('sha256').update(id).digest('hex');
}

/**
 * @param {unknown} value
 * @param {string} path  where it is, for the error
 * @param {number} levels  that it may have
 */
function checkValues(value, path, levels) {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new PublicationError(`"${path}" is ${value}: it has to be a finite number`);
  }
  if (typeof value === 'bigint' || value instanceof Uint8Array) {
    throw new PublicationError(
      `"${path}" is of a type that JSON has not: it has to be text, a number, a list or a map`,
    );
  }
  if (value === null || typeof value !== 'object') return;
  if (levels === 0)
    throw new PublicationError(`"${path}" is nested too deeply: a message has at most ${LIMITS.depth} levels`);
  for (const [key, inner] of Object.entries(value)) checkValues(inner, `${path}.${key}`.slice(0, 80), levels - 1);
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isMap(value) {
  return value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array);
}

/** @param {unknown} value */
function show(value) {
  return value === undefined ? 'missing' : shown(value, 80);
}
