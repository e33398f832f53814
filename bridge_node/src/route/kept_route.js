import { setTimeout as sleep } from 'node:timers/promises';

import { Backoff } from '../support/backoff.js';
import { UserError } from '../support/errors.js';

/** ms that a route has to last for the delays to start again at the shortest. */
const MIN_LASTING = 5000;

/** Keeps a route running beside others: one that fails is reported, and made again with growing delays. */
export class KeptRoute {
  #address;
  #make;
  #log;
  #route;
  /** Why the latest attempt failed, as a line. */
  #failure = '';
  #stopping = new AbortController();

  /**
   * @param {string} address  of the backend
   * @param {(mayTakeOver: boolean) => import('./route.js').Route} make  called for each attempt; `mayTakeOver`
   *   is whether it may take the algorithm from another bridge
   * @param {import('../support/log.js').Log} log
   */
  constructor(address, make, log) {
    this.#address = address;
    this.#make = make;
    this.#log = log;
    this.#route = make(true);
  }

  /** Why its backend cannot be used at present, as a line; empty if it can. */
  get fault() {
    return this.#route.isAdmitted ? this.#route.fault : this.#failure || this.#route.fault;
  }

  /** What is missing for its quotes to be decided and its orders to be published, as a line; empty if nothing is. */
  get missing() {
    return this.#route.isAdmitted ? this.#route.missing : this.#failure || this.#route.missing;
  }

  /** Run until `stop`. */
  async run() {
    const { signal } = this.#stopping;
    const backoff = new Backoff();
    let mayTakeOver = true;
    while (!signal.aborted) {
      const begun = performance.now();
      try {
        await this.#route.run();
        return;
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        if (signal.aborted) return;
        if (performance.now() - begun > MIN_LASTING) backoff.reset();
        this.#report(error.message);
      }
      // whoever claims the algorithm after us is newer: to take it back would evict one another for ever
      mayTakeOver &&= !this.#route.hasClaimed;
      this.#route = this.#make(mayTakeOver);
      await sleep(backoff.next(), undefined, { signal }).catch(() => {}); // it is stopped
    }
  }

  /** End once the batch under way is published and acknowledged, if that is possible soon. */
  stop() {
    this.#stopping.abort();
    this.#route.stop();
  }

  /** @param {string} sentence */
  #report(sentence) {
    const line = sentence.includes(this.#address) ? sentence : `backend ${this.#address}: ${sentence}`;
    if (line !== this.#failure) this.#log.error(`${line}; trying again with growing delays`);
    this.#failure = line;
  }
}
