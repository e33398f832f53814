import { CallSize } from '../backend/call_size.js';
import { Queue } from './queue.js';

/**
 * @typedef {import('./queue.js').Waiting} Waiting
 * @typedef {import('../backend/decisions.js').Outcome} Outcome
 */

/** Bytes of messages in one call; the last message of a call may exceed it. */
const MAX_BYTES = 8 * 1024 * 1024;
/** With more messages than this in a call the pipeline is busy, and it pays to read late. */
const BUSY = 25;
/** Messages that are worth a call when the pipeline is busy. */
const MIN_BUSY_CALL = 200;

/**
 * What a Forwarder calls. For each batch, in the order of arrival: `decide`, once, and then `settle`, once.
 * `decide` of the next batch may be called before `settle` of this one has resolved; no two calls of
 * `decide` are open at a time. If either rejects, `run` rejects with its error.
 * @typedef {object} Steps
 * @property {(quotes: import('../messages/quote.js').Quote[]) => Promise<Outcome[]>} decide  resolves to one
 *   outcome per quote
 * @property {(batch: Waiting[], outcomes: Outcome[]) => Promise<unknown>} settle  publishes the outcomes and
 *   acknowledges the messages; resolves when that is done
 * @property {(messages: number, bytes: number) => void} waitingChanged  called synchronously whenever
 *   messages enter or leave the queue
 */

/**
 * The one loop of a route: gather, decide, publish, acknowledge.
 *
 * While one call is under way quotes gather; when it returns, all that have gathered go in the next.
 * So an idle pipeline forwards a quote at once, and a busy one pays one call for hundreds.
 */
export class Forwarder {
  #steps;
  #pacing;
  #queue;
  #callSize = new CallSize();
  /** How many quotes may still be decided. */
  #left;
  #isStopping = false;
  /** Settles when the batch before the present one is settled. @type {Promise<unknown>} */
  #settled = Promise.resolve();
  /** Ends the waiting of the loop for messages. */
  #wake = () => {};

  /**
   * @param {Steps} steps
   * @param {import('./read_pacing.js').ReadPacing} pacing
   * @param {number} [count]  of quotes after which `run` resolves
   */
  constructor(steps, pacing, count = Infinity) {
    this.#steps = steps;
    this.#pacing = pacing;
    this.#queue = new Queue(steps.waitingChanged);
    this.#left = count;
  }

  /** @param {Waiting} waiting */
  push(waiting) {
    this.#queue.push(waiting);
    this.#wake();
  }

  /**
   * Drop the waiting messages that are not to be kept, and return them.
   * @param {(message: import('../mqtt/subscriber.js').Message) => boolean} isKept
   */
  keep(isKept) {
    return this.#queue.keep(isKept);
  }

  /** Forward until `stop` is called or `count` quotes are settled. */
  async run() {
    let batch = await this.#nextBatch();
    let answer = batch && this.#decide(batch);
    while (batch && answer) {
      const outcomes = await answer;
      this.#left -= outcomes.length;
      await this.#pacing.resume();
      // The next call leaves first, so that the algorithm decides while these are published. When
      // busy, only if much has gathered: many small calls would take the time that the broker needs.
      const isBusy = batch.length > BUSY;
      const next = isBusy && this.#queue.length < MIN_BUSY_CALL ? undefined : this.#takeBatch();
      answer = next && this.#decide(next);
      answer?.catch(() => {}); // it is awaited, and throws there, after these are settled
      const before = this.#settled;
      this.#settled = this.#steps.settle(batch, outcomes);
      if (isBusy && !next) this.#pacing.pause();
      await before; // so that at most three batches are under way
      if (!next) await this.#pacing.resume();
      batch = next ?? (await this.#nextBatch());
      answer ??= batch && this.#decide(batch);
    }
    await this.#settled;
  }

  /** Take no other batch; `run` resolves when the one under way is settled. */
  stop() {
    this.#isStopping = true;
    this.#wake();
  }

  /** @param {Waiting[]} batch */
  async #decide(batch) {
    if (batch.length > BUSY) this.#pacing.pause();
    const begun = performance.now();
    const outcomes = await this.#steps.decide(batch.flatMap(({ quotes }) => quotes));
    this.#callSize.learn(outcomes.length, performance.now() - begun);
    return outcomes;
  }

  /** Wait for messages; undefined if no more are to be decided. */
  async #nextBatch() {
    for (;;) {
      const batch = this.#takeBatch();
      if (batch || this.#isDone()) return batch;
      await new Promise((resolve) => {
        this.#wake = () => resolve(undefined);
      });
      this.#wake = () => {};
    }
  }

  #takeBatch() {
    if (this.#isDone()) return undefined;
    return this.#queue.take(Math.min(this.#callSize.quotes, this.#left), MAX_BYTES);
  }

  #isDone() {
    return this.#isStopping || this.#left <= 0;
  }
}
