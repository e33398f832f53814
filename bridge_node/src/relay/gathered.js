/** The messages of one frame for a page. */

/** Quotes and data in a frame, beyond which the latest of each instrument is kept. */
const MAX_QUOTES = 200;
/** Bytes of a payload that a page gets; a longer one is cut. */
const MAX_BYTES = 64 * 1024;
/** The same of an answer to a question, which is useless if it is cut: a reply has no more. */
const MAX_ANSWER_BYTES = 1024 * 1024;
const ANSWER = /^replies\/[^/]+\/./;
/** Messages of the other topics that wait for a page: more are not sent any more, and it is told. */
const MAX_OTHERS = 20_000;

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
  /** In the order of arrival. @type {Relayed[]} */
  #quotes = [];
  /** How many quotes came since the last frame. */
  #count = 0;
  #isOverfull = false;

  /** @param {Relayed} message */
  add(message) {
    if (KEPT.has(message.topic.split('/', 1)[0])) {
      if (this.#others.length < MAX_OTHERS) this.#others.push(message);
      else this.#isOverfull = true;
      return;
    }
    this.#count += 1;
    this.#quotes.push(message);
    if (this.#quotes.length > 2 * MAX_QUOTES) this.#thin();
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
      ? { error: `more than ${MAX_OTHERS.toLocaleString('en')} messages came at once: some are missing here` }
      : {};
    this.#others = [];
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

/** @param {Relayed} message @returns {[string, string, boolean, number]} */
function toFrame({ topic, payload, retain, at }) {
  const most = ANSWER.test(topic) ? MAX_ANSWER_BYTES : MAX_BYTES;
  const text = payload.length > most ? `${payload.toString('utf8', 0, most)}…` : payload.toString('utf8');
  return [topic, text, retain, at];
}
