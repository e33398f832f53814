import { MessageError } from '../support/errors.js';
import { parse } from './parse.js';

/** @typedef {Record<string, unknown>} Map */

/**
 * @param {unknown} value
 * @returns {value is Map}
 */
export function isMap(value) {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/**
 * @param {unknown} message
 * @param {string} example  of a valid message, for the error
 * @returns {asserts message is Map}
 * @throws {MessageError} not_a_map
 */
export function checkMap(message, example) {
  if (!isMap(message)) throw new MessageError('not_a_map', `${kind(message)}, not a map such as ${example}`);
}

/**
 * Read a message that has to be one map.
 * @param {Buffer} payload
 * @param {string} example  of a valid message, for the error
 * @returns {Map}
 * @throws {MessageError} as `parse` and `checkMap` do
 */
export function parseMap(payload, example) {
  const { message } = parse(payload);
  checkMap(message, example);
  return message;
}

/** @param {unknown} value */
function kind(value) {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
