/** Quotes in a call; more of them gain nothing. */
const MAX_QUOTES = 1000;
/** Quotes in the first call, before anything is known about the algorithm. */
const FIRST_QUOTES = 25;
/** ms that a call should take: no order is published before its last quote is decided. */
const MAX_DURATION = 100;

/**
 * How many quotes the next call may carry: hundreds for a fast algorithm, a few for one that takes
 * 20 ms for each, so that its orders do not wait for one another for seconds.
 */
export class CallSize {
  quotes = FIRST_QUOTES;
  #last = { quotes: 0, ms: 0 };

  /**
   * Adapt to a call that has returned.
   * @param {number} quotes  in the call
   * @param {number} ms  that it took
   */
  learn(quotes, ms) {
    const { quotes: before, ms: msBefore } = this.#last;
    this.#last = { quotes, ms };
    // The fixed time of a call (a slow disk, a busy machine) is no reason for smaller calls: a quote
    // takes no more than the difference between two calls shows.
    const more = quotes === before ? Infinity : Math.max(0, (ms - msBefore) / (quotes - before));
    const fitting = Math.floor(MAX_DURATION / Math.min(ms / quotes, more));
    this.quotes = Math.max(1, Math.min(fitting, 2 * this.quotes, MAX_QUOTES));
  }
}
