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
