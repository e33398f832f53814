/** A person's halt, as halts/<algo> retains it (contracts/halt.schema.json). */

/** @typedef {{reason: string, by: string | null, id: string, since: string}} Halt */

/**
 * @param {Buffer} payload
 * @returns {Halt | undefined} undefined if it is no halt
 */
export function readHalt(payload) {
  try {
    const { reason, by, id, since } = JSON.parse(payload.toString());
    const isHalt = [reason, id, since].every((text) => typeof text === 'string' && text !== '');
    return isHalt && (by === null || typeof by === 'string') ? { reason, by, id, since } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {{by: string | null, reason: string}} halt
 * @returns {string} the reason of the orders that it refuses
 */
export function haltText({ by, reason }) {
  return by ? `halted by ${by}: ${reason}` : `halted: ${reason}`;
}
