import { setImmediate as nextTurn } from 'node:timers/promises';

/** ms of one pause: pings and the end of a connection have to be noticed. */
const MAX_PAUSE = 100;

/**
 * Pauses the reading while nothing can be done with new messages, so that they gather in the operating
 * system and are read together: waking for every packet costs more than everything else that is done with it.
 */
export class ReadPacing {
  #setPaused;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /** @param {(isPaused: boolean) => void} setPaused  stops the reading, or continues it; called by `pause`, `resume` and a timer */
  constructor(setPaused) {
    this.#setPaused = setPaused;
  }

  pause() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(), MAX_PAUSE);
    this.#setPaused(true);
  }

  /** Resolves when the messages that have gathered are read. */
  async resume() {
    if (!this.#timer) return;
    this.#end();
    await nextTurn();
    await nextTurn(); // a read that was started in one turn of the event loop has ended after the next
  }

  #end() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#setPaused(false);
  }
}
