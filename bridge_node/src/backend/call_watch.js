import { reason } from '../support/errors.js';

/** ms that one attempt of a call may take until a person has to know. */
const MAX_CALL = 30_000;
/** Attempts in a row that have failed, of which a person has to know. */
const MIN_FAILURES = 3;

/** Watches one call, through all its attempts, each of which `begin` and either `failed` or `ended` enclose. */
export class CallWatch {
  #say;
  #now;
  /** Of the present attempt. @type {number | undefined} */
  #begun;
  #failures = 0;
  #why = '';
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /**
   * @param {(sentence: string) => void} say  is called when an attempt has taken too long
   * @param {() => number} now  ms of a steady clock
   */
  constructor(say = () => {}, now = () => performance.now()) {
    this.#say = say;
    this.#now = now;
  }

  /** An attempt begins. */
  begin() {
    this.#begun = this.#now();
    this.#timer = setTimeout(() => this.#say(unanswered(MAX_CALL)), MAX_CALL).unref();
  }

  /** The attempt was answered, by whatever. */
  ended() {
    this.#begun = undefined;
    clearTimeout(this.#timer);
  }

  /** @param {unknown} [error]  that the attempt has led to; undefined if the connection has ended */
  failed(error) {
    this.ended();
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
    return silent > MAX_CALL ? unanswered(silent) : '';
  }
}

/** @param {number} silent  in ms */
function unanswered(silent) {
  return `it has not answered a call for ${Math.round(silent / 1000)} seconds`;
}
