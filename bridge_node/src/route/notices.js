/**
 * What a person has to know about one algorithm's inputs, counted since the bridge was started.
 * @typedef {object} AlgoNotices
 * @property {number} feedGaps  gaps in the numbered ids of feeds
 * @property {number} feedMissing  numbers in these gaps
 * @property {number} sessionTaken  times that another client has taken a client id of ours
 */

/** Counts what a person has to know, by the name of the algorithm; a route that is made again counts on. */
export class Notices {
  /** @type {Map<string, AlgoNotices>} */
  #byAlgo = new Map();
  /** Messages that the broker has dropped, of any clients. */
  brokerDropped = 0;

  /**
   * @param {string} algo
   * @returns {AlgoNotices} which the route adds to
   */
  of(algo) {
    let notices = this.#byAlgo.get(algo);
    if (!notices) {
      notices = { feedGaps: 0, feedMissing: 0, sessionTaken: 0 };
      this.#byAlgo.set(algo, notices);
    }
    return notices;
  }

  /** @returns {IterableIterator<[string, AlgoNotices]>} */
  entries() {
    return this.#byAlgo.entries();
  }
}
