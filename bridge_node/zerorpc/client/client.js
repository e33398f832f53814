import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { checkAddress } from '../address.js';
import { checkPeriod, DEFAULTS } from '../defaults.js';
import { LostRemoteError, RefusedError, TimeoutError } from '../errors.js';
import { Connection } from './connection.js';

/** ms of one attempt to connect: an unknown host, or a peer that sends nothing, causes no event. */
const MAX_ATTEMPT = 5000;
/** ms until the second attempt; the delay doubles from then on. */
const MIN_RETRY_DELAY = 100;
const MAX_RETRY_DELAY = 1000;

/**
 * A client of one ZeroRPC server.
 *
 * `connected` is whether it is connected. When the connection is lost, every open call is rejected with
 * LostRemoteError, then `lost` is emitted with that error, once per connection; it does not connect again
 * until its owner calls `connect()`.
 */
export class Client extends EventEmitter {
  /** Frames that could not be read or answered no open call, since the client was made. */
  dropped = 0;

  #address;
  #heartbeat;
  #bigint;
  #curve;
  /** @type {Connection | undefined}  set while it is open */
  #connection;
  /** @type {Promise<void> | undefined}  set while connect() is under way */
  #connecting;
  /** Ends the attempts of a connect() that is under way. */
  #stop = new AbortController();
  /** @type {LostRemoteError | undefined} */
  #closed;

  /**
   * @param {string} address  for instance `tcp://127.0.0.1:4242`
   * @param {object} [options]
   * @param {number} [options.heartbeat]  the period in ms, that of the server
   * @param {boolean} [options.bigint]  integers that no number holds come as BigInt, as they do by default, or as the
   *   nearest number
   * @param {import('../curve/keys.js').ClientKeys} [options.curve]  with them it connects by CURVE alone
   */
  constructor(address, { heartbeat = DEFAULTS.heartbeat, bigint = true, curve } = {}) {
    super();
    checkPeriod(heartbeat);
    this.#address = address;
    this.#heartbeat = heartbeat;
    this.#bigint = bigint;
    this.#curve = curve;
  }

  get address() {
    return this.#address;
  }

  get connected() {
    return this.#connection !== undefined;
  }

  /**
   * Tries until a peer at the address has completed ZeroMQ's handshake, then resolves. While connected it does
   * nothing; while another call is connecting, it waits for that one.
   * @param {{timeout?: number}} [options]  timeout in ms; 0 waits for ever
   * @returns {Promise<void>}
   */
  async connect({ timeout = 0 } = {}) {
    checkAddress(this.#address);
    if (this.#closed) throw this.#closed;
    if (this.#connection) return;
    this.#connecting ??= this.#dial(timeout).finally(() => {
      this.#connecting = undefined;
    });
    await this.#connecting;
  }

  /**
   * Calls a method and returns its value. Calls may overlap; the server may answer them in any order.
   * @param {string} method
   * @param {...unknown} args
   * @returns {Promise<any>}
   */
  async invoke(method, ...args) {
    return this.#call(method, args, false);
  }

  /**
   * As `invoke`, but texts in the value are UTF-8 bytes as received (keys of maps are decoded): for a
   * caller that passes them on, and would otherwise have to encode them again.
   * @param {string} method
   * @param {...unknown} args
   * @returns {Promise<any>}
   */
  async invokeRaw(method, ...args) {
    return this.#call(method, args, true);
  }

  /**
   * As `invokeRaw`, with entries of the event's header beside those of the protocol; resolves to the value and the
   * header of the answer. A server that does not know the entries ignores them.
   * @param {string} method
   * @param {unknown[]} args
   * @param {Record<string, unknown>} entries
   * @returns {Promise<{value: any, header: any}>}
   */
  async exchange(method, args, entries) {
    return this.#connectionFor(method).exchange(method, args, entries);
  }

  /**
   * Calls a method that streams, and returns its items, to be read with `for await`. Leaving the loop ends the call.
   * @param {string} method
   * @param {...unknown} args
   * @returns {AsyncIterableIterator<any>}
   */
  stream(method, ...args) {
    return this.#connectionFor(method).stream(method, args);
  }

  /**
   * @param {string} method
   * @param {unknown[]} args
   * @param {boolean} isRaw
   */
  async #call(method, args, isRaw) {
    return this.#connectionFor(method).call(method, args, isRaw);
  }

  /** @param {string} method */
  #connectionFor(method) {
    if (typeof method !== 'string' || method === '') {
      throw new TypeError(`${JSON.stringify(method)} is not the name of a method; pass a string such as "event"`);
    }
    // Nothing is kept for a peer that is unavailable: it would run a call that the caller has abandoned.
    if (!this.#connection) {
      if (this.#closed) throw this.#closed;
      throw new LostRemoteError(`cannot call "${method}": not connected to ${this.#address}; connect() first`);
    }
    return this.#connection;
  }

  /** Rejects open calls and a pending connect(), and closes the socket for good. */
  async close() {
    this.#closed ??= new LostRemoteError(`this client of ${this.#address} was closed`);
    this.#stop.abort(this.#closed);
    this.#connection?.end(this.#closed);
    await this.#connecting?.catch(() => {});
  }

  /** @param {number} timeout */
  async #dial(timeout) {
    const stop = (this.#stop = new AbortController());
    const { signal } = stop;
    /** @type {Error | undefined} */
    let last;
    const timer =
      timeout > 0 &&
      setTimeout(() => {
        const hint = last ? ` (${last.message})` : '';
        const sentence =
          last instanceof RefusedError
            ? last.message
            : `no server answered at ${this.#address} within ${timeout} ms${hint}; is it running?`;
        stop.abort(new TimeoutError(sentence, { cause: last }));
      }, timeout);
    try {
      for (let delay = MIN_RETRY_DELAY; ; delay = Math.min(2 * delay, MAX_RETRY_DELAY)) {
        try {
          return await this.#attempt(signal);
        } catch (error) {
          signal.throwIfAborted();
          last = /** @type {Error} */ (error);
        }
        await sleep(delay, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    } finally {
      if (timer) clearTimeout(timer);
    }
  }

  /**
   * @param {AbortSignal} signal
   * @returns {Promise<void>}
   */
  #attempt(signal) {
    return new Promise((resolve, reject) => {
      const connection = new Connection(this.#address, {
        heartbeat: this.#heartbeat,
        bigint: this.#bigint,
        curve: this.#curve,
        onDrop: () => {
          this.dropped += 1;
        },
        onEnd: (reason, wasOpen) => {
          stopWaiting();
          if (!wasOpen) return reject(reason);
          this.#connection = undefined;
          if (!this.#closed) this.emit('lost', reason);
        },
      });
      const abort = () => connection.end(signal.reason);
      const timer = setTimeout(() => {
        connection.end(new LostRemoteError(`${this.#address} did not answer within ${MAX_ATTEMPT} ms`));
      }, MAX_ATTEMPT);
      const stopWaiting = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
      };
      signal.addEventListener('abort', abort);
      try {
        connection.open(() => {
          stopWaiting();
          this.#connection = connection;
          resolve();
        });
      } catch (error) {
        connection.end(/** @type {Error} */ (error));
      }
    });
  }
}
