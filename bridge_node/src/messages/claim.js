/** The claim of the bridge that serves an algorithm, and the question whether it lives (contracts/bridge.schema.json). */

/** @typedef {{instance: string, started: number, host: unknown, pid: unknown}} Claim */

/**
 * @param {Buffer} payload
 * @returns {Claim | undefined} undefined if it is empty, because a bridge has withdrawn its claim, or no claim
 */
export function readClaim(payload) {
  const claim = parsed(payload);
  return typeof claim?.instance === 'string' && Number.isFinite(claim.started) ? claim : undefined;
}

/** @param {Buffer} payload */
export function isQuestion(payload) {
  return typeof parsed(payload)?.asks === 'string';
}

/** @param {string} instance  of the bridge that asks */
export function question(instance) {
  return JSON.stringify({ asks: instance });
}

/**
 * Of two claims that were made in the same millisecond, one has to be the newer, too.
 * @typedef {{started: number, instance: string}} Age
 * @param {Age} one
 * @param {Age} other
 */
export function isNewer(one, other) {
  return one.started === other.started ? one.instance > other.instance : one.started > other.started;
}

/** @param {Claim} claim */
export function ownerOf({ host, pid }) {
  return `${host}, process ${pid}`;
}

/** @param {Buffer} payload */
function parsed(payload) {
  try {
    return JSON.parse(payload.toString());
  } catch {
    return undefined;
  }
}
