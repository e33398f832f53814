import { CallSize } from '../backend/call_size.js';
import { Deferred } from '../support/deferred.js';
import { Queue } from './queue.js';

/**
 * @typedef {import('./queue.js').Waiting} Waiting
 * @typedef {import('../backend/decisions.js').Outcome} Outcome
 */

/** Commands in one call. */
const MAX_COMMANDS = 500;
/** Bytes of messages in one call; the last message of a call may exceed it. */
const MAX_BYTES = 8 * 1024 * 1024;
/** With more messages than this in a call the pipeline is busy, and it pays to read late. */
const BUSY = 25;
/** Messages that are worth a call when the pipeline is busy. */
const MIN_BUSY_CALL = 200;

/**
 * What a Forwarder calls. For each batch, in its order: `decide`, once, and then `settle`, once. `ready` is
 * called, and awaited, before a batch that it had to wait for.
 * `decide` of the next batch may be called before `settle` of this one has resolved; no two calls of
 * `decide` are open at a time. If either rejects, `run` rejects with its error.
 * @typedef {object} Steps
 * @property {() => Promise<unknown>} ready  resolves when inputs can be decided. A command that comes until then
 *   goes ahead of all quotes
 * @property {(batch: Waiting[]) => Promise<Outcome[]>} decide  resolves to one outcome per input
 * @property {(batch: Waiting[], outcomes: Outcome[]) => Promise<unknown>} settle  publishes the outcomes and
 *   acknowledges the messages; resolves when that is done
 * @property {(messages: number, bytes: number) => void} inputsWait  called synchronously whenever messages
 *   enter or leave the queue of inputs
 * @property {(messages: number, bytes: number) => void} commandsWait  the same for commands
 */

/**
 * The one loop of a route: gather, decide, publish, acknowledge.
 *
 * While one call is under way inputs gather; when it returns, all that have gathered go in the next.
 * So an idle pipeline forwards a quote at once, and a busy one pays one call for hundreds. Commands have a
 * queue of their own, and go first in the next call.
 */
export class Forwarder {
  #steps;
  #pacing;
  /** Quotes and data; whoever reads messages adds them, in the order of arrival. */
  inputs;
  /** Commands, as well. */
  commands;
  #callSize = new CallSize();
  /** How many quotes may still be decided. */
  #left;
  #isStopping = false;
  /** Settles when the batch before the present one is settled. @type {Promise<unknown>} */
  #settled = Promise.resolve();
  /** Ends the waiting of the loop for messages, while it waits. @type {Deferred | undefined} */
  #woken;
  /** While it is held: resolves when nothing is under way, and when it may go on. @type {{idle: Deferred, over: Deferred} | undefined} */
  #pause;

  /**
   * @param {Steps} steps
   * @param {import('./read_pacing.js').ReadPacing} pacing
   * @param {number} [count]  of quotes after which `run` resolves
   */
  constructor(steps, pacing, count = Infinity) {
    this.#steps = steps;
    this.#pacing = pacing;
    this.inputs = this.#queue(steps.inputsWait);
    this.commands = this.#queue(steps.commandsWait);
    this.#left = count;
  }

  /** Forward until `stop` is called or `count` quotes are settled. */
  async run() {
    let batch = await this.#nextBatch();
    let answer = batch && this.#decide(batch);
    while (batch && answer) {
      const outcomes = await answer;
      this.#left -= quotesIn(batch);
      await this.#pacing.resume();
      // The next call leaves first, so that the algorithm decides while these are published. When
      // busy, only if much has gathered: many small calls would take the time that the broker needs.
      const isBusy = batch.length > BUSY;
      const isWorthIt = this.inputs.length >= MIN_BUSY_CALL || this.commands.length > 0;
      const next = isBusy && !isWorthIt ? undefined : this.#takeBatch();
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

  /**
   * Take no other batch until `go`.
   * @returns {Promise<void>} resolves when all that was taken is settled; never, if the backend is lost meanwhile
   */
  hold() {
    this.#pause ??= { idle: new Deferred(), over: new Deferred() };
    this.#woken?.resolve();
    return this.#pause.idle.promise;
  }

  /** End a hold. */
  go() {
    this.#pause?.over.resolve();
    this.#pause = undefined;
  }

  /** Take no other batch; `run` resolves when the one under way is settled. */
  stop() {
    this.#isStopping = true;
    this.go();
    this.#woken?.resolve();
  }

  /** @param {Waiting[]} batch */
  async #decide(batch) {
    if (batch.length > BUSY) this.#pacing.pause();
    const begun = performance.now();
    const outcomes = await this.#steps.decide(batch);
    this.#callSize.learn(outcomes.length, performance.now() - begun);
    return outcomes;
  }

  /** Wait for messages; undefined if no more are to be decided. */
  async #nextBatch() {
    for (;;) {
      while (this.#pause) {
        await this.#settled;
        this.#pause?.idle.resolve();
        await this.#pause?.over.promise;
      }
      await this.#steps.ready();
      const batch = this.#takeBatch();
      if (batch || this.#isDone()) return batch;
      if (this.#pause) continue; // held meanwhile, when there was nobody to wake up
      this.#woken = new Deferred();
      await this.#woken.promise;
      this.#woken = undefined;
    }
  }

  #takeBatch() {
    if (this.#pause || this.#isDone()) return undefined;
    const commands = this.commands.take(MAX_COMMANDS, MAX_BYTES);
    const inputs = this.inputs.take(Math.min(this.#callSize.quotes, this.#left), MAX_BYTES);
    return commands && inputs ? [...commands, ...inputs] : (commands ?? inputs);
  }

  /** @param {(messages: number, bytes: number) => void} changed */
  #queue(changed) {
    return new Queue((messages, bytes) => {
      changed(messages, bytes);
      this.#woken?.resolve();
    });
  }

  #isDone() {
    return this.#isStopping || this.#left <= 0;
  }
}

/** @param {Waiting[]} batch */
function quotesIn(batch) {
  let count = 0;
  for (const { kind, inputs } of batch) if (kind === 'quote') count += inputs.length;
  return count;
}
