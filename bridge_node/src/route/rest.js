import { setImmediate as turn } from 'node:timers/promises';

/** ms for which nothing is read at the most: pings and the end of a connection have to be seen. */
const LONGEST = 100;

/**
 * Lets what comes gather in the system, to be read in one go: to be woken by every packet costs more
 * than all else that is done with it.
 */
export class Rest {
  #set;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /** @param {(isResting: boolean) => void} set  stops the reading, or lets it go on */
  constructor(set) {
    this.#set = set;
  }

  begin() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#stop(), LONGEST);
    this.#set(true);
  }

  /** Resolves when what has gathered is read. */
  async end() {
    if (!this.#timer) return;
    this.#stop();
    await turn();
    await turn(); // what was begun in one turn of the event loop is read by the end of the next
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#set(false);
  }
}
