import { expiryText, hasExpired } from '../messages/command.js';
import { commandFields } from './log_fields.js';
import { replyText } from './reply.js';
import { Swap } from './swap.js';
import { SwapRefusal } from './swap_ends.js';

/**
 * @typedef {import('../messages/command.js').Command} Command
 * @typedef {import('../mqtt/message.js').Message} Message
 */

/** Swaps that wait for one another. */
const MAX_WAITING = 100;

/**
 * Carries out the swaps of one algorithm, one after the other, and replies to each. They are no inputs: the backend
 * never sees them.
 */
export class Swaps {
  #algo;
  #parts;
  #reply;
  #log;
  /** The first is under way. @type {{command: Command, message: Message}[]} */
  #asked = [];
  /** @type {Swap | undefined} */
  #current;
  #isStopped = false;

  /**
   * @param {string} algo
   * @param {import('./swap.js').SwapParts} parts
   * @param {(payload: string) => Promise<void>} reply  resolves when the broker has confirmed it
   * @param {import('../support/log.js').Log} log
   */
  constructor(algo, parts, reply, log) {
    this.#algo = algo;
    this.#parts = parts;
    this.#reply = reply;
    this.#log = log;
  }

  /**
   * @param {Command} command
   * @param {Message} message  acknowledged once the broker has confirmed the reply
   */
  push(command, message) {
    const same = this.#asked.find((each) => each.command.id === command.id);
    if (same) {
      same.message = message; // the broker has sent it again, on another connection
      return;
    }
    if (this.#asked.length >= MAX_WAITING) {
      void this.#answer({ command, message }, 'refused', `${MAX_WAITING} swaps wait already`);
      return;
    }
    this.#asked.push({ command, message });
    if (this.#asked.length === 1) void this.#run();
  }

  /** Begin no other; what is under way is finished, or taken back, by the next bridge. */
  stop() {
    this.#isStopped = true;
    this.#current?.stop();
  }

  async #run() {
    for (;;) {
      const [asked] = this.#asked;
      if (!asked || this.#isStopped) return;
      const result = await this.#carryOut(asked.command);
      if (this.#isStopped) return; // the broker sends it again
      if (result) await this.#answer(asked, result.outcome, result.text, result.cancelled);
      this.#asked.shift(); // not before: whoever reads the reply may ask for the next one, which would be begun at once
    }
  }

  /**
   * @param {Command} command
   * @returns {Promise<{outcome: import('./reply.js').Outcome, text: string, cancelled?: object[]} | undefined>} undefined
   *   if the bridge ends
   */
  async #carryOut(command) {
    const { backend, placement } = this.#parts;
    const { to, id } = command;
    if (to === backend.address) {
      const isOwn = placement.duty.assignment?.id === id; // which has come again
      return { outcome: isOwn ? 'done' : 'unchanged', text: `${this.#algo} is served at ${to}` };
    }
    if (hasExpired(command, Date.now())) return { outcome: 'refused', text: expiryText(command) };
    this.#log.warn(commandFields(command), `swapping ${this.#algo} from ${backend.address} to ${to}`);
    this.#current = new Swap(command, this.#parts, this.#log);
    try {
      const { text, cancelled } = await this.#current.run(this.#algo);
      this.#log.warn(cancelled?.length ? { cancelled } : {}, text);
      return { outcome: 'done', text, cancelled };
    } catch (error) {
      if (error instanceof SwapRefusal) {
        this.#log.error(`${this.#algo} is not swapped: ${error.message}`);
        return {
          outcome: 'refused',
          text: `${error.message}; ${this.#algo} is served at ${backend.address} as before`,
        };
      }
      if (this.#isStopped || placement.isOver) return undefined;
      throw error;
    } finally {
      this.#current = undefined;
    }
  }

  /**
   * @param {{command: Command, message: Message}} asked
   * @param {import('./reply.js').Outcome} outcome
   * @param {string} text
   * @param {object[]} [cancelled]  orders
   */
  async #answer(asked, outcome, text, cancelled) {
    await this.#reply(replyText(this.#algo, asked.command, outcome, text, cancelled && { cancelled }));
    asked.message.acknowledge();
  }
}
