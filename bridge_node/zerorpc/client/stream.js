import { ProtocolError } from '../errors.js';
import { Grants } from '../wire/credit.js';
import { MAX_ITEMS } from '../wire/limits.js';
import { Pulse } from '../wire/pulse.js';
import { cutOff, errorOf } from './call.js';

/** @typedef {import('./connection.js').OpenCall} OpenCall */

/**
 * The items of a stream, as they come: an async iterator. At most MAX_ITEMS wait here; the server sends no more until
 * some are consumed. A loop that is left ends the call on this side, and the server's heartbeats find that out.
 *
 * @implements {OpenCall}
 * @implements {AsyncIterableIterator<any>}
 */
export class Stream {
  // the server's answer may be the slow part, or the consumer: both sides beat from the first period on
  pulse = new Pulse(0);
  beating = false;
  #grants = new Grants(MAX_ITEMS);
  #grant;
  #leave;
  /** @type {any[]} */
  #items = [];
  #ended = false;
  /** @type {Error | undefined}  thrown once, after the items that came before it */
  #error;
  /** @type {{resolve: (result: IteratorResult<any, undefined>) => void, reject: (error: Error) => void}[]} */
  #readers = [];

  /**
   * @param {string} id
   * @param {string} method
   * @param {import('@msgpack/msgpack').Decoder} decoder
   * @param {{grant: (stream: Stream, count: number) => void, leave: (stream: Stream) => void}} connection
   */
  constructor(id, method, decoder, { grant, leave }) {
    this.id = id;
    this.method = method;
    this.decoder = decoder;
    this.#grant = grant;
    this.#leave = leave;
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  /** @returns {Promise<IteratorResult<any, undefined>>} */
  next() {
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject });
      this.#hand();
      this.#ask();
    });
  }

  /** @returns {Promise<IteratorResult<any, undefined>>} */
  async return() {
    if (!this.#ended) {
      this.#finish();
      this.#leave(this);
    }
    this.#items = [];
    this.#error = undefined;
    return { value: undefined, done: true };
  }

  /** @param {import('../wire/envelope.js').Event} event */
  take({ name, args }) {
    if (name === 'STREAM' && this.#grants.spend()) {
      this.#items.push(args);
      this.#hand();
      if (this.#readers.length > 0) this.#ask();
      return false;
    }
    if (name === 'STREAM') this.#finish(new ProtocolError(`"${this.method}" has sent more items than were granted`));
    else if (name === 'OK') {
      this.#finish(new ProtocolError(`"${this.method}" was answered with one value: call it with invoke()`));
    } else if (name === 'STREAM_DONE') this.#finish();
    else this.#finish(errorOf(this.method, name, args));
    return true;
  }

  /** @param {Error} error */
  reject(error) {
    this.#finish(error);
  }

  /** @param {Error} reason */
  end(reason) {
    this.#finish(cutOff(this.method, reason));
  }

  /** Grants the server further items, if it may have to wait for that. */
  #ask() {
    const count = this.#ended ? 0 : this.#grants.next(this.#items.length);
    if (count > 0) this.#grant(this, count);
  }

  /** @param {Error} [error] */
  #finish(error) {
    this.#ended = true;
    this.#error = error;
    this.#hand();
  }

  #hand() {
    while (this.#readers.length > 0 && (this.#items.length > 0 || this.#ended)) {
      const { resolve, reject } = /** @type {any} */ (this.#readers.shift());
      if (this.#items.length > 0) resolve({ value: this.#items.shift(), done: false });
      else if (this.#error) {
        reject(this.#error);
        this.#error = undefined;
      } else resolve({ value: undefined, done: true });
    }
  }
}
