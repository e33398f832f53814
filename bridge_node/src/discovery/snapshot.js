/**
 * What a list shows of a portfolio (contracts/portfolio.schema.json).
 * @typedef {{equity: number | null, last: {sid: string, price: number} | null}} Snapshot
 */

/**
 * @param {Buffer} payload
 * @returns {Snapshot | undefined} undefined if it is none
 */
export function readSnapshot(payload) {
  try {
    const { seq, equity = null, last = null } = JSON.parse(payload.toString());
    const isQuoted = last !== null && typeof last.sid === 'string' && Number.isFinite(last.price);
    const isSnapshot = Number.isFinite(seq) && (equity === null || Number.isFinite(equity));
    return isSnapshot ? { equity, last: isQuoted ? { sid: last.sid, price: last.price } : null } : undefined;
  } catch {
    return undefined;
  }
}
