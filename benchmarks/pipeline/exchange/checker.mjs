/**
 * Receives everybody's orders and sees to it that they are complete, in order and not doubled.
 *
 * The rule is an order on every second quote that the algorithm has seen, by its own count. So the
 * k-th order is that of quote 2k+1, and whoever missed a quote, saw one twice or saw two in the
 * wrong order is found out by the numbers of the orders that follow.
 */
import { PUBLISH, read, Wire } from './wire.mjs';

const KEY = Buffer.from('"quote_id":');
const PREFIX = Buffer.from('orders/');
/** ms without an order after which no more are waited for. */
const PATIENCE = 30_000;

/**
 * @typedef {object} Stream  the orders of one algorithm
 * @property {number} next  the number of the quote whose order comes next
 * @property {number} count  of orders received
 * @property {bigint} last  when the last came
 */

export class Checker {
  #wire;
  /** @type {Map<string, Stream>} */
  #streams = new Map();
  #count = 0;
  #fault = '';
  /** Looks whether all are there. */
  #look = () => {};
  /** Called for each order. @type {(quote: number, now: bigint) => void} */
  onOrder = () => {};

  /** @param {Wire} wire */
  constructor(wire) {
    this.#wire = wire;
    let now = 0n;
    read(
      wire,
      (type, buffer, start, end) => {
        now ||= process.hrtime.bigint(); // one time for all that one read brings
        if (type === PUBLISH) this.#take(buffer, start, end, now);
      },
      () => {
        now = 0n;
        this.#look();
      },
    );
  }

  /** @param {number} interval  ms between two reads of orders, 0 to read each when it comes */
  set interval(interval) {
    this.#wire.interval = interval;
  }

  /** @param {number} port */
  static async connect(port) {
    const wire = await Wire.connect(port, 'bench-checker');
    await wire.subscribe('orders/#');
    return new Checker(wire);
  }

  /**
   * Wait for the orders of every algorithm.
   * @param {number} algorithms
   * @param {number} orders  of each, counted from the first that ever came
   * @returns {Promise<{first: number, ends: Record<string, number>}>} when the first order of all
   *   since the last call and each algorithm's last order came, in ns
   * @throws {Error} saying what is missing or wrong, if it does not come
   */
  expect(algorithms, orders) {
    let seen = -1;
    let first = 0n;
    const before = this.#count;
    return new Promise((resolve, reject) => {
      const timer = setInterval(() => {
        if (seen === this.#count) finish(new Error(this.#missing(algorithms, orders)));
        seen = this.#count;
      }, PATIENCE);
      const finish = (/** @type {Error | undefined} */ error) => {
        clearInterval(timer);
        this.#look = () => {};
        if (error) reject(error);
        else {
          const ends = [...this.#streams].map(([name, { last }]) => [name, Number(last)]);
          resolve({ first: Number(first), ends: Object.fromEntries(ends) });
        }
      };
      this.#look = () => {
        if (first === 0n && this.#count > before) first = process.hrtime.bigint();
        if (this.#fault) finish(new Error(this.#fault));
        else if (this.#count > algorithms * orders) finish(new Error(this.#missing(algorithms, orders)));
        else if (this.#count === algorithms * orders && this.#isComplete(algorithms, orders)) finish(undefined);
      };
      this.#look();
    });
  }

  /**
   * @param {number} algorithms
   * @param {number} orders
   */
  #isComplete(algorithms, orders) {
    const streams = [...this.#streams.values()];
    return streams.length === algorithms && streams.every(({ count }) => count === orders);
  }

  /**
   * @param {number} algorithms
   * @param {number} orders
   */
  #missing(algorithms, orders) {
    const counts = [...this.#streams].map(([name, { count }]) => `${count} of ${name}`);
    return `of ${algorithms} times ${orders} orders these came: ${counts.join(', ') || 'none'}`;
  }

  /**
   * @param {Buffer} buffer
   * @param {number} start
   * @param {number} end
   * @param {bigint} now
   */
  #take(buffer, start, end, now) {
    const topicEnd = start + 2 + buffer.readUInt16BE(start);
    const name = buffer.latin1Slice(start + 2 + PREFIX.length, topicEnd);
    let at = buffer.indexOf(KEY, topicEnd);
    if (at === -1 || at >= end) {
      this.#fault ||= `an order of ${name} names no quote: ${buffer.latin1Slice(topicEnd, end)}`;
      return;
    }
    // one order, or an array of them
    while (at !== -1 && at < end) {
      at += KEY.length;
      if (buffer[at] === 0x20) at += 1; // Python's JSON has a space here
      let quote = 0;
      for (at += 1; buffer[at] >= 0x30 && buffer[at] <= 0x39; at++) quote = quote * 10 + buffer[at] - 0x30;
      this.#note(name, quote, now);
      at = buffer.indexOf(KEY, at);
    }
  }

  /**
   * @param {string} name
   * @param {number} quote
   * @param {bigint} now
   */
  #note(name, quote, now) {
    let stream = this.#streams.get(name);
    if (!stream) {
      stream = { next: 1, count: 0, last: 0n };
      this.#streams.set(name, stream);
    }
    if (quote !== stream.next) {
      this.#fault ||= `order ${stream.count} of ${name} is that of quote ${quote}, not of ${stream.next}`;
    }
    stream.next = quote + 2;
    stream.count += 1;
    stream.last = now;
    this.#count += 1;
    this.onOrder(quote, now);
  }
}
