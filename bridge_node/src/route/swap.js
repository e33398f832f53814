import { setTimeout as sleep } from 'node:timers/promises';

import { assigned } from '../messages/duty.js';
import { Deferred } from '../support/deferred.js';
import { SwapEnds, SwapRefusal } from './swap_ends.js';
import { transferOf } from './transfer.js';

/** ms that the backend before may be silent; if the swap is forced, also while a call is under way. */
const MAX_SILENCE = 3000;

/** ms that it may take until one of the two can be used, before the reply says that none can. */
const MAX_TAKING_BACK = 10_000;

/**
 * What a swap works with.
 * @typedef {object} SwapParts
 * @property {import('../backend/backend.js').Backend} backend  of the route
 * @property {{hold: () => Promise<void>, go: () => void, commands: import('./queue.js').Queue}} forwarder
 * @property {import('./placement.js').Placement} placement
 * @property {(duty: import('../messages/duty.js').Duty) => Promise<void>} note  retains it; rejects if another bridge
 *   serves the algorithm by now
 * @property {(halt: import('../messages/halt.js').Halt | null) => Promise<void>} keepHalt  retains it, for a backend
 *   that has no journal
 * @property {import('../backend/initialised.js').Config} config  of the route
 */

/**
 * @typedef {object} Result
 * @property {string} text  what was done, as a sentence
 * @property {object[]} [cancelled]  orders
 */

/**
 * One swap: hands an algorithm from the backend that serves it to another, between two batches.
 *
 * Each step can be the last one before a kill. What bridges/<algo> retains, and which backend has what goes over (the
 * journal, or an account), tell how to go on (Placement): one of them at most has it.
 */
export class Swap {
  #command;
  #parts;
  #log;
  #ends;
  #isHeld = false;
  /** Resolves when nothing is left but what would have to be done after a kill. */
  #decided = new Deferred();
  #stopping = new AbortController();

  /**
   * @param {import('../messages/command.js').Command} command  a swap
   * @param {SwapParts} parts
   * @param {import('../support/log.js').Log} log
   */
  constructor(command, parts, log) {
    this.#command = command;
    this.#parts = parts;
    this.#log = log;
    this.#ends = new SwapEnds(command, parts.backend);
  }

  /**
   * @param {string} algo  the algorithm's name
   * @returns {Promise<Result>}
   * @throws {SwapRefusal} if the backend before goes on
   */
  async run(algo) {
    const { backend, forwarder, placement } = this.#parts;
    const { from, to } = this.#ends;
    try {
      const transfer = await this.#check(algo);
      const { assignment } = placement.duty;
      const swap = { from, to, epoch: transfer.epoch, id: this.#command.id, kind: transfer.kind };
      const intent = { ...(assignment && { assignment }), swap };
      let hasGiven = false;
      try {
        await this.#note(intent);
        await transfer.prepare(this.#stopping.signal);
        this.#show('prepared');
        placement.swapping = this.#decided.promise;
        if (placement.duty !== intent) await this.#note(intent); // it has come back meanwhile, and was admitted
        await this.#hold();
        this.#show('held');
        hasGiven = true; // as far as is known: an answer may be lost
        await transfer.give();
        this.#show('given');
        await transfer.take();
        this.#show('taken');
        await this.#note({ assignment: assigned(assignment, swap) });
        this.#show('assigned');
        backend.moveTo(to);
      } catch (error) {
        if (!(error instanceof SwapRefusal)) throw error;
        await transfer.undo();
        await this.#takeBack(new SwapRefusal(error.message + transfer.text), hasGiven);
      }
      const { text, cancelled } = transfer;
      return { text: `${algo} is served at ${to}, in place of ${from}${text}`, cancelled };
    } finally {
      this.#decide();
      if (this.#isHeld) forwarder.go();
      await this.#ends.next.close();
    }
  }

  /** End what is under way; it is finished, or taken back, by the next bridge. */
  stop() {
    this.#stopping.abort();
    void this.#ends.next.close();
  }

  /**
   * Make sure that it is possible, while the backend before goes on.
   * @param {string} algo
   * @returns {Promise<import('./move.js').Transfer>}
   */
  async #check(algo) {
    const { backend, forwarder, placement, keepHalt, config } = this.#parts;
    const { next, to } = this.#ends;
    await this.#ends.connect();
    const name = next.name || config.name || '(none)';
    if (name !== algo) {
      throw new SwapRefusal(
        `the backend at ${to} has the name ${name}, not ${algo}: start it with algo-service serve --name ${algo}`,
      );
    }
    // it may be on its way back, such as after the swap before this one
    if (!backend.ready) await Promise.race([backend.whenReady(), sleep(MAX_SILENCE, undefined, { ref: false })]);
    if (!backend.ready && !this.#command.force) throw this.#ends.silent();
    const initialize = () => this.#ends.initializeNext(algo, config.params, config.channels);
    const parts = { initialize, commands: forwarder.commands, keepHalt };
    return transferOf(algo, this.#command, this.#ends, placement.duty, parts);
  }

  /** Wait until all that the backend was given is decided, published and acknowledged. */
  async #hold() {
    const { backend, forwarder } = this.#parts;
    this.#isHeld = true;
    const held = forwarder.hold().then(() => true);
    const over = new AbortController();
    const isHeld = backend.ready && (await Promise.race([held, this.#silence(over.signal)]));
    over.abort();
    if (!isHeld && !this.#command.force) throw this.#ends.silent();
  }

  /**
   * Resolves to false when the backend is lost, or if the swap is forced does not answer in time.
   * @param {AbortSignal} signal  ends the waiting
   * @returns {Promise<false>}
   */
  #silence(signal) {
    const { backend } = this.#parts;
    return new Promise((resolve) => {
      const end = () => resolve(false);
      backend.once('left', end);
      const timer = this.#command.force ? setTimeout(end, MAX_SILENCE) : undefined;
      signal.addEventListener('abort', () => {
        backend.off('left', end);
        clearTimeout(timer);
      });
    });
  }

  /**
   * Have the backend before go on, unless the other has what was handed over all the same.
   * @param {SwapRefusal} refusal
   * @param {boolean} hasGiven  whether the backend before may not decide any more
   * @throws {SwapRefusal} if it goes on; otherwise the swap is done all the same
   */
  async #takeBack(refusal, hasGiven) {
    const { backend, placement } = this.#parts;
    const { from, to } = this.#ends;
    if (!hasGiven) {
      const { assignment } = placement.duty;
      await this.#note(assignment ? { assignment } : {});
      throw refusal;
    }
    this.#log.warn(`swap to ${to}: ${refusal.message}; taking it back`);
    this.#decide(); // the rest is as after a kill
    await placement.resume();
    if (backend.address === from) backend.moveTo(from);
    const isReady = await Promise.race([
      backend.whenReady().then(() => backend.ready),
      sleep(MAX_TAKING_BACK, false, { ref: false }),
    ]);
    if (!isReady) throw new SwapRefusal(`${refusal.message}; neither of the two can be used at present`);
    if (backend.address === from) throw refusal;
  }

  #decide() {
    this.#parts.placement.swapping = undefined;
    this.#decided.resolve();
  }

  /** @param {import('../messages/duty.js').Duty} duty */
  async #note(duty) {
    const { placement, note } = this.#parts;
    placement.duty = duty;
    await note(duty);
  }

  /** @param {string} step */
  #show(step) {
    this.#log.info({ to: this.#ends.to, command_id: this.#command.id }, `swap ${step}`);
  }
}
