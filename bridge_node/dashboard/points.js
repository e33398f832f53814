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

/** @typedef {[seconds: number, value: number][]} Curve */

/** By what has come since the page was opened: what was joined last. @type {WeakMap<Curve, {known: Curve, last: Curve[0] | undefined, curve: Curve}>} */
const curves = new WeakMap();

/**
 * The journal's curve of equity, and then what has come since. A replay that has begun again comes before the journal's
 * last point: what is of the present goes first.
 * @param {Curve} known
 * @param {Curve} live  to which points are added
 * @returns {Curve} the same array until there is another point: the page is drawn many times in between
 */
export function joined(known, live) {
  const before = curves.get(live);
  const last = live.at(-1);
  if (before && before.known === known && before.last === last) return before.curve;
  const first = live[0]?.[0] ?? Infinity;
  const curve = [...known.filter(([seconds]) => seconds < first), ...live];
  curves.set(live, { known, last, curve });
  return curve;
}
