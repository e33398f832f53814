import { setTimeout as sleep } from 'node:timers/promises';

import { LostRemoteError, RemoteError } from '../../zerorpc/index.js';
import { Successor } from '../backend/successor.js';
import { assigned } from '../messages/duty.js';
import { Deferred } from '../support/deferred.js';
import { reason, UserError } from '../support/errors.js';

/** ms that the backend before may be silent; if the swap is forced, also while a call is under way. */
const MAX_SILENCE = 3000;

/** ms that it may take until one of the two can be used, before the reply says that none can. */
const MAX_TAKING_BACK = 10_000;

/**
 * What a swap works with.
 * @typedef {object} SwapParts
 * @property {import('../backend/backend.js').Backend} backend  of the route
 * @property {{hold: () => Promise<void>, go: () => void}} forwarder
 * @property {import('./placement.js').Placement} placement
 * @property {(duty: import('../messages/duty.js').Duty) => Promise<void>} note  retains it; rejects if another bridge
 *   serves the algorithm by now
 * @property {Record<string, unknown>} params  for `initialize`
 * @property {string[]} [channels]  in place of those that `initialize` returns
 */

/** A swap is not carried out; the message says why. */
export class SwapRefusal extends Error {}

/**
 * One swap: hands the journal of an algorithm from the backend that serves it to another, between two batches.
 *
 * Each step can be the last one before a kill. What bridges/<algo> retains, and which backend has the journal open,
 * tell how to go on (Placement): the journal is open in one of them at most.
 */
export class Swap {
  #command;
  #parts;
  #log;
  #next;
  #isHeld = false;
  /** Resolves when nothing is left but what would have to be done after a kill. */
  #decided = new Deferred();

  /**
   * @param {import('../messages/command.js').Command} command  a swap
   * @param {SwapParts} parts
   * @param {import('../support/log.js').Log} log
   */
  constructor(command, parts, log) {
    this.#command = command;
    this.#parts = parts;
    this.#log = log;
    this.#next = new Successor(this.#to, log);
  }

  get #to() {
    return /** @type {string} */ (this.#command.to);
  }

  /**
   * @param {string} algo  the algorithm's name
   * @returns {Promise<string>} what was done, as a sentence
   * @throws {SwapRefusal} if the backend before goes on
   */
  async run(algo) {
    const { backend, forwarder, placement } = this.#parts;
    const from = backend.address;
    try {
      const epoch = await this.#check(algo);
      placement.swapping = this.#decided.promise;
      const before = placement.duty.assignment;
      const swap = { from, to: this.#to, epoch, id: this.#command.id };
      await this.#note({ ...(before && { assignment: before }), swap });
      this.#show('prepared');
      let hasReleased = false;
      try {
        await this.#hold();
        this.#show('held');
        hasReleased = true; // as far as is known: an answer may be lost
        const released = await this.#release();
        this.#show('released');
        await this.#take(released, epoch);
        this.#show('acquired');
        await this.#note({ assignment: assigned(before, swap) });
        this.#show('assigned');
        backend.moveTo(this.#to);
      } catch (error) {
        if (!(error instanceof SwapRefusal)) throw error;
        await this.#takeBack(error, from, hasReleased);
      }
      return `${algo} is served at ${this.#to}, in place of ${from}`;
    } finally {
      this.#decide();
      if (this.#isHeld) forwarder.go();
      await this.#next.close();
    }
  }

  /** End what is under way; it is finished, or taken back, by the next bridge. */
  stop() {
    void this.#next.close();
  }

  /**
   * Make sure that it is possible, while the backend before goes on.
   * @param {string} algo
   * @returns {Promise<number>} the epoch for the new backend
   */
  async #check(algo) {
    const { backend } = this.#parts;
    const next = this.#next;
    const [from, to] = [backend.address, this.#to];
    try {
      await next.connect();
    } catch (error) {
      throw new SwapRefusal(`the backend at ${to} cannot be used: ${reason(error)}`);
    }
    if (next.name !== algo) {
      throw new SwapRefusal(
        `the backend at ${to} has the name ${next.name || '(none)'}, not ${algo}: start it with algo-service serve --name ${algo}`,
      );
    }
    if (!backend.canRelease || !next.canAcquire) {
      throw new SwapRefusal(
        `the backend at ${backend.canRelease ? to : from} has no journal, and a journal is what is handed over: start it with algo-service serve --journal FILE`,
      );
    }
    // it may be on its way back, such as after the swap before this one
    if (!backend.ready) await Promise.race([backend.whenReady(), sleep(MAX_SILENCE, undefined, { ref: false })]);
    if (!backend.ready && !this.#command.force) throw this.#silent();
    const standing = await this.#ask('journal', () => next.standing());
    if (!backend.ready) return standing.epoch + 1;
    const own = await this.#askBackend(() => backend.standing());
    if (own && own.id !== standing.id) {
      throw new SwapRefusal(
        `${to} has another journal (${standing.file}) than ${from} (${own.file}): start it with the same --journal, and --standby`,
      );
    }
    return Math.max(own?.epoch ?? 0, standing.epoch) + 1;
  }

  /** Wait until all that the backend was given is decided, published and acknowledged. */
  async #hold() {
    const { backend, forwarder } = this.#parts;
    this.#isHeld = true;
    const held = forwarder.hold().then(() => true);
    const over = new AbortController();
    const isHeld = backend.ready && (await Promise.race([held, this.#silence(over.signal)]));
    over.abort();
    if (!isHeld && !this.#command.force) throw this.#silent();
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

  /** @returns {Promise<import('../backend/standby.js').Standing | undefined>} undefined if the backend is dead */
  async #release() {
    const { backend } = this.#parts;
    if (!backend.ready) return undefined;
    return this.#askBackend(() => backend.release());
  }

  /**
   * @param {import('../backend/standby.js').Standing | undefined} released
   * @param {number} epoch
   */
  async #take(released, epoch) {
    const { params, channels } = this.#parts;
    const next = this.#next;
    const acquired = await this.#ask('acquire', () => next.acquire(epoch));
    try {
      if (released && (acquired.id !== released.id || acquired.seq !== released.seq)) {
        throw new SwapRefusal(
          `the journal at ${this.#to} has ${acquired.seq} decisions, and the one that was released has ${released.seq}: it is another one, or a copy`,
        );
      }
      await this.#ask('initialize', () => next.initialize(params, channels));
    } catch (error) {
      await this.#ask('release', () => next.release());
      throw error;
    }
  }

  /**
   * Have the backend before go on, unless the other has opened the journal all the same.
   * @param {SwapRefusal} refusal
   * @param {string} from  its address
   * @param {boolean} hasReleased  whether it may have closed its journal
   * @throws {SwapRefusal} if it goes on; otherwise the swap is done all the same
   */
  async #takeBack(refusal, from, hasReleased) {
    const { backend, placement } = this.#parts;
    if (!hasReleased) {
      const { assignment } = placement.duty;
      await this.#note(assignment ? { assignment } : {});
      throw refusal;
    }
    this.#log.warn(`swap to ${this.#to}: ${refusal.message}; taking it back`);
    this.#decide(); // the rest is as after a kill
    backend.moveTo(from);
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

  /**
   * @template T
   * @param {string} method  of the new backend
   * @param {() => Promise<T>} call
   */
  async #ask(method, call) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof RemoteError || error instanceof LostRemoteError || error instanceof UserError))
        throw error;
      throw new SwapRefusal(`${method} of the backend at ${this.#to} failed: ${reason(error)}`);
    }
  }

  /**
   * @template T
   * @param {() => Promise<T>} call  of the backend before
   * @returns {Promise<T | undefined>} undefined if it is lost, and the swap is forced
   */
  async #askBackend(call) {
    const { backend } = this.#parts;
    try {
      return await call();
    } catch (error) {
      if (error instanceof RemoteError) throw new SwapRefusal(`the backend at ${backend.address}: ${error.message}`);
      if (!(error instanceof LostRemoteError)) throw error;
      if (!this.#command.force) throw this.#silent();
      return undefined;
    }
  }

  #silent() {
    const { address } = this.#parts.backend;
    return new SwapRefusal(
      `the backend at ${address} does not answer: if it is dead, and stays so, --force swaps away from it`,
    );
  }

  /** @param {string} step */
  #show(step) {
    this.#log.info({ to: this.#to, id: this.#command.id }, `swap ${step}`);
  }
}
