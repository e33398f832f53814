/** ms between two calls. */
const INTERVAL = 60_000;

/** Calls a function when that is due, but at most once a minute: what comes meanwhile is said together at its end. */
export class Seldom {
  #call;
  #interval;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  #isDue = false;

  /**
   * @param {() => void} call  says what there is to say
   * @param {number} [interval]  in ms
   */
  constructor(call, interval = INTERVAL) {
    this.#call = call;
    this.#interval = interval;
  }

  /** There is something to say. */
  due() {
    this.#isDue = true;
    if (!this.#timer) this.#turn();
  }

  /** Say what is still to be said, and nothing later. */
  stop() {
    clearTimeout(this.#timer);
    if (this.#isDue) this.#call();
    this.#isDue = false;
  }

  #turn() {
    this.#timer = undefined;
    if (!this.#isDue) return;
    this.#isDue = false;
    this.#timer = setTimeout(() => this.#turn(), this.#interval).unref();
    this.#call();
  }
}
