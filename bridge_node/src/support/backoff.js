/** Delays that grow while something is away, in milliseconds. */
const SHORTEST = 100;
const LONGEST = 5000;

export class Backoff {
  #delay = SHORTEST;

  /** @returns {number} the next delay: twice the last, with a quarter of chance so that not all come at once */
  next() {
    const delay = this.#delay;
    this.#delay = Math.min(LONGEST, delay * 2);
    return delay * (0.75 + Math.random() / 4);
  }

  reset() {
    this.#delay = SHORTEST;
  }
}
