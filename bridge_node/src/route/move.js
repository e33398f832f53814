import { SwapRefusal } from './swap_ends.js';

/**
 * What goes from one backend to the other at a swap. The swap calls `prepare` while the backend before serves, then
 * `give` and `take` while nothing is decided. Each may refuse (SwapRefusal); `undo` is called then.
 * @typedef {object} Transfer
 * @property {import('../messages/duty.js').SwapKind} kind
 * @property {number} epoch  for the new backend
 * @property {(signal: AbortSignal) => Promise<void>} prepare  `signal` ends its waiting
 * @property {() => Promise<void>} give
 * @property {() => Promise<void>} take
 * @property {() => Promise<void>} undo  leaves the new backend as it was
 * @property {string} text  what has gone over, or, if it was refused, what is left of it; the end of a sentence
 * @property {object[]} [cancelled]  orders that waited at the backend before
 */

/**
 * The journal itself goes over: the new backend opens it, and goes on as after a restart.
 * @implements {Transfer}
 */
export class Move {
  /** @type {'move'} */
  kind = 'move';
  epoch;
  text = '';
  #ends;
  #initialize;
  /** @type {import('../backend/standby.js').Standing | undefined} */
  #released;

  /**
   * @param {import('./swap_ends.js').SwapEnds} ends
   * @param {number} epoch
   * @param {() => Promise<void>} initialize  the new backend
   */
  constructor(ends, epoch, initialize) {
    this.#ends = ends;
    this.epoch = epoch;
    this.#initialize = initialize;
  }

  async prepare() {}

  async give() {
    const { backend } = this.#ends;
    if (backend.ready) this.#released = await this.#ends.askBackend('release');
  }

  async take() {
    const { to } = this.#ends;
    const released = this.#released;
    const acquired = await this.#ends.askNext('acquire', this.epoch);
    try {
      if (released && (acquired.id !== released.id || acquired.seq !== released.seq)) {
        throw new SwapRefusal(
          `the journal at ${to} has ${acquired.seq} decisions, and the one that was released has ${released.seq}: it is another one, or a copy`,
        );
      }
      await this.#initialize();
    } catch (error) {
      await this.#ends.askNext('release');
      throw error;
    }
  }

  async undo() {}
}
