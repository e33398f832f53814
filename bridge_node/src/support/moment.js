/**
 * A moment by both clocks.
 * @typedef {object} Moment
 * @property {number} steady  ms of the steady clock
 * @property {number} wall  ms since 1970
 */

/** @returns {Moment} */
export function now() {
  return { steady: performance.now(), wall: Date.now() };
}
