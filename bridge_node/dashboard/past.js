/** What has happened before the page was opened: it is asked for, algorithm by algorithm. */

import { AskError, UNHEARD } from './ask.js';
import { isAnswer } from './valid.js';

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
  ['parameters', {}],
  ['journal', { limit: 1 }],
];
/** Bars of the chart of an instrument. */
const BARS = 1000;
/** Algorithms that are asked at a time: the relay takes few frames in a second. */
const MAX_ASKED = 3;
/** Points of a sparkline. */
const SPARKS = 160;
/** Answers that are kept: those of the views that were open last. */
const MAX_ANSWERS = 300;

/**
 * @typedef {object} Answer
 * @property {any} [result]  the last one that came
 * @property {string} [fault]  why none came, a sentence
 * @property {number} at  when it was asked for
 *
 * @typedef {object} Question
 * @property {string} algo
 * @property {string} name  of the answer
 * @property {string} query
 * @property {object} options
 * @property {number} at  when it was wanted, ms since 1970
 */

export class Past {
  #asking;
  #changed;
  /** By algorithm and question. @type {Map<string, Answer>} */
  #answers = new Map();
  /** Questions that are to be asked. @type {Question[]} */
  #waiting = [];
  /** Algorithms that are being asked: one question each, for a bridge takes few about an algorithm at a time. @type {Set<string>} */
  #asked = new Set();
  /** The algorithm whose view is open, or was open last: it is asked first. */
  #viewed = '';
  /** By algorithm: when nobody replied to a question about it last. @type {Map<string, number>} */
  #unheard = new Map();

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

  /** Ask what is not known, or was asked too long ago. @param {string} algo */
  want(algo) {
    this.#viewed = algo;
    for (const [query, options] of QUESTIONS) this.#want(algo, query, query, options);
  }

  /** The same of what the overview shows of each. @param {string} algo */
  wantBrief(algo) {
    this.#want(algo, 'profit', 'profit', {});
    this.#want(algo, 'last order', 'orders', { limit: 1 });
    this.#want(algo, 'sparkline', 'equity', { points: SPARKS });
  }

  /** The same of the prices of an instrument, whose answer is `prices <sid>`. @param {string} algo @param {string} sid */
  wantPrices(algo, sid) {
    this.#want(algo, `prices ${sid}`, 'prices', { sid, points: BARS });
  }

  /** @param {string} algo @param {string} name  of the answer @param {string} query @param {object} options */
  #want(algo, name, query, options) {
    const known = this.answer(algo, name);
    if (known && Date.now() - known.at < MAX_AGE) return;
    const at = Date.now();
    this.#answers.delete(keyOf(algo, name)); // so that the oldest comes first
    this.#answers.set(keyOf(algo, name), { ...known, at });
    for (const key of this.#answers.keys()) {
      if (this.#answers.size <= MAX_ANSWERS) break;
      this.#answers.delete(key);
    }
    this.#waiting.push({ algo, name, query, options, at });
    this.#next();
  }

  #next() {
    const free = this.#waiting.filter(({ algo }) => !this.#asked.has(algo));
    const question = free.find(({ algo }) => algo === this.#viewed) ?? free[0];
    if (!question || this.#asked.size >= MAX_ASKED) return;
    this.#waiting.splice(this.#waiting.indexOf(question), 1);
    this.#asked.add(question.algo);
    const asked = this.#asked;
    void this.#ask(question).finally(() => {
      asked.delete(question.algo);
      this.#next();
    });
    this.#next();
  }

  /** Ask for everything again, also for what is under way: there was no connection for a while. */
  forget() {
    this.#asked = new Set();
    this.#waiting = [];
    this.#unheard.clear();
    for (const answer of this.#answers.values()) answer.at = 0;
  }

  /** @param {Question} question */
  async #ask({ algo, name, query, options, at: wanted }) {
    const key = keyOf(algo, name);
    const asked = this.#asked;
    let came;
    try {
      // what waited behind a question that nobody replied to would wait as long
      if ((this.#unheard.get(algo) ?? 0) > wanted) throw new AskError(UNHEARD);
      const result = await this.#asking.query(algo, query, options);
      if (!isAnswer(query, result)) throw new AskError('the answer is not as the contract has it');
      came = { result };
    } catch (error) {
      if (!(error instanceof AskError)) throw error;
      if (asked !== this.#asked) return;
      if (error.message === UNHEARD) this.#unheard.set(algo, Date.now());
      came = { fault: error.message };
    }
    this.#answers.set(key, { ...this.#answers.get(key), fault: undefined, at: Date.now(), ...came });
    this.#changed();
  }
}

/** @param {string} algo @param {string} query */
const keyOf = (algo, query) => `${algo}\u0000${query}`;
