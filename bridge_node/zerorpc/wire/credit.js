// The window of ZeroRPC (zerorpc-python channel.py, BufferedChannel): each side of a call begins with credit for one
// event, and may send as many more as the other has granted with `_zpc_more [n]`. Beats and grants cost none.

/** Grants beyond this change nothing. */
const MAX_CREDIT = 2 ** 31;

/** What this side may send on one call. */
export class Credit {
  #left = 1;
  #ended = false;
  /** @type {((value?: unknown) => void) | undefined} */
  #waiting;

  /** The other side's `_zpc_more`. @param {unknown} args */
  more(args) {
    const count = Array.isArray(args) ? Number(args[0]) : NaN;
    if (!(count > 0)) return;
    this.#left = Math.min(this.#left + Math.floor(count), MAX_CREDIT);
    this.#settle();
  }

  /** Nothing will be sent any more. */
  end() {
    this.#ended = true;
    this.#settle();
  }

  /**
   * Waits until there is some. One caller at a time.
   * @returns {Promise<boolean>}  false if the call has ended
   */
  async available() {
    if (this.#left === 0 && !this.#ended) await new Promise((resolve) => (this.#waiting = resolve));
    return !this.#ended;
  }

  /** An event is sent. */
  spend() {
    this.#left -= 1;
  }

  #settle() {
    this.#waiting?.();
    this.#waiting = undefined;
  }
}

/** What the other side may send on one call, so that no more than `size` events wait here. */
export class Grants {
  #size;
  #granted = 1;
  #begun = false;

  /** @param {number} size */
  constructor(size) {
    this.#size = size;
  }

  /** An event came. @returns {boolean}  whether it was granted */
  spend() {
    if (this.#granted === 0) return false;
    this.#begun = true;
    this.#granted -= 1;
    return true;
  }

  /**
   * An event was consumed, or is awaited. Grants come in lots of half the size, and none before the first event:
   * Python's server drops what comes before it has begun with the call.
   * @param {number} waiting  events that wait here
   * @returns {number}  how many to grant now; 0 for none yet
   */
  next(waiting) {
    const free = this.#size - waiting - this.#granted;
    if (!this.#begun || free <= this.#size / 2) return 0;
    this.#granted += free;
    return free;
  }
}
