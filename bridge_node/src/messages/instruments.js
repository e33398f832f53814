/** Instruments that are remembered, so that a stream of new names does not fill the memory. */
const MAX_KNOWN = 10_000;

/** Detects the first quote of each instrument, so that a misspelt name is noticed. */
export class Instruments {
  /** @type {Set<string>} */
  #known = new Set();

  /** Whether it detects no more. */
  get isFull() {
    return this.#known.size >= MAX_KNOWN;
  }

  /** @param {string} sid */
  isNew(sid) {
    if (this.#known.has(sid) || this.isFull) return false;
    this.#known.add(sid);
    return true;
  }
}
