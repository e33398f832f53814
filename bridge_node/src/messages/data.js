/** Reads a message of other programs about something that is not a quote (contracts/README.md, "Data"). */

import { parseMap } from './map.js';
import { checkTime } from './time.js';
import { checkTopic } from './topic.js';
import { checkOther, readId } from './values.js';

/** @typedef {{ts?: string | number, id: string, channel: string, [field: string]: unknown}} Data */

/**
 * @param {string} channel  the topic that it came on
 * @param {Buffer} payload
 * @param {() => string} newId  called if it has no id
 * @returns {Data}
 * @throws {import('../support/errors.js').MessageError} with the code and the reason, if the message breaks the contract
 */
export function readData(channel, payload, newId) {
  checkTopic(channel);
  const { ts, id: anyId, channel: _elsewhere, ...others } = parseMap(payload, '{"id": "a:1", "value": 0.5}');
  const id = anyId === undefined ? newId() : readId(anyId);
  for (const [key, value] of Object.entries(others)) checkOther(value, key);
  if (ts === undefined || ts === null) return { id, channel, ...others };
  checkTime(ts);
  return { ts, id, channel, ...others };
}
