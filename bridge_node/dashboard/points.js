/** Points of charts, and their times. */

import { instant } from '#shared/messages/time.js';

/**
 * @typedef {object} Bar
 * @property {number} time  seconds since 1970
 * @property {number} value  the price
 * @property {number} [open]
 * @property {number} [high]
 * @property {number} [low]
 *
 * @typedef {object} Mark  an order
 * @property {number} time
 * @property {'buy' | 'sell'} side
 * @property {boolean} isRefused
 */

/** A day in UTC, counted from 1970. @param {number} seconds  since 1970 */
export const dayOf = (seconds) => Math.floor(seconds / 86_400);

/**
 * Seconds since 1970 of a quote, by its own time; by the time of its arrival if it has none.
 * @param {unknown} ts
 * @param {number} at  ms since 1970
 */
export function secondsOf(ts, at) {
  if (ts === null || ts === undefined) return at / 1000;
  try {
    return Number(instant(ts) / 1_000_000n) / 1000;
  } catch {
    return at / 1000; // the bridge has refused such a quote
  }
}

/**
 * The journal's curve of equity, and then what has come since. A replay that has begun again comes before the journal's
 * last point: what is of the present goes first.
 * @param {[seconds: number, value: number][]} known
 * @param {[seconds: number, value: number][]} live
 */
export function joined(known, live) {
  const first = live[0]?.[0] ?? Infinity;
  return [...known.filter(([seconds]) => seconds < first), ...live];
}
