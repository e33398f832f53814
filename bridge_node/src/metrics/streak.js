/** Bad ones in a row of which a person has to know. */
const MIN_BAD = 10;
/** ms after the last of them for which they count. */
const MAX_AGE = 60_000;

/** Counts bad ones until a good one comes. */
export class Streak {
  #now;
  #count = 0;
  #last = 0;

  /** @param {() => number} now  ms of a steady clock */
  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  good() {
    this.#count = 0;
  }

  /** @param {number} count */
  bad(count) {
    this.#count += count;
    this.#last = this.#now();
  }

  /** How many in a row, where a person has to know; otherwise 0. */
  get length() {
    return this.#count >= MIN_BAD && this.#now() - this.#last < MAX_AGE ? this.#count : 0;
  }
}
