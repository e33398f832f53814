/** In a row: then it is time to stop. */
export const MAX_TAKEOVERS = 5;
/** ms that a connection has to last for a row to end. */
const MIN_LASTING = 60_000;
/** Ends without a reason in a row that mean the same. */
const SUSPECTS = 3;
/** ms before the next attempt, doubled with each takeover in a row. */
const MIN_DELAY = 250;
const MAX_DELAY = 30_000;

/**
 * How a connection that the broker had accepted has ended.
 * @typedef {object} End
 * @property {boolean} isTold  the broker has said that another client took over the session
 * @property {boolean} hasReason  it has said something else, or we have ended it
 * @property {number} lasted  in ms
 */

/**
 * Counts how often another client that connects with the client id of a connection has ended it. [MQTT-3.1.4-3] The
 * broker disconnects the one before. MQTT 5 has a reason code for that, 3.1.1 has nothing, nor has mosquitto 2.0.11:
 * then it is told by connections that end soon, again and again, while others to the same broker go on.
 *
 * The Connection calls `attempted` for each attempt but the first, and `ended` when one ends that was up.
 */
export class Takeovers {
  #clientId;
  #shown;
  #clock;
  #count = 0;
  /** Ends in a row that may have been takeovers. */
  #suspects = 0;
  /** Whether the present connection is as after such an end. */
  #isSuspect = false;
  #sentence = '';
  #latest = -Infinity;

  /**
   * @param {string} clientId
   * @param {string} shown  the broker's address
   */
  constructor(clientId, shown, clock = () => performance.now()) {
    this.#clientId = clientId;
    this.#shown = shown;
    this.#clock = clock;
  }

  /**
   * @param {boolean} hasStayed  whether the broker was there all the time: it has accepted this attempt, the first after
   *   the end, and another connection has gone on meanwhile
   */
  attempted(hasStayed) {
    this.#isSuspect = hasStayed;
  }

  /**
   * @param {End} end
   * @returns {boolean} whether it was a takeover
   */
  ended({ isTold, hasReason, lasted }) {
    if (lasted > MIN_LASTING) this.#count = this.#suspects = 0;
    const isSilent = !isTold && !hasReason && lasted <= MIN_LASTING;
    this.#suspects = isSilent ? (this.#isSuspect ? this.#suspects : 0) + 1 : 0;
    this.#isSuspect = false;
    if (!isTold && this.#suspects < SUSPECTS) return false;
    this.#count = Math.max(this.#count + 1, this.#suspects);
    this.#latest = this.#clock();
    this.#sentence = isTold
      ? `another client has taken the client id ${this.#clientId} at the broker ${this.#shown}`
      : `the broker ${this.#shown} has ended ${this.#suspects} connections of the client id ${this.#clientId} soon after they were made, and gives no reason, as it does if another client takes this id`;
    return true;
  }

  /** ms before the next attempt, after a takeover. */
  get delay() {
    return Math.min(MAX_DELAY, MIN_DELAY * 2 ** (this.#count - 1));
  }

  /** Whether it makes no sense to go on: the two would disconnect one another for ever. */
  get isTooMany() {
    return this.#count >= MAX_TAKEOVERS;
  }

  /** What was noticed last, as a sentence without a full stop. */
  get sentence() {
    return this.#sentence;
  }

  /** The same, while it goes on: at least two in a row, the latest of which is not long ago; otherwise empty. */
  get fault() {
    const goesOn = this.#count > 1 && this.#clock() - this.#latest < MIN_LASTING;
    return goesOn ? this.#sentence : '';
  }
}
