/** The record of an algorithm that is announced on algos/<algo> (contracts/algo.schema.json). */

import { nameFault } from '../backend/name.js';
import { isReachable } from '../messages/address.js';
import { LIMITS } from '../messages/limits.js';
import { isMap, parseMap } from '../messages/map.js';
import { MessageError, RecordError, shown } from '../support/errors.js';

/** @typedef {'online' | 'offline' | 'lost'} State */

/**
 * @typedef {object} AlgoRecord
 * @property {string} name
 * @property {State} state
 * @property {string} algorithm  what runs: a built-in algorithm, or a class
 * @property {number} contract  the version that the service follows
 * @property {string} address  of the backend
 * @property {string[] | null} channels  null before it was initialised
 * @property {Record<string, unknown>} parameters
 * @property {string} since  when it began to be in this state
 * @property {string} instance  of one process
 */

const EXAMPLE = '{"name": "random", "state": "online", "address": "tcp://algo:4242", …}';
/** Characters of a value in a sentence. */
const MAX_SHOWN = 60;
const MAX_ALGORITHM = 256;
const MAX_INSTANCE = 64;

const SINCE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** @type {Record<keyof AlgoRecord, [isRight: (value: any) => boolean, expected: string]>} */
const FIELDS = {
  name: [(value) => typeof value === 'string' && nameFault(value) === '', 'a name of an algorithm'],
  state: [(value) => ['online', 'offline', 'lost'].includes(value), 'one of online, offline, lost'],
  algorithm: [(value) => isText(value, MAX_ALGORITHM), `a text of 1 to ${MAX_ALGORITHM} characters`],
  contract: [(value) => Number.isInteger(value) && value >= 1, 'a version, such as 4'],
  address: [isReachable, 'an address that others can reach, such as tcp://algo:4242'],
  channels: [
    (value) => value === null || (Array.isArray(value) && value.every((channel) => isText(channel, LIMITS.channel))),
    'a list of topics, or null',
  ],
  parameters: [(value) => isMap(value) && isFinite(value), 'a map, with finite numbers'],
  since: [(value) => typeof value === 'string' && SINCE.test(value), 'a time such as 2026-11-28T10:00:00.000Z'],
  instance: [(value) => isText(value, MAX_INSTANCE), `a text of 1 to ${MAX_INSTANCE} characters`],
};

/**
 * @param {Buffer} payload
 * @returns {AlgoRecord} without the fields that are not known
 * @throws {RecordError} if it holds none
 */
export function readRecord(payload) {
  if (payload.length > LIMITS.record) {
    throw new RecordError(`it has ${payload.length} bytes, and a record has at most ${LIMITS.record}`);
  }
  const message = mapOf(payload);
  for (const [name, [isRight, expected]] of Object.entries(FIELDS)) {
    if (!Object.hasOwn(message, name)) throw new RecordError(`"${name}" is missing`);
    if (!isRight(message[name])) {
      throw new RecordError(`"${name}" is ${shown(message[name], MAX_SHOWN)}: expected ${expected}`);
    }
  }
  return /** @type {AlgoRecord} */ (Object.fromEntries(Object.keys(FIELDS).map((name) => [name, message[name]])));
}

/** @param {Buffer} payload */
function mapOf(payload) {
  try {
    return parseMap(payload, EXAMPLE);
  } catch (error) {
    if (!(error instanceof MessageError)) throw error;
    throw new RecordError(error.message);
  }
}

/**
 * @param {unknown} value
 * @param {number} max  characters
 */
function isText(value, max) {
  return typeof value === 'string' && value !== '' && [...value].length <= max;
}

/**
 * @param {unknown} value
 * @returns {boolean} whether all its numbers are finite: JSON.parse makes Infinity of 1e999
 */
function isFinite(value) {
  if (value !== null && typeof value === 'object') return Object.values(value).every(isFinite);
  return typeof value !== 'number' || Number.isFinite(value);
}
