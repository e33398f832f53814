/**
 * A message and the quotes that it holds, waiting to be decided.
 * @typedef {{message: import('../mqtt/subscriber.js').Message, quotes: import('../messages/quote.js').Quote[]}} Waiting
 */

/** What waits to be decided, in the order in which it came. */
export class Queue {
  /** @type {Waiting[]} */
  #waiting = [];
  #bytes = 0;
  #changed;

  /** @param {(messages: number, bytes: number) => void} changed  told how much waits now */
  constructor(changed) {
    this.#changed = changed;
  }

  /** How many messages wait. */
  get length() {
    return this.#waiting.length;
  }

  /** @param {Waiting} waiting */
  push(waiting) {
    this.#waiting.push(waiting);
    this.#bytes += waiting.message.payload.length;
    this.#changed(this.#waiting.length, this.#bytes);
  }

  /**
   * Take messages from the front; the last of them is the one that reaches one of the limits.
   * @param {number} mostQuotes
   * @param {number} mostBytes
   * @returns {Waiting[] | undefined} undefined if none wait
   */
  take(mostQuotes, mostBytes) {
    if (this.#waiting.length === 0) return undefined;
    let quotes = 0;
    let bytes = 0;
    let messages = 0;
    while (messages < this.#waiting.length && quotes < mostQuotes && bytes < mostBytes) {
      const waiting = this.#waiting[messages++];
      quotes += waiting.quotes.length;
      bytes += waiting.message.payload.length;
    }
    const taken = this.#waiting.splice(0, messages);
    this.#bytes -= bytes;
    this.#changed(this.#waiting.length, this.#bytes);
    return taken;
  }

  /**
   * Drop those messages that are not to be kept, and return them.
   * @param {(message: import('../mqtt/subscriber.js').Message) => boolean} isKept
   */
  keep(isKept) {
    const dropped = this.#waiting.filter(({ message }) => !isKept(message)).map(({ message }) => message);
    this.#waiting = this.#waiting.filter(({ message }) => isKept(message));
    this.#bytes -= dropped.reduce((bytes, { payload }) => bytes + payload.length, 0);
    this.#changed(this.#waiting.length, this.#bytes);
    return dropped;
  }
}
