/**
 * What a person has to know about one algorithm's inputs, counted since the bridge was started.
 * @typedef {object} Notices
 * @property {number} sessionTaken  times that another client has taken a client id of ours
 */

/** Counts what a person has to know, by the name of the algorithm; a route that is made again counts on. */
export class NoticesByAlgo {
  /** @type {Map<string, Notices>} */
  #byAlgo = new Map();

  /**
   * @param {string} algo
   * @returns {Notices} which the route adds to
   */
  of(algo) {
    let notices = this.#byAlgo.get(algo);
    if (!notices) {
      notices = { sessionTaken: 0 };
      this.#byAlgo.set(algo, notices);
    }
    return notices;
  }

  /** @returns {IterableIterator<[string, Notices]>} */
  entries() {
    return this.#byAlgo.entries();
  }
}
