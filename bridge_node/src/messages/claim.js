/** The claim of the bridge that serves an algorithm, and the question whether it lives (contracts/bridge.schema.json). */

const MAX_PID = 2 ** 31 - 1;
/** Characters of the name of a host in a sentence. */
const MAX_HOST = 255;

/** @typedef {{instance: string, started: number, host: string, pid: number}} Claim */

/**
 * @param {Buffer} payload
 * @returns {Claim | undefined} undefined if it is empty, because a bridge has withdrawn its claim, or no claim
 */
export function readClaim(payload) {
  const claim = parsed(payload);
  const { instance, started, host, pid } = claim ?? {};
  const isClaim = typeof instance === 'string' && Number.isFinite(started) && typeof host === 'string' && isPid(pid);
  return isClaim ? claim : undefined;
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
  return `${host.slice(0, MAX_HOST).toWellFormed()}, process ${pid}`;
}

/** @param {unknown} pid */
function isPid(pid) {
  return Number.isInteger(pid) && Number(pid) >= 0 && Number(pid) <= MAX_PID;
}

/** @param {Buffer} payload */
function parsed(payload) {
  try {
    return JSON.parse(payload.toString());
  } catch {
    return undefined;
  }
}
