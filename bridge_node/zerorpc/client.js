import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { Connection } from './connection.js';
import { LostRemoteError, TimeoutError } from './errors.js';

export const DEFAULTS = Object.freeze({
  heartbeat: 5000, // ms between two beats of one call; both sides must use the same
});

const ATTEMPT = 5000; // ms; an unknown host or a mute peer gives no sign, so each attempt has an end
const FIRST_RETRY = 100; // ms until the second attempt; doubled from then on
const SLOWEST_RETRY = 1000; // ms

/**
 * A client of one ZeroRPC server.
 *
 * It is connected or not, and says so in `connected`. When the server goes away every open call is
 * rejected with LostRemoteError and `lost` is emitted with that error; `connect()` again is the
 * owner's decision.
 */
export class Client extends EventEmitter {
  /** Frames that could not be read or answered no open call, since the client was made. */
  dropped = 0;

  #address;
  #heartbeat;
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
   * @param {{heartbeat?: number}} [options]  heartbeat: the period in ms
   */
  constructor(address, { heartbeat = DEFAULTS.heartbeat } = {}) {
    super();
    if (!(Number.isFinite(heartbeat) && heartbeat > 0)) {
      throw new TypeError(
        `heartbeat is ${heartbeat}; it takes a number of milliseconds above 0, such as ${DEFAULTS.heartbeat}`,
      );
    }
    this.#address = address;
    this.#heartbeat = heartbeat;
  }

  get address() {
    return this.#address;
  }

  get connected() {
    return this.#connection !== undefined;
  }

  /**
   * Resolves when a peer at the address has completed ZeroMQ's handshake. Tries until then. When it
   * is called while connected it does nothing; while connecting, it waits for the same attempt.
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
   * As `invoke`, but texts in the value are the UTF-8 bytes that they came as (not the keys of maps):
   * for one who passes them on and would only have to encode them again.
   * @param {string} method
   * @param {...unknown} args
   * @returns {Promise<any>}
   */
  async invokeRaw(method, ...args) {
    return this.#call(method, args, true);
  }

  /**
   * @param {string} method
   * @param {unknown[]} args
   * @param {boolean} isRaw
   */
  async #call(method, args, isRaw) {
    if (typeof method !== 'string' || method === '') {
      throw new TypeError(`${JSON.stringify(method)} is not the name of a method; pass a string such as "event"`);
    }
    // Nothing is kept for a peer that is away: it would run a call whose caller has given up.
    if (!this.#connection) {
      if (this.#closed) throw this.#closed;
      throw new LostRemoteError(`cannot call "${method}": not connected to ${this.#address}; connect() first`);
    }
    return this.#connection.call(method, args, isRaw);
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
    /** @type {string | undefined} */
    let last;
    const timer =
      timeout > 0 &&
      setTimeout(() => {
        const hint = last ? ` (${last})` : '';
        stop.abort(
          new TimeoutError(`no server answered at ${this.#address} within ${timeout} ms${hint}; is it running?`),
        );
      }, timeout);
    try {
      for (let delay = FIRST_RETRY; ; delay = Math.min(2 * delay, SLOWEST_RETRY)) {
        try {
          return await this.#attempt(signal);
        } catch (error) {
          signal.throwIfAborted();
          last = /** @type {Error} */ (error).message;
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
        connection.end(new LostRemoteError(`${this.#address} did not answer within ${ATTEMPT} ms`));
      }, ATTEMPT);
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

/**
 * Whether a server can have this address, such as `tcp://127.0.0.1:4242`.
 * @param {string} address
 */
export function isAddress(address) {
  const port = /^tcp:\/\/(?:[^\s:/[\]*]+|\[[^\s\]]+\]):(\d+)$/.exec(address)?.[1];
  return port === undefined ? /^ipc:\/\/./.test(address) : Number(port) >= 1 && Number(port) <= 65535;
}

/** @param {string} address */
function checkAddress(address) {
  if (!isAddress(address)) {
    throw new TypeError(
      `${JSON.stringify(address)} is not the address of a server; write it like "tcp://127.0.0.1:4242"`,
    );
  }
}
