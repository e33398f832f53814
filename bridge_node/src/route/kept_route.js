import { setTimeout as sleep } from 'node:timers/promises';

import { Backoff } from '../support/backoff.js';
import { PauseError, SessionTakenError, UserError } from '../support/errors.js';

/** ms that a route has to last for the delays to start again at the shortest. */
const MIN_LASTING = 5000;
/** Minutes before the next attempt, where another client has taken a client id of ours: a person has to end one of the two. */
const AFTER_TAKEN = 5;

/** Keeps a route running beside others: one that fails is reported, and made again with growing delays. */
export class KeptRoute {
  #address;
  #make;
  #route;
  /** Why the latest attempt failed, as a line. */
  #failure = '';
  /** Whether that was another client that has taken a client id of ours. */
  #wasTaken = false;
  #isStopped = false;
  /** Ends the pause before the next attempt. */
  #pause = new AbortController();
  #mayTakeOver;

  /**
   * @param {string} address  of the backend
   * @param {(mayTakeOver: boolean) => import('./route.js').Route} make  called for each attempt; `mayTakeOver`
   *   is whether it may take the algorithm from another bridge
   * @param {boolean} [mayTakeOver]  whether the first attempt may
   */
  constructor(address, make, mayTakeOver = true) {
    this.#address = address;
    this.#make = make;
    this.#mayTakeOver = mayTakeOver;
    this.#route = make(mayTakeOver);
  }

  /** Why its backend cannot be used at present, as a line; empty if it can. */
  get fault() {
    return this.#route.isAdmitted ? this.#route.fault : this.#failure || this.#route.fault;
  }

  /** What is missing for its quotes to be decided and its orders to be published, as a line; empty if nothing is. */
  get missing() {
    return this.#route.isAdmitted ? this.#route.missing : this.#failure || this.#route.missing;
  }

  /**
   * Whether its backend is there, or is being swapped to there.
   * @param {string} address
   */
  isAt(address) {
    return this.#route.isAt(address);
  }

  /** Whether the latest attempt has failed. */
  get hasFailed() {
    return this.#failure !== '';
  }

  /** Whether another client takes a client id of ours again and again. */
  get isTaken() {
    return (this.#wasTaken && !this.#route.isAdmitted) || this.#route.taken !== '';
  }

  /** Whether another bridge serves the algorithm, which lives. */
  get isElsewhere() {
    return this.#route.isElsewhere;
  }

  /** Whether it is ready, for quotes of its algorithm to be decided. */
  get isServed() {
    return this.#route.isAdmitted && this.#route.missing === '';
  }

  /** Run until `stop`. */
  async run() {
    const backoff = new Backoff();
    while (!this.#isStopped) {
      const begun = performance.now();
      try {
        await this.#route.run();
        return;
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        if (this.#isStopped) return;
        if (performance.now() - begun > MIN_LASTING) backoff.reset();
        this.#report(error);
      }
      // whoever claims the algorithm after us is newer: to take it back would evict one another for ever
      this.#mayTakeOver &&= !this.#route.hasClaimed;
      this.#route = this.#make(this.#mayTakeOver);
      this.#pause = new AbortController();
      const { signal } = this.#pause;
      const delay = this.#wasTaken ? AFTER_TAKEN * 60_000 : backoff.next();
      await sleep(delay, undefined, { signal }).catch(() => {}); // it is stopped, or tries again now
    }
  }

  /** Make the next attempt now, if there is a pause before it. */
  tryNow() {
    this.#pause.abort();
  }

  /** Have what waits for its backend wait at the broker, if the backend does not answer at present. */
  parkIfSilent() {
    this.#route.parkIfSilent();
  }

  /** End once the batch under way is published and acknowledged, if that is possible soon. */
  stop() {
    this.#isStopped = true;
    this.#pause.abort();
    this.#route.stop();
  }

  /** @param {UserError} error */
  #report(error) {
    const sentence = error.message;
    this.#wasTaken = error instanceof SessionTakenError;
    if (error instanceof PauseError) {
      this.#route.log.info(sentence);
      this.#failure = '';
      return;
    }
    const line = sentence.includes(this.#address) ? sentence : `backend ${this.#address}: ${sentence}`;
    const next = this.#wasTaken ? `in ${AFTER_TAKEN} minutes` : 'with growing delays';
    if (line !== this.#failure) this.#route.log.error(`${line}; trying again ${next}`);
    this.#failure = line;
  }
}
