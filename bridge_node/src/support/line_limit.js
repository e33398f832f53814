/** Lines of one kind that are written in a second. */
const MAX_LINES = 10;
/** ms */
const SECOND = 1000;

/**
 * Bounds the lines about single messages: a flood of bad ones must not cost more than so many good ones, nor fill the log.
 * The rest is of the level debug, and in the counts.
 */
export class LineLimit {
  #begun = -Infinity;
  #count = 0;

  /**
   * @template {'warn' | 'error'} [Level='warn']
   * @param {Level} [level]  of a line within the limit
   * @returns {Level | 'debug'} the level of the line that is due now
   */
  next(level = /** @type {Level} */ ('warn')) {
    const now = performance.now();
    if (now - this.#begun >= SECOND) {
      this.#begun = now;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count > MAX_LINES ? 'debug' : level;
  }
}
