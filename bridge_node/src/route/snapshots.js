import { LostRemoteError } from '../../zerorpc/index.js';
import { reason } from '../support/errors.js';

/** ms between two snapshots. */
const MIN_INTERVAL = 1000;

/**
 * Publishes the portfolio's snapshot, retained: at start, then at most once a second while it
 * changes; the last state is always published.
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
   * @param {() => Promise<{seq: number}>} fetch  called once per publication; one call at a time
   * @param {(payload: string) => Promise<void>} publish  called after `fetch`, unless the seq is the last one
   * @param {import('../support/log.js').Log} log
   */
  constructor(fetch, publish, log) {
    this.#fetch = fetch;
    this.#publish = publish;
    this.#log = log;
  }

  /** Publish a snapshot soon: the last one may be out of date. */
  touch() {
    this.#changed = true;
    if (this.#timer) return;
    this.#publishing = this.#publishing.then(() => this.#publishChange());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#changed) this.touch();
    }, MIN_INTERVAL);
  }

  /** Publish nothing more. */
  end() {
    clearTimeout(this.#timer);
    this.#changed = false;
  }

  /** Publish the last change, if it is not published yet, and stop. */
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
      // a lost backend is asked again when it is ready
      if (!(error instanceof LostRemoteError)) this.#log.warn(`no snapshot: ${reason(error)}`);
    }
  }
}
