import { isDeepStrictEqual } from 'node:util';

import { expiryText, hasExpired } from '../messages/command.js';
import { haltText } from '../messages/halt.js';
import { commandFields } from './log_fields.js';
import { replyText } from './reply.js';

/** Commands whose replies are remembered. */
const MAX_REMEMBERED = 1000;

/**
 * @typedef {import('../messages/command.js').Command} Command
 * @typedef {import('../backend/decisions.js').Decision} Decision
 */

/**
 * Carries out the commands of a backend that takes none: the bridge refuses its buys. The positions and the
 * limits of such a backend are its own business.
 */
export class OwnCommands {
  #algo;
  #halts;
  #log;
  /** By id, the oldest first. @type {Map<string, {command: Command, reply: string}>} */
  #remembered = new Map();

  /**
   * @param {string} algo
   * @param {import('./halts.js').Halts} halts
   * @param {import('../support/log.js').Log} log
   */
  constructor(algo, halts, log) {
    this.#algo = algo;
    this.#halts = halts;
    this.#log = log;
  }

  /**
   * Decide on a command. One that comes again gets the same reply, and changes nothing.
   * @param {Command} command
   * @param {number} now  ms since 1970
   * @returns {Decision}
   */
  decide(command, now) {
    const before = this.#remembered.get(command.id);
    if (before && isDeepStrictEqual(before.command, command)) return decision(before.reply);
    if (before) {
      return decision(this.#reply(command, 'refused', `id used before: "${command.id}", with other content`));
    }
    const { outcome, text, halt } = this.#carryOut(command, now);
    this.#log.warn({ ...commandFields(command), outcome }, text);
    const reply = this.#reply(command, outcome, text);
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.delete(oldest);
    this.#remembered.set(command.id, { command, reply });
    return decision(reply, halt);
  }

  /**
   * @param {Command} command
   * @param {number} now
   * @returns {{outcome: import('./reply.js').Outcome, text: string, halt?: import('../messages/halt.js').Halt | null}}
   */
  #carryOut(command, now) {
    const { command: name, id, by = null, reason = '' } = command;
    if (hasExpired(command, now)) return { outcome: 'refused', text: expiryText(command) };
    const { current } = this.#halts;
    if (name === 'halt') {
      const text = `the bridge refuses each buy of ${this.#algo}, which takes no commands itself`;
      // it comes again after a restart
      if (current?.id === id) return { outcome: 'done', text };
      if (current) return { outcome: 'unchanged', text: `buying was halted before: ${haltText(current)}` };
      return { outcome: 'done', text, halt: this.#halts.begin({ reason, by, id, since: new Date(now).toISOString() }) };
    }
    if (name === 'resume') {
      if (!current) return { outcome: 'unchanged', text: 'buying was not halted' };
      return { outcome: 'done', text: `buying is resumed, which was ${haltText(current)}`, halt: this.#halts.end() };
    }
    const text = `${this.#algo} takes no commands, so that only halt and resume work, in the bridge: ${name} is not possible`;
    return { outcome: 'refused', text };
  }

  /**
   * @param {Command} command
   * @param {import('./reply.js').Outcome} outcome
   * @param {string} text
   */
  #reply(command, outcome, text) {
    return replyText(this.#algo, command, outcome, text, { halt: this.#halts.current?.reason ?? null });
  }
}

/**
 * @param {string} reply
 * @param {import('../messages/halt.js').Halt | null} [halt]
 * @returns {Decision}
 */
function decision(reply, halt) {
  return { orders: [], fills: [], reply, ...(halt !== undefined && { halt }) };
}
