import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client, LostRemoteError, RemoteError } from '../../zerorpc/index.js';
import { Backoff } from '../support/backoff.js';
import { readEntries } from './entries.js';
import { reason, UserError } from '../support/errors.js';
import { didYouMean } from '../support/nearest.js';
import { completeOrders } from './order.js';
import { checkChannels } from './channels.js';
import { checkName, nameFromAddress } from './name.js';

/**
 * What a quote led to: orders and fills as JSON text, or as its bytes, or why there are none.
 * @typedef {{orders: (string | Uint8Array)[], fills: (string | Uint8Array)[]}} Decision
 * @typedef {{error: string, traceback?: string}} Failure
 */

/** A backend that is not there within this many ms is said to be away. */
const PATIENCE = 1000;
/** ms after which it is looked again why it is not there. */
const NEXT_LOOK = 10_000;
/** ms from the loss of a backend to the word of it. */
const MOMENT = 100;

/**
 * The algorithm service at an address, in whatever language: connected again, and initialised
 * again, whenever it was lost.
 *
 * Emits `ready` after each initialize, and `lost` when the connection has ended.
 */
export class Backend extends EventEmitter {
  #address;
  #params;
  #given;
  #admit;
  #log;
  #client;
  #fault = 'it has not answered yet';
  #isLast = false;
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
   * @param {{name?: string, channels?: string[]}} given  the name of a backend that does not tell its
   *   own, and channels in place of those that initialize returns
   * @param {import('../support/log.js').Log} log
   * @param {() => Promise<void>} admit  called after each initialize; no quote is decided before it
   *   resolves
   */
  constructor(address, params, given, log, admit = async () => {}) {
    super();
    this.#address = address;
    this.#params = params;
    this.#given = given;
    this.#admit = admit;
    this.#log = log;
    this.#client = new Client(address);
    this.#client.on('lost', (error) => {
      this.#ready = false;
      this.#fault = reason(error);
      this.emit('lost');
    });
  }

  /** Whether it is connected and initialised. */
  get ready() {
    return this.#ready;
  }

  /** Why it is not connected and initialised; empty if it is. */
  get fault() {
    return this.#fault;
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
    while (!this.#isLast) {
      try {
        await this.#connect();
        await this.#initialize();
        if (this.#isLast) return;
        await this.#admit();
        backoff.reset();
        this.#ready = this.#client.connected;
      } catch (error) {
        if (this.#isLast) return;
        if (error instanceof UserError) throw error;
        if (!(error instanceof LostRemoteError)) {
          throw new UserError(`the backend at ${this.#address} cannot be used: ${reason(error)}`);
        }
        this.#fault = reason(error);
        this.#log.warn(`backend ${this.#address}: ${this.#fault}`);
        await sleep(backoff.next());
      }
      if (!this.#ready) continue;
      this.#log.info({ algo: this.name, channels: this.channels }, `backend ${this.#address} is ready`);
      this.emit('ready');
      await Promise.race([once(this.#client, 'lost'), this.#whenClosed]);
      // a bridge that is told to end together with its backend hears of that meanwhile
      await Promise.race([sleep(MOMENT), this.#whenClosed]);
      if (!this.#isLast) this.#log.warn(`backend ${this.#address} is lost; waiting for it`);
    }
  }

  /**
   * Decide on quotes, in order; tries again until it has an answer.
   * @param {import('../messages/quote.js').Quote[]} quotes
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

  /** Make no other connection, and say nothing when this one ends: we are about to leave. */
  retire() {
    this.#isLast = true;
  }

  async close() {
    this.retire();
    this.#stopped = true;
    await this.#client.close();
    this.#closed();
  }

  /** Resolves when it is connected and initialised, or closed. */
  async whenReady() {
    while (!this.#ready && !this.#stopped) await Promise.race([once(this, 'ready'), this.#whenClosed]);
  }

  async #connect() {
    for (let timeout = PATIENCE; ; timeout = NEXT_LOOK) {
      try {
        await this.#client.connect({ timeout });
        this.#fault = 'it is being initialised';
        return;
      } catch (error) {
        if (this.#isLast) throw error;
        this.#fault = reason(error);
        if (timeout === PATIENCE) this.#log.warn(`backend ${this.#address} is away; waiting for it`);
      }
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
    this.channels = this.#given.channels ?? checkChannels(channels);
    const { algo, seq } = await this.#describeItself();
    this.journalSeq = this.#methods.has('orders_since') ? seq : undefined;
    const name = checkName(algo ?? this.#given.name ?? nameFromAddress(this.#address));
    if (this.name && name !== this.name) {
      throw new UserError(
        `the backend at ${this.#address} was ${this.name} and is now ${name}: start the bridge anew for it`,
      );
    }
    if (this.#given.name !== undefined && name !== this.#given.name) {
      this.#log.warn(`--name ${this.#given.name} is not used: the backend calls itself ${name}`);
    }
    this.name = name;
    this.#fault = '';
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
   * @param {import('../messages/quote.js').Quote} quote
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
