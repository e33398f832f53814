import { LostRemoteError } from '../../zerorpc/index.js';
import { reason } from '../support/errors.js';

/** ms between two snapshots. */
const INTERVAL = 1000;

/**
 * Publishes the portfolio's snapshot, retained: at start, then at most once a second while it
 * changes, and the last state always.
 */
export class Snapshots {
  #fetch;
  #publish;
  #log;
  #changed = false;
  #lastSeq = -1;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  /** @type {Promise<void>} */
  #publishing = Promise.resolve();

  /**
   * @param {() => Promise<{seq: number}>} fetch
   * @param {(payload: string) => Promise<void>} publish
   * @param {import('../support/log.js').Log} log
   */
  constructor(fetch, publish, log) {
    this.#fetch = fetch;
    this.#publish = publish;
    this.#log = log;
  }

  /** Something has happened that the last snapshot may not show. */
  touch() {
    this.#changed = true;
    if (this.#timer) return;
    this.#publishing = this.#publishing.then(() => this.#publishChange());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#changed) this.touch();
    }, INTERVAL);
  }

  /** Publish what has not been published yet, and stop. */
  async flush() {
    clearTimeout(this.#timer);
    await this.#publishing;
    await this.#publishChange();
  }

  async #publishChange() {
    if (!this.#changed) return;
    this.#changed = false;
    try {
      const snapshot = await this.#fetch();
      if (!Number.isFinite(snapshot?.seq)) throw new Error('it has no seq');
      if (snapshot.seq === this.#lastSeq) return;
      await this.#publish(JSON.stringify(snapshot));
      this.#lastSeq = snapshot.seq;
    } catch (error) {
      // of a backend that is lost it is asked again when that is back
      if (!(error instanceof LostRemoteError)) this.#log.warn(`no snapshot: ${reason(error)}`);
    }
  }
}
