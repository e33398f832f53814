/** What has happened before the page was opened: it is asked for, algorithm by algorithm. */

import { AskError } from './ask.js';

/** Entries of a list that are asked for. */
const LIMIT = 100;
/** ms after which an answer is asked for again while its view is open. */
const MAX_AGE = 60_000;
/** The questions of the view of one algorithm, with their options. @type {[string, object][]} */
const QUESTIONS = [
  ['equity', {}],
  ['profit', {}],
  ['positions', {}],
  ['orders', { limit: LIMIT }],
  ['errors', { limit: LIMIT }],
  ['commands', { limit: LIMIT }],
];

/**
 * @typedef {object} Answer
 * @property {any} [result]  the last one that came
 * @property {string} [fault]  why none came, a sentence
 * @property {number} at  when it was asked for
 */

export class Past {
  #asking;
  #changed;
  /** By algorithm and question. @type {Map<string, Answer>} */
  #answers = new Map();
  /** Settles when the last question is answered. */
  #last = Promise.resolve();

  /**
   * @param {import('./ask.js').Asking} asking
   * @param {() => void} changed  called when an answer has come
   */
  constructor(asking, changed) {
    this.#asking = asking;
    this.#changed = changed;
  }

  /** @param {string} algo @param {string} query @returns {Answer | undefined} */
  answer(algo, query) {
    return this.#answers.get(keyOf(algo, query));
  }

  /** Ask what is not known, or was asked too long ago, one after the other. @param {string} algo */
  want(algo) {
    for (const [query, options] of QUESTIONS) {
      const known = this.answer(algo, query);
      if (known && Date.now() - known.at < MAX_AGE) continue;
      this.#answers.set(keyOf(algo, query), { ...known, at: Date.now() });
      // the bridge takes few questions about an algorithm at a time
      this.#last = this.#last.then(() => this.#ask(algo, query, options));
    }
  }

  /** Ask for everything again: there was no connection for a while. */
  forget() {
    for (const answer of this.#answers.values()) answer.at = 0;
  }

  /** @param {string} algo @param {string} query @param {object} options */
  async #ask(algo, query, options) {
    const key = keyOf(algo, query);
    let came;
    try {
      came = { result: await this.#asking.query(algo, query, options) };
    } catch (error) {
      if (!(error instanceof AskError)) throw error;
      came = { fault: error.message };
    }
    this.#answers.set(key, { ...this.#answers.get(key), fault: undefined, at: Date.now(), ...came });
    this.#changed();
  }
}

/** @param {string} algo @param {string} query */
const keyOf = (algo, query) => `${algo}\u0000${query}`;
