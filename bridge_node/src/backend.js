import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client, LostRemoteError, RemoteError } from '../zerorpc/index.js';
import { Backoff } from './backoff.js';
import { reason, UserError } from './errors.js';
import { didYouMean } from './nearest.js';
import { completeOrders } from './order.js';
import { checkChannels, checkName } from './topics.js';

/**
 * What a quote led to: orders and fills as JSON text, or as its bytes, or why there are none.
 * @typedef {{orders: (string | Uint8Array)[], fills: (string | Uint8Array)[]}} Decision
 * @typedef {{error: string, traceback?: string}} Failure
 */

/** A backend that is not there within this many ms is said to be away. */
const PATIENCE = 1000;

/**
 * The algorithm service at an address, in whatever language: connected again, and initialised
 * again, whenever it was lost.
 *
 * Emits `ready` after each initialize.
 */
export class Backend extends EventEmitter {
  #address;
  #params;
  #givenName;
  #admit;
  #log;
  #client;
  #stopped = false;
  #closed = () => {};
  #whenClosed = new Promise((resolve) => {
    this.#closed = () => resolve(undefined);
  });
  #ready = false;
  /** @type {Set<string>} */
  #methods = new Set();

  /** The algorithm's name on the wire, known once `ready` was emitted. */
  name = '';
  /** @type {string[]} */
  channels = [];
  /** How many decisions are in its journal, as it began; undefined if it has none. @type {number | undefined} */
  journalSeq;

  /**
   * @param {string} address
   * @param {Record<string, unknown>} params  for `initialize`
   * @param {string | undefined} name  of a backend that does not tell its own
   * @param {import('./log.js').Log} log
   * @param {() => Promise<void>} admit  called after each initialize; no quote is decided before it
   *   resolves
   */
  constructor(address, params, name, log, admit = async () => {}) {
    super();
    this.#address = address;
    this.#params = params;
    this.#givenName = name;
    this.#admit = admit;
    this.#log = log;
    this.#client = new Client(address);
    this.#client.on('lost', () => {
      this.#ready = false;
    });
  }

  /** Whether it is connected and initialised. */
  get ready() {
    return this.#ready;
  }

  /** Whether the service has a `snapshot` to publish. */
  get hasSnapshot() {
    return this.#methods.has('snapshot');
  }

  /**
   * Keep connected until `close`.
   * @throws {UserError} if the backend is none, or refuses to initialize, or is not admitted
   */
  async run() {
    const backoff = new Backoff();
    while (!this.#stopped) {
      try {
        await this.#connect();
        await this.#initialize();
        await this.#admit();
        backoff.reset();
        this.#ready = this.#client.connected;
      } catch (error) {
        if (this.#stopped) return;
        if (error instanceof UserError) throw error;
        if (!(error instanceof LostRemoteError)) {
          throw new UserError(`the backend at ${this.#address} cannot be used: ${reason(error)}`);
        }
        this.#log.warn(`backend ${this.#address}: ${reason(error)}`);
        await sleep(backoff.next());
      }
      if (!this.#ready) continue;
      this.#log.info({ algo: this.name, channels: this.channels }, `backend ${this.#address} is ready`);
      this.emit('ready');
      await Promise.race([once(this.#client, 'lost'), this.#whenClosed]);
      if (!this.#stopped) this.#log.warn(`backend ${this.#address} is lost; waiting for it`);
    }
  }

  /**
   * Decide on quotes, in order; tries again until it has an answer.
   * @param {import('./messages/quote.js').Quote[]} quotes
   * @returns {Promise<(Decision | Failure)[]>} one entry per quote
   * @throws {UserError} if the answer is none of this contract's
   */
  async decide(quotes) {
    if (this.#methods.has('events')) {
      return readEntries(await this.#invoke('events', quotes), quotes.length);
    }
    const entries = [];
    for (const quote of quotes) entries.push(await this.#event(quote));
    return entries;
  }

  /**
   * @returns {Promise<{seq: number} & Record<string, unknown>>}
   * @throws {LostRemoteError} if the backend is away, or not admitted yet
   */
  async snapshot() {
    // one that is not admitted may have less to show than was published
    if (!this.#ready) throw new LostRemoteError('it is not ready');
    return this.#client.invoke('snapshot');
  }

  /**
   * What came of the last decisions, a page at a time; empty for a backend that keeps none.
   * @param {number} seconds  counted back from the latest decision
   * @param {number} after  only what has a greater seq
   * @returns {Promise<{seq: number, orders: string[], fills: string[]}[]>}
   */
  async outputsSince(seconds, after) {
    if (!this.#methods.has('orders_since')) return [];
    return this.#invoke('orders_since', seconds, after);
  }

  async close() {
    this.#stopped = true;
    await this.#client.close();
    this.#closed();
  }

  /** Resolves when it is connected and initialised, or closed. */
  async whenReady() {
    while (!this.#ready && !this.#stopped) await Promise.race([once(this, 'ready'), this.#whenClosed]);
  }

  async #connect() {
    try {
      await this.#client.connect({ timeout: PATIENCE });
    } catch (error) {
      if (this.#stopped) throw error;
      this.#log.warn(`backend ${this.#address} is away; waiting for it`);
      await this.#client.connect();
    }
  }

  async #initialize() {
    this.#methods = await this.#describe();
    let channels;
    try {
      channels = await this.#client.invoke('initialize', this.#params);
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      throw new UserError(`the backend at ${this.#address} refuses to initialize: ${error.name}: ${error.message}`);
    }
    this.channels = checkChannels(channels);
    const { algo, seq } = await this.#describeItself();
    this.journalSeq = this.#methods.has('orders_since') ? seq : undefined;
    const name = checkName(algo ?? this.#givenName ?? nameOf(this.#address));
    if (this.name && name !== this.name) {
      throw new UserError(`the backend at ${this.#address} was ${this.name} and is now ${name}: start the bridge anew for it`);
    }
    if (this.#givenName !== undefined && name !== this.#givenName) {
      this.#log.warn(`--name ${this.#givenName} is not used: the backend calls itself ${name}`);
    }
    this.name = name;
  }

  /** @returns {Promise<{algo?: string, seq?: number}>} the name and the count that its snapshot tells */
  async #describeItself() {
    if (!this.hasSnapshot) return {};
    try {
      const { algo, seq } = (await this.#client.invoke('snapshot')) ?? {};
      if (typeof algo !== 'string') this.#log.warn(`the snapshot of the backend at ${this.#address} tells no name`);
      return { algo: typeof algo === 'string' ? algo : undefined, seq: Number.isFinite(seq) ? seq : undefined };
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      this.#log.warn(`the backend at ${this.#address} has no snapshot to tell its name: ${error.message}`);
      return {};
    }
  }

  /** The names of its methods; one that cannot say is taken for a backend of the article's kind. */
  async #describe() {
    /** @type {string[] | undefined} */
    const methods =
      (await this.#ask('_zerorpc_list')) ?? Object.keys((await this.#ask('_zerorpc_inspect'))?.methods ?? {});
    if (!methods?.length) return new Set(['initialize', 'event']);
    for (const method of ['initialize', 'event']) {
      if (!methods.includes(method)) {
        throw new UserError(
          `the service at ${this.#address} has no method "${method}", so it is no algorithm; it has ${methods.join(', ')}${didYouMean(method, methods)}`,
        );
      }
    }
    return new Set(methods);
  }

  /** @param {string} method */
  async #ask(method) {
    try {
      return await this.#client.invoke(method);
    } catch (error) {
      if (error instanceof RemoteError) return undefined;
      throw error;
    }
  }

  /**
   * @param {import('./messages/quote.js').Quote} quote
   * @returns {Promise<Decision | Failure>}
   */
  async #event(quote) {
    try {
      return { orders: completeOrders(await this.#invoke('event', quote), quote, this.name), fills: [] };
    } catch (error) {
      if (this.#stopped || error instanceof LostRemoteError) throw error;
      if (!(error instanceof Error)) throw error;
      const traceback = error instanceof RemoteError ? (error.traceback ?? undefined) : undefined;
      return { error: `${error.name}: ${error.message}`, traceback };
    }
  }

  /**
   * @param {'event' | 'events' | 'orders_since'} method
   * @param {...unknown} args
   */
  async #invoke(method, ...args) {
    const backoff = new Backoff();
    for (;;) {
      if (!this.#ready) await this.whenReady();
      try {
        // the texts of decisions are passed on, not looked at
        if (method === 'events') return await this.#client.invokeRaw(method, ...args);
        return await this.#client.invoke(method, ...args);
      } catch (error) {
        if (this.#stopped) throw error;
        if (error instanceof LostRemoteError) continue;
        if (method === 'event') throw error; // an answer: the algorithm raised on this quote
        // an error of the whole call: nothing was committed, so the same quotes are tried again
        this.#log.error(`backend ${this.#address}: ${reason(error)}; trying the same again`);
        await sleep(backoff.next());
      }
    }
  }
}

/** @param {string} address */
function nameOf(address) {
  return address.replace(/^\w+:\/\//, '').replace(/[^\w.-]+/g, '-');
}

/**
 * @param {unknown} entries  their texts as bytes
 * @param {number} count
 * @returns {(Decision | Failure)[]}
 * @throws {UserError} if they are not what `events` returns
 */
function readEntries(entries, count) {
  if (!Array.isArray(entries) || entries.length !== count) {
    throw new UserError(`the backend's events answered ${count} quotes with ${Array.isArray(entries) ? `${entries.length} entries` : 'no list'}`);
  }
  return entries.map((entry) => {
    if (isTexts(entry?.orders) && isTexts(entry.fills)) return entry;
    if (isText(entry?.error)) return { error: read(entry.error), traceback: isText(entry.traceback) ? read(entry.traceback) : undefined };
    throw new UserError(`the backend's events answered ${show(entry)}: an entry has orders and fills, or error`);
  });
}

/**
 * @param {unknown} list
 * @returns {list is Uint8Array[]}
 */
function isTexts(list) {
  return Array.isArray(list) && list.every(isText);
}

/**
 * @param {unknown} value
 * @returns {value is Uint8Array}
 */
function isText(value) {
  return value instanceof Uint8Array;
}

/** @param {Uint8Array} text */
function read(text) {
  return Buffer.from(text).toString();
}

/** @param {unknown} entry  with texts as bytes */
function show(entry) {
  const text = JSON.stringify(entry, function (key, value) {
    return isText(this[key]) ? read(this[key]) : value; // as a Buffer has written itself already
  });
  return String(text).slice(0, 80);
}
