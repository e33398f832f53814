/** In milliseconds. */
const MIN_DELAY = 100;
const MAX_DELAY = 5000;

/** The delays between attempts, which grow while something is unavailable. */
export class Backoff {
  #delay = MIN_DELAY;

  /** @returns {number} ms until the next attempt: twice the last, of which a quarter is random so that not all clients come at once */
  next() {
    const delay = this.#delay;
    this.#delay = Math.min(MAX_DELAY, delay * 2);
    return delay * (0.75 + Math.random() / 4);
  }

  /** Start again at the shortest delay. */
  reset() {
    this.#delay = MIN_DELAY;
  }
}
