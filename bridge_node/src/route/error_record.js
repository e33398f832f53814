import { createHash } from 'node:crypto';

/** Bytes of a refused message, and characters of a traceback, in its record. */
const MAX_SHOWN = 64 * 1024;
/** Characters of the reason. */
const MAX_REASON = 1000;

/**
 * The record of a message that led to no decision (contracts/error.schema.json).
 * @param {string} topic
 * @param {Buffer} payload
 * @param {string} code  of contracts/refusals.json
 * @param {string} reason
 * @param {string} [traceback]
 * @returns {string} JSON
 */
export function errorRecord(topic, payload, code, reason, traceback) {
  return JSON.stringify({
    topic,
    code,
    reason: reason.slice(0, MAX_REASON),
    length: payload.length,
    sha256: createHash('sha256').update(payload).digest('hex'),
    payload_base64: payload.subarray(0, MAX_SHOWN).toString('base64'),
    // the end of a traceback tells most
    ...(traceback ? { traceback: traceback.slice(-MAX_SHOWN) } : {}),
  });
}
