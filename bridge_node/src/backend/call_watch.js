import { reason } from '../support/errors.js';

/** ms that one attempt of a call may take until a person has to know. */
const MAX_CALL = 30_000;
/** Attempts in a row that have failed, of which a person has to know. */
const MIN_FAILURES = 3;

/** Watches one call, through all its attempts. */
export class CallWatch {
  #now;
  /** Of the present attempt. @type {number | undefined} */
  #begun;
  #failures = 0;
  #why = '';

  /** @param {() => number} now  ms of a steady clock */
  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /** An attempt begins. */
  begin() {
    this.#begun = this.#now();
  }

  /** @param {unknown} [error]  that the attempt has led to; undefined if the connection has ended */
  failed(error) {
    this.#begun = undefined;
    if (error === undefined) return;
    this.#failures += 1;
    this.#why = reason(error);
  }

  /** What a person has to know, as a sentence; empty if there is nothing. */
  get trouble() {
    if (this.#failures >= MIN_FAILURES) {
      return `a call has failed ${this.#failures} times and is tried again: ${this.#why}`;
    }
    const silent = this.#begun === undefined ? 0 : this.#now() - this.#begun;
    return silent > MAX_CALL ? `it has not answered a call for ${Math.round(silent / 1000)} seconds` : '';
  }
}
