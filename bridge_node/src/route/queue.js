/**
 * What is known of a message: as it came from the broker, or as the bridge has made it.
 * @typedef {Pick<import('../mqtt/message.js').Message, 'topic' | 'payload' | 'bytes' | 'sha256' | 'comesAgain' | 'acknowledge' | 'drop' | 'receivedAt' | 'published'>} Held
 */

/**
 * A message and the inputs that it holds, all of one kind, waiting to be decided.
 * @typedef {object} Waiting
 * @property {Held} message
 * @property {import('../messages/kinds.js').Kind} kind
 * @property {import('../messages/kinds.js').Input[]} inputs
 * @property {number} [at]  ms of the steady clock at which it came, of quotes and data
 */

/** The messages that wait to be decided, in the order of arrival. */
export class Queue {
  /** @type {Waiting[]} */
  #waiting = [];
  #bytes = 0;
  #changed;

  /** @param {(messages: number, bytes: number) => void} changed  called after each change, with how much waits */
  constructor(changed) {
    this.#changed = changed;
  }

  /** The number of messages that wait. */
  get length() {
    return this.#waiting.length;
  }

  /** Bytes of the messages that wait. */
  get bytes() {
    return this.#bytes;
  }

  /** The number of inputs that wait. */
  get inputs() {
    return this.#waiting.reduce((sum, { inputs }) => sum + inputs.length, 0);
  }

  /** @param {Waiting} waiting */
  push(waiting) {
    this.#waiting.push(waiting);
    this.#bytes += waiting.message.bytes;
    this.#changed(this.#waiting.length, this.#bytes);
  }

  /**
   * Take messages from the front; the last of them is the one that reaches one of the bounds.
   * @param {number} maxInputs
   * @param {number} maxBytes
   * @returns {Waiting[] | undefined} undefined if none wait
   */
  take(maxInputs, maxBytes) {
    if (this.#waiting.length === 0) return undefined;
    let inputs = 0;
    let bytes = 0;
    let messages = 0;
    while (messages < this.#waiting.length && inputs < maxInputs && bytes < maxBytes) {
      const waiting = this.#waiting[messages++];
      inputs += waiting.inputs.length;
      bytes += waiting.message.bytes;
    }
    const taken = this.#waiting.splice(0, messages);
    this.#bytes -= bytes;
    this.#changed(this.#waiting.length, this.#bytes);
    return taken;
  }

  /**
   * Drop the messages that are not to be kept, and return them.
   * @param {(message: Held) => boolean} isKept
   */
  keep(isKept) {
    const dropped = this.#waiting.filter(({ message }) => !isKept(message)).map(({ message }) => message);
    this.#waiting = this.#waiting.filter(({ message }) => isKept(message));
    this.#bytes -= dropped.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#changed(this.#waiting.length, this.#bytes);
    return dropped;
  }
}
