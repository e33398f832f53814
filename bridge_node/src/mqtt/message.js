import { createHash } from 'node:crypto';

import { countOf } from '../support/memory_budget.js';

/** Bytes of a payload of which only the beginning is kept. */
export const MAX_BEGINNING = 64 * 1024;

/** A message as it arrived; its topic is without the prefix. */
export class Message {
  isDone = false;
  #share;
  #isHeld = true;
  /** Bytes as which it counts. */
  #count;
  #acknowledger;
  #sha256 = '';

  /**
   * @param {string} topic
   * @param {Buffer} payload
   * @param {number} packetId
   * @param {import('../support/moment.js').Moment} received
   * @param {import('../support/memory_budget.js').Share} share  that holds it until it is acknowledged or dropped
   * @param {import('./acknowledger.js').Acknowledger} [acknowledger]  absent at QoS 0: the broker will not send it again
   * @param {number} [published]  when it was published, in ms since 1970, if the publisher has marked that
   * @param {boolean} [isRepeat]  whether the broker may have sent it before
   */
  constructor(topic, payload, packetId, received, share, acknowledger, published, isRepeat = false) {
    this.topic = topic;
    /** All of it, until it is abridged. */
    this.payload = payload;
    /** Of the whole payload. */
    this.bytes = payload.length;
    this.packetId = packetId;
    this.received = received;
    this.published = published;
    this.isRepeat = isRepeat;
    this.#share = share;
    this.#acknowledger = acknowledger;
    this.#count = countOf(this.bytes);
    share.hold(this.#count);
    acknowledger?.add(this);
  }

  /** Of the whole payload, in hexadecimal. */
  get sha256() {
    return this.#sha256 || createHash('sha256').update(this.payload).digest('hex');
  }

  /** Whether the broker sends it again if it is not acknowledged. */
  get comesAgain() {
    return this.#acknowledger !== undefined;
  }

  /** @param {number} decoded  bytes that its content takes in memory */
  weigh(decoded) {
    const count = countOf(this.bytes, decoded);
    if (!this.#isHeld || count === this.#count) return;
    const more = count - this.#count;
    this.#count = count;
    this.#share.hold(more);
  }

  /** Keep no more of the payload than its beginning, as a copy. */
  abridge() {
    if (!this.#isHeld) return;
    this.#sha256 = this.sha256;
    this.payload = Buffer.from(this.payload.subarray(0, MAX_BEGINNING));
  }

  /** Acknowledge it to the broker, once those that arrived before it are acknowledged. */
  acknowledge() {
    this.drop();
    this.#acknowledger?.release(this);
  }

  /** Forget it: the broker sends it again. */
  drop() {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#share.release(this.#count);
  }
}
