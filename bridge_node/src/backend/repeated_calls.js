import { setTimeout as sleep } from 'node:timers/promises';

import { LostRemoteError, RemoteError } from '../../zerorpc/index.js';
import { Backoff } from '../support/backoff.js';
import { reason } from '../support/errors.js';
import { CallWatch } from './call_watch.js';

/**
 * Calls of a backend that are tried again, wherever it is by then, until it has answered.
 *
 * An error of a call has committed nothing, so that the same call may be made again.
 */
export class RepeatedCalls {
  #backend;
  #log;
  /** Those under way. @type {Set<CallWatch>} */
  #watches = new Set();

  /**
   * @param {Pick<import('./backend.js').Backend, 'address' | 'client' | 'isClosed' | 'ready' | 'whenReady'>} backend
   * @param {import('../support/log.js').Log} log
   */
  constructor(backend, log) {
    this.#backend = backend;
    this.#log = log;
  }

  /** What a person has to know of the calls under way, as a sentence; empty if there is nothing. */
  get trouble() {
    return Array.from(this.#watches, ({ trouble }) => trouble).find(Boolean) ?? '';
  }

  /**
   * Call a method once the backend is ready.
   * @param {'event' | 'events' | 'orders_since'} method
   * @param {...any} args  of `events` the inputs, and entries for the header
   * @returns {Promise<any>} what it returns; of `events` with the header of the answer, and its texts as bytes
   * @throws {RemoteError} if `event` has raised an error, which is its answer
   */
  async call(method, ...args) {
    const watch = new CallWatch((sentence) => this.#log.warn(`backend ${this.#backend.address}: ${sentence}`));
    this.#watches.add(watch);
    try {
      return await this.#attempt(watch, method, ...args);
    } finally {
      watch.ended();
      this.#watches.delete(watch);
    }
  }

  /**
   * Call `events` of a backend that is not ready yet.
   * @param {import('../messages/kinds.js').Input[]} inputs
   * @returns {Promise<any>} what it returns, with its texts as bytes
   * @throws {LostRemoteError} if the backend is lost meanwhile
   */
  async eventsBeforeReady(inputs) {
    const backoff = new Backoff();
    for (;;) {
      try {
        return await this.#backend.client.invokeRaw('events', inputs);
      } catch (error) {
        if (!(error instanceof RemoteError)) throw error;
        await this.#tryAgainAfter(error, backoff);
      }
    }
  }

  /**
   * @param {CallWatch} watch
   * @param {'event' | 'events' | 'orders_since'} method
   * @param {...any} args
   */
  async #attempt(watch, method, ...args) {
    const backoff = new Backoff();
    for (;;) {
      if (!this.#backend.ready) await this.#backend.whenReady();
      watch.begin();
      try {
        // the texts of decisions are passed on unread
        if (method === 'events') return await this.#backend.client.exchange(method, [args[0]], args[1]);
        return await this.#backend.client.invoke(method, ...args);
      } catch (error) {
        if (this.#backend.isClosed) throw error;
        watch.failed(error instanceof LostRemoteError ? undefined : error);
        if (error instanceof LostRemoteError) continue;
        if (method === 'event') throw error;
        await this.#tryAgainAfter(error, backoff);
      }
    }
  }

  /**
   * @param {unknown} error
   * @param {Backoff} backoff
   */
  #tryAgainAfter(error, backoff) {
    this.#log.error(`backend ${this.#backend.address}: ${reason(error)}; trying the same again`);
    return sleep(backoff.next());
  }
}
