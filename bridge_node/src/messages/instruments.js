/** How many are remembered: a stream of ever new names is not to fill the memory. */
const MOST = 10_000;

/** Tells the first quote of each instrument, so that a name that is none is seen. */
export class Instruments {
  /** @type {Set<string>} */
  #known = new Set();

  /** @param {string} sid */
  isNew(sid) {
    if (this.#known.has(sid) || this.#known.size >= MOST) return false;
    this.#known.add(sid);
    return true;
  }
}
