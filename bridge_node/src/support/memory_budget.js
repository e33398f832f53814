/** Bytes that all shares may hold together, as they are counted. */
const MAX_HELD = 16 * 1024 * 1024;
/** A budget that is spent may be used again when less than this fraction of it is held. */
const FREE_BELOW = 0.75;
/** Bytes that a message counts beside what it holds. */
const OVERHEAD = 256;

/**
 * As how many bytes a message counts: it is there as it came, decoded, and encoded for the call.
 * @param {number} bytes  of its payload
 * @param {number} [decoded]  that its content takes in memory, as far as that is known
 */
export function countOf(bytes, decoded = bytes) {
  return 2 * bytes + Math.max(bytes, decoded) + OVERHEAD;
}

/**
 * One budget of memory for the messages of all routes. Half of it is divided into parts, one for each share; the other
 * half is for whoever needs it. While the whole is spent, a share that holds more than its part is full. One that holds
 * less never is, however slow the others are.
 */
export class MemoryBudget {
  /** @type {Set<Share>} */
  #shares = new Set();
  #held = 0;
  #isSpent = false;
  /** Beyond it the budget is spent: lower while it is. */
  #bound;

  /** @param {number} max  bytes; what is read at once may exceed it */
  constructor(max = MAX_HELD) {
    this.max = max;
    this.#bound = max;
  }

  /** Bytes that are held at present. */
  get held() {
    return this.#held;
  }

  /**
   * @param {(isFull: boolean) => void} [setFull]  called synchronously when the share becomes full, and when it is no
   *   longer: its owner stops to receive, and continues
   */
  share(setFull = () => {}) {
    const share = new Share(this, setFull);
    this.#shares.add(share);
    return share;
  }

  /**
   * Whether a share is full that holds so much. Only a Share calls this and what follows.
   * @param {number} held
   */
  isFull(held) {
    return this.#isSpent && held > this.max / 2 / this.#shares.size;
  }

  /**
   * @param {number} bytes  that are held from now on; negative if they are released
   * @returns {boolean} whether the budget is spent
   */
  change(bytes) {
    this.#held += bytes;
    const isSpent = this.#held > this.#bound;
    if (isSpent !== this.#isSpent) this.#turn(isSpent);
    return isSpent;
  }

  /** @param {Share} share */
  leave(share) {
    this.#shares.delete(share);
  }

  /** @param {boolean} isSpent */
  #turn(isSpent) {
    this.#isSpent = isSpent;
    this.#bound = isSpent ? FREE_BELOW * this.max : this.max;
    for (const share of this.#shares) share.judge();
  }
}

/** What one route holds. */
export class Share {
  #budget;
  #setFull;
  #held = 0;
  #isFull = false;
  #isClosed = false;

  /**
   * @param {MemoryBudget} budget
   * @param {(isFull: boolean) => void} setFull
   */
  constructor(budget, setFull) {
    this.#budget = budget;
    this.#setFull = setFull;
  }

  /** @param {number} bytes  as which a message counts that has arrived, or by which it counts more */
  hold(bytes) {
    this.#change(bytes);
  }

  /** @param {number} bytes  as which a message has counted that is processed, or forgotten */
  release(bytes) {
    this.#change(-bytes);
  }

  /** Release everything, for good. */
  close() {
    this.#change(-this.#held);
    this.#isClosed = true;
    this.#budget.leave(this);
  }

  /** Find out whether it is full; the budget calls it when it is spent, and when it is no longer. */
  judge() {
    const isFull = this.#budget.isFull(this.#held);
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    this.#setFull(isFull);
  }

  /** @param {number} bytes */
  #change(bytes) {
    if (this.#isClosed) return;
    this.#held += bytes;
    if (this.#budget.change(bytes) || this.#isFull) this.judge();
  }
}
