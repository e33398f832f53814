import { createHash } from 'node:crypto';

/** Bytes of a refused message, and characters of a traceback, that its record shows. */
const SHOWN = 64 * 1024;
/** Characters. */
const LONGEST_REASON = 1000;

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
    reason: reason.slice(0, LONGEST_REASON),
    length: payload.length,
    sha256: createHash('sha256').update(payload).digest('hex'),
    payload_base64: payload.subarray(0, SHOWN).toString('base64'),
    // the end of a traceback is what tells most
    ...(traceback ? { traceback: traceback.slice(-SHOWN) } : {}),
  });
}
