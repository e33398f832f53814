/** Quotes in a call at the most; more of them gain nothing. */
const MOST = 500;
/** In the first call, before anything is known of the algorithm. */
const FIRST = 25;
/** ms that a call is to take: no order of it is published before its last quote is decided. */
const LONGEST = 100;

/**
 * How many quotes the next call may carry: hundreds for a fast algorithm, a few for one that takes
 * 20 ms for each, so that its orders do not wait for one another for seconds.
 */
export class CallSize {
  quotes = FIRST;

  /**
   * Learn from a call.
   * @param {number} quotes  that it carried
   * @param {number} ms  that it took
   */
  learn(quotes, ms) {
    const fitting = Math.floor((quotes * LONGEST) / ms);
    this.quotes = Math.max(1, Math.min(fitting, 2 * this.quotes, MOST));
  }
}
