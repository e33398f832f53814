import { MAX_BEGINNING } from '../mqtt/message.js';

/** Characters of a traceback in a record. */
const MAX_TRACEBACK = 64 * 1024;
/** Characters of the reason. */
const MAX_REASON = 1000;

/**
 * The record of a message that led to no decision (contracts/error.schema.json).
 * @param {Pick<import('../mqtt/message.js').Message, 'topic' | 'payload' | 'bytes' | 'sha256'>} message
 * @param {string} code  of contracts/refusals.json
 * @param {string} reason
 * @param {string} [traceback]
 * @returns {string} JSON
 */
export function errorRecord({ topic, payload, bytes, sha256 }, code, reason, traceback) {
  return JSON.stringify({
    topic,
    code,
    reason: reason.slice(0, MAX_REASON).toWellFormed(),
    length: bytes,
    sha256,
    payload_base64: payload.subarray(0, MAX_BEGINNING).toString('base64'),
    // the end of a traceback tells most
    ...(traceback ? { traceback: traceback.slice(-MAX_TRACEBACK).toWellFormed() } : {}),
  });
}
