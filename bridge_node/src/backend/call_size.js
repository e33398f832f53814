/** Quotes in a call at the most; more of them gain nothing. */
const MOST = 500;
/** In the first call, before anything is known of the algorithm. */
const FIRST = 25;
/** ms that the quotes of a call are to take: no order leaves before the last of them is decided. */
const LONGEST = 100;

/**
 * How many quotes the next call may carry: hundreds for a fast algorithm, a few for one that takes
 * 20 ms for each, so that its orders do not wait for one another for seconds.
 */
export class CallSize {
  quotes = FIRST;
  #last = { quotes: 0, ms: 0 };

  /**
   * Learn from a call.
   * @param {number} quotes  that it carried
   * @param {number} ms  that it took
   */
  learn(quotes, ms) {
    const { quotes: before, ms: msBefore } = this.#last;
    this.#last = { quotes, ms };
    // What a call takes whatever it carries (a slow disk, a busy machine) is no reason for smaller
    // ones: a quote takes no more than the difference between two calls shows.
    const more = quotes === before ? Infinity : Math.max(0, (ms - msBefore) / (quotes - before));
    const fitting = Math.floor(LONGEST / Math.min(ms / quotes, more));
    this.quotes = Math.max(1, Math.min(fitting, 2 * this.quotes, MOST));
  }
}
