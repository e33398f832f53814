/**
 * Publishes numbered quotes as fast as the broker takes them, and loses none.
 *
 * The packets are made before the clock starts, and written many at a time. At QoS 1 no more than
 * a window of them are unconfirmed, and all have to be confirmed in the end.
 */
import { once } from 'node:events';

import { PUBACK, publish, read, Wire } from './wire.mjs';

/** How many quotes go in one write, or those of one packet. */
const CHUNK = 250;
/** How many quotes may be unconfirmed, at one in a packet: far fewer than there are packet ids. */
const WINDOW = 4000;
/** How many packets may be, however many quotes they hold. */
const MIN_WINDOW = 40;
const PACKET_IDS = 65_535;
/** ms between two looks for confirmations; WINDOW lasts longer. */
const INTERVAL = 2;

/**
 * The quote with a number, as JSON.
 * @param {number} n
 */
export function quote(n) {
  return `{"sid":"GOOG","quote":${(n % 1000) / 2 + 100.25},"id":"${n}"}`;
}

export class Feed {
  #socket;
  #sent = 0;
  #confirmed = 0;
  #window = WINDOW;
  /** Goes on with publishing once more is confirmed. */
  #wake = () => {};

  /** @param {Wire} wire */
  constructor(wire) {
    this.#socket = wire.socket;
    wire.interval = INTERVAL;
    const confirm = (/** @type {number} */ type) => {
      if (type === PUBACK) this.#confirmed += 1;
    };
    read(wire, confirm, () => this.#wake());
  }

  /** @param {number} port */
  static async connect(port) {
    return new Feed(await Wire.connect(port, 'bench-feed'));
  }

  /**
   * Make the packets of quotes.
   * @param {string} topic
   * @param {number} first  number
   * @param {number} count
   * @param {number} qos
   * @param {number} array  quotes in a message; 0 for single ones, which are no array
   * @returns {{bytes: Buffer, packets: number}[]}
   */
  prepare(topic, first, count, qos, array = 0) {
    const step = array || 1;
    this.#window = Math.max(MIN_WINDOW, Math.floor(WINDOW / step));
    const chunks = [];
    let packetId = 0;
    for (let start = 0; start < count; ) {
      const packets = [];
      const chunkEnd = Math.min(start + Math.max(CHUNK, step), count);
      while (start < chunkEnd) {
        const quotes = Array.from({ length: Math.min(step, count - start) }, (_, n) => quote(first + start + n));
        packetId = (packetId % PACKET_IDS) + 1;
        packets.push(publish(topic, array ? `[${quotes}]` : quotes[0], qos ? packetId : undefined));
        start += quotes.length;
      }
      chunks.push({ bytes: Buffer.concat(packets), packets: packets.length });
    }
    return chunks;
  }

  /**
   * Write them all.
   * @param {{bytes: Buffer, packets: number}[]} chunks
   * @param {number} qos
   * @returns {Promise<void>} when the system, or at QoS 1 the broker, has taken the last one
   */
  async publish(chunks, qos) {
    for (const { bytes, packets } of chunks) {
      if (qos) await this.#until(() => this.#sent - this.#confirmed + packets <= this.#window);
      this.#sent += qos ? packets : 0;
      if (!this.#socket.write(bytes)) await once(this.#socket, 'drain');
    }
    if (qos) await this.#until(() => this.#confirmed === this.#sent);
  }

  /** @param {() => boolean} condition */
  async #until(condition) {
    while (!condition()) {
      await new Promise((resolve) => {
        this.#wake = () => resolve(undefined);
      });
    }
  }
}
