import { followingId } from '../messages/command.js';
import { Flattening, named } from './flattening.js';
import { SwapRefusal } from './swap_ends.js';

/** @typedef {import('./move.js').Transfer} Transfer */

/**
 * What a service hands over (contracts/account.schema.json), as far as it is read here.
 * @typedef {{cash: number, positions: Record<string, object>, cancelled: object[], stop: string | null,
 *   halt: {reason: string, by: string | null, id: string} | null}} Account
 */

/**
 * What a Replacement works with.
 * @typedef {object} ReplacementParts
 * @property {() => Promise<void>} initialize  the new backend
 * @property {import('./queue.js').Queue} commands  of the route
 * @property {(halt: import('../messages/halt.js').Halt | null) => Promise<void>} keepHalt  retains it, for a backend
 *   that has no journal
 */

/**
 * Another algorithm goes on with the account, in a journal of its own or in none. Between services that cannot hand an
 * account over, or take one, nothing goes over; what that would falsify was refused before (`transferOf`).
 * @implements {Transfer}
 */
export class Replacement {
  /** @type {'replace'} */
  kind = 'replace';
  epoch;
  text = '';
  /** @type {object[] | undefined} */
  cancelled;
  #algo;
  #command;
  #ends;
  #parts;
  #flattening;
  /** Whether the new backend was a standby. */
  #hasOpened = false;
  /** @type {Account | undefined} */
  #account;

  /**
   * @param {string} algo  the name
   * @param {import('../messages/command.js').Command} command
   * @param {import('./swap_ends.js').SwapEnds} ends
   * @param {number} epoch
   * @param {ReplacementParts} parts
   */
  constructor(algo, command, ends, epoch, parts) {
    this.#algo = algo;
    this.#command = command;
    this.#ends = ends;
    this.epoch = epoch;
    this.#parts = parts;
    this.#flattening = new Flattening(command, ends.backend, parts.commands);
  }

  /** @param {AbortSignal} signal */
  async prepare(signal) {
    const { next } = this.#ends;
    if (next.has('acquire')) {
      const { is_open: isOpen } = await this.#ends.askNext('journal');
      this.#hasOpened = !isOpen;
      if (!isOpen) await this.#ends.askNext('acquire', this.epoch);
    }
    await this.#parts.initialize();
    if (this.#command.positions !== 'flatten') return;
    this.text = '; it was told to sell what it holds, and buying stays halted until a person resumes it';
    await this.#flattening.run(this.#algo, signal);
  }

  async give() {
    const { backend, from } = this.#ends;
    if (!backend.has('hand_over')) return;
    const account = backend.ready ? await this.#ends.askBackend('hand_over', this.epoch) : undefined;
    if (!account) {
      checkDead(this.#ends, this.#command);
      return;
    }
    this.#account = account;
    const held = Object.keys(account.positions);
    if (this.#command.positions === 'flatten' && held.length > 0) {
      throw new SwapRefusal(`the backend at ${from} has bought again meanwhile, and holds ${named(held)}`);
    }
  }

  async take() {
    const account = this.#account;
    if (account) await this.#keepHalt();
    if (account && this.#ends.next.has('take_over')) {
      await this.#ends.askNext('take_over', { ...account, halt: this.#halt }, this.epoch);
    }
    this.cancelled = account?.cancelled;
    this.text = this.#told();
  }

  /** Before the new backend has it: it is known then, wherever the next bridge finds the swap. */
  async #keepHalt() {
    const halt = this.#halt;
    if (this.#isOwnHalt) await this.#parts.keepHalt(null);
    // a journal keeps it
    if (halt && !this.#ends.next.has('orders_since')) {
      // the new backend knows the command itself, perhaps with an expiry
      await this.#parts.keepHalt({ ...halt, id: followingId(halt.id, 'halt'), since: new Date().toISOString() });
    }
  }

  async undo() {
    if (!this.#hasOpened) return;
    await this.#ends.askNext('release').catch((/** @type {unknown} */ error) => {
      if (!(error instanceof SwapRefusal)) throw error; // it is lost, and with it what was opened
    });
  }

  /** Whether buying is halted by nothing but the sale of what was held, which is over. */
  get #isOwnHalt() {
    const { positions } = this.#command;
    return positions === 'flatten' && this.#account?.halt?.id === this.#flattening.id;
  }

  /** A person's halt, which stays in force. */
  get #halt() {
    return this.#isOwnHalt ? null : (this.#account?.halt ?? null);
  }

  #told() {
    const { next, from, to } = this.#ends;
    const account = this.#account;
    if (!account) {
      const why = this.#ends.backend.has('hand_over') ? 'is dead' : 'has no method "hand_over"';
      return `; nothing was handed over, as ${from} ${why}: ${to} has begun with an account of its own, and may decide again on what the broker sends again`;
    }
    const { cash, positions, cancelled, stop } = account;
    const held = Object.keys(positions);
    const sum = `cash of ${cash.toFixed(2)} and ${held.length > 0 ? `positions in ${named(held)}` : 'no position'}`;
    const orders = `${cancelled.length} ${cancelled.length === 1 ? 'order that waited is' : 'orders that waited are'} cancelled`;
    return [
      next.has('take_over')
        ? `; it goes on with ${sum}`
        : `; ${from} has ended with ${sum}, which ${to} does not know of, as it has no method "take_over": it may decide again on what the broker sends again`,
      cancelled.length > 0 ? `; ${orders}` : '',
      stop === null ? '' : `; the stop of ${from} (${stop}) is not handed over: limits begin anew`,
      this.#halt ? '; buying stays halted' : '',
    ].join('');
  }
}

/**
 * Make sure that nothing is lost with a dead backend that could still be had.
 * @param {import('./swap_ends.js').SwapEnds} ends
 * @param {import('../messages/command.js').Command} command
 * @throws {SwapRefusal}
 */
export function checkDead({ backend, from, to }, { positions }) {
  if (backend.hasJournal) {
    throw new SwapRefusal(
      `the backend at ${from} is dead, and what it holds is in its journal: have a service with the same --journal, and --standby, go on with that by --force, and swap from there to ${to}`,
    );
  }
  if (positions === undefined) return;
  throw new SwapRefusal(
    `the backend at ${from} is dead, and what it held was in its memory alone, where it can be neither kept nor sold: without --positions ${to} begins with an account of its own`,
  );
}
