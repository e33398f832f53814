/** The messages of one frame for a page. */

import { RELAY } from './bounds.js';

/** Quotes and data in a frame, beyond which the latest of each instrument is kept. */
const MAX_QUOTES = 200;
/** Messages of the other topics that wait for a page, and their bytes: more are not sent any more, and it is told. */
const MAX_OTHERS = 20_000;
const MAX_OTHERS_BYTES = 8 * 1024 * 1024;

/** First levels of the topics whose messages a page gets all of, in order. */
const KEPT = new Set(['algos', 'bridges', 'portfolios', 'orders', 'fills', 'errors', 'replies', 'stats', 'halts']);

/**
 * A message as it came.
 * @typedef {object} Relayed
 * @property {string} topic  without the prefix
 * @property {Buffer} payload
 * @property {boolean} retain
 * @property {number} at  ms since 1970
 */

export class Gathered {
  /** @type {Relayed[]} */
  #others = [];
  #othersBytes = 0;
  /** In the order of arrival. @type {Relayed[]} */
  #quotes = [];
  /** How many quotes came since the last frame. */
  #count = 0;
  #isOverfull = false;

  /** @param {Relayed} message */
  add(message) {
    if (isKept(message.topic)) return this.#addOther(message);
    this.#count += 1;
    this.#quotes.push(message);
    if (this.#quotes.length > 2 * MAX_QUOTES) this.#thin();
  }

  /** @param {Relayed} message */
  #addOther(message) {
    this.#othersBytes += message.payload.length;
    if (this.#others.length < MAX_OTHERS && this.#othersBytes <= MAX_OTHERS_BYTES) this.#others.push(message);
    else this.#isOverfull = true;
  }

  /**
   * @param {boolean} withQuotes  whether the page takes quotes at present
   * @returns {object | undefined} the frame, and begin the next one; undefined if there is nothing to send
   */
  take(withQuotes) {
    if (this.#quotes.length > MAX_QUOTES) this.#thin();
    const quotes = withQuotes ? this.#quotes : [];
    const leftOut = this.#count - quotes.length;
    const messages = [...this.#others, ...quotes].map(toFrame);
    const error = this.#isOverfull
      ? { error: 'more messages came at once than a page can take: some are missing here' }
      : {};
    this.#others = [];
    this.#othersBytes = 0;
    this.#quotes = [];
    this.#count = 0;
    this.#isOverfull = false;
    if (messages.length === 0 && leftOut === 0) return undefined;
    return leftOut > 0 ? { messages, left_out: { quotes: leftOut }, ...error } : { messages, ...error };
  }

  /** Keep the latest of each instrument, and of all of these the latest. */
  #thin() {
    const latest = new Map();
    for (const message of this.#quotes) {
      const key = `${message.topic}\u0000${instrumentIn(message.payload)}`;
      latest.delete(key); // so that it comes where the latest one came
      latest.set(key, message);
    }
    this.#quotes = [...latest.values()].slice(-MAX_QUOTES);
  }
}

/**
 * What looks like the instrument, near the front: it need not be right, only the same for the same instrument.
 * @param {Buffer} payload
 */
function instrumentIn(payload) {
  const [, sid] = /"sid"\s*:\s*("[^"]*"|\d+)/.exec(payload.toString('latin1', 0, 256)) ?? [];
  return sid ?? '';
}

/** @param {string} topic */
const isKept = (topic) => KEPT.has(topic.split('/', 1)[0]);

/** @param {Relayed} message @returns {[string, string, boolean, number]} */
function toFrame({ topic, payload, retain, at }) {
  const max = isKept(topic) ? RELAY.keptBytes : RELAY.otherBytes;
  const text = payload.length > max ? `${payload.toString('utf8', 0, max)}…` : payload.toString('utf8');
  return [topic, text, retain, at];
}
